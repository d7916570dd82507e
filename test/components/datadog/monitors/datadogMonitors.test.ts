import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogMonitors,
  DatadogMonitorsArgs,
} from "../../../../components/datadog/monitors/datadogMonitors";
import { DatadogProvider } from "../../../../components/datadog/monitors/resources";
import { recordProgram, isSecret } from "../../../support/mocks";

const apiKey = "0123456789abcdef0123456789abcdef";
const appKey = "fedcba9876543210fedcba9876543210fedcba98";

const args = {
  cluster: "ticketing-prod",
  environment: "prod",
  namespace: "ticketing",
  notify: ["@slack-ticketing-alerts"],
  services: [{ name: "inventory-service" }],
};

async function recordMonitors(overrides: Partial<DatadogMonitorsArgs> = {}) {
  const { resources } = await recordProgram(() => {
    const provider = new DatadogProvider("datadog", {
      apiUrl: "https://api.datadoghq.eu/",
      apiKey: pulumi.output(apiKey),
      appKey,
    });
    new DatadogMonitors("monitors", { ...args, ...overrides }, { provider });
  });
  return resources;
}

describe("DatadogMonitors", () => {
  it("registers monitors and a dashboard under one parent, by one provider", async () => {
    const resources = await recordMonitors();
    const [parent] = resources.filter(({ type }) => type === "monitoring:index:DatadogMonitors");
    const [provider] = resources.filter(({ type }) => type === "pulumi:providers:datadog");
    const children = resources.filter(({ type }) => type.startsWith("datadog:"));
    assert.deepEqual(
      children.map(({ type, name }) => `${type} ${name}`).sort(),
      [
        "datadog:index/dashboardJson:DashboardJson monitors-dashboard",
        ...[
          "DynamoDBThrottling",
          ...["HighCPU", "HighErrorRate", "HighLatencyP99", "HighMemory", "PodCrashLooping"].map(
            (alert) => `inventory-service-${alert}`,
          ),
        ].map((name) => `datadog:index/monitor:Monitor monitors-${name}`),
      ].sort(),
    );
    assert.ok(parent && provider);
    for (const { urn, options } of children) {
      assert.ok(urn.includes("DatadogMonitors$"), urn);
      assert.match(options.provider ?? "", /pulumi:providers:datadog::datadog/);
    }
  });

  it("keeps both keys secret, and passes them only to the provider", async () => {
    const resources = await recordMonitors();
    const [provider] = resources.filter(({ type }) => type === "pulumi:providers:datadog");
    assert.ok(provider);
    assert.ok(isSecret(provider, "apiKey") && isSecret(provider, "appKey"));
    assert.equal(provider.inputs["apiUrl"], "https://api.datadoghq.eu/");
    for (const { type, inputs } of resources) {
      if (type === "pulumi:providers:datadog") continue;
      assert.doesNotMatch(JSON.stringify(inputs), new RegExp(`${apiKey}|${appKey}`), type);
    }
  });

  it("shows policies its settings with every default", async () => {
    const resources = await recordMonitors();
    const { inputs } = resources.find(({ type }) => type.endsWith(":DatadogMonitors")) ?? {};
    assert.equal(inputs?.["alerts"].errorRatePercent, 5);
    assert.deepEqual(inputs["notify"], ["@slack-ticketing-alerts"]);
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    await assert.rejects(recordMonitors({ notify: [], environment: "Prod" }), (error: Error) => {
      assert.match(error.message, /DatadogMonitors "monitors": 2 problems in its arguments/);
      assert.match(error.message, /notify/);
      assert.match(error.message, /environment/);
      return true;
    });
  });
});
