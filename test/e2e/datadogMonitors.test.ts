import * as assert from "node:assert/strict";
import { type Run, type StateResource, TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

/** Recognizable secrets that must not appear in any file or output. */
const keys = {
  "monitoring:datadogApiKey": "5eed0000000000000000000000a11ce5",
  "monitoring:datadogAppKey": "5eed0000000000000000000000000000000b0b00",
};

describe("monitors in Datadog, deployed by the real engine without the provider package", () => {
  let stack: TestStack;
  let up: Run;
  let again: Run;
  let updated: Run;
  let destroyed: Run;
  let deployed: StateResource[];

  before("up, up again, a changed threshold, destroy", async function () {
    this.timeout(600_000);
    stack = await TestStack.create({
      project: projectDirectory,
      stack: "dev",
      config: {
        "monitoring:datadog.site": "datadoghq.eu",
        "monitoring:datadogMonitors.notify[0]": "@slack-ticketing-alerts-dev",
      },
      secrets: {
        ...keys,
        "monitoring:slackWebhookUrl": ["https://hooks.slack.com/services", "T0", "B0", "x"].join(
          "/",
        ),
      },
    });
    up = await stack.up({
      policyPack: "policies",
      policyConfig: "policies/config.dev.json",
    });
    deployed = await stack.resources();
    again = await stack.up();
    await stack.set("monitoring:alerts.errorRatePercent", "3");
    updated = await stack.up();
    destroyed = await stack.destroy();
  });

  after(() => stack?.dispose());

  const monitors = () => deployed.filter(({ type }) => type === "datadog:index/monitor:Monitor");

  it("are deployed with the provider version that they name, and pass every policy", () => {
    assert.equal(up.exitCode, 0, up.text);
    // Five for each of three services, and one for DynamoDB.
    assert.equal(monitors().length, 16);
    const dashboards = deployed.filter(({ type }) => type.endsWith(":DashboardJson"));
    assert.match(String(dashboards[0]?.outputs?.["url"]), /^\/dashboard\//);
    const [provider] = deployed.filter(({ type }) => type === "pulumi:providers:datadog");
    assert.equal(provider?.inputs?.["apiUrl"], "https://api.datadoghq.eu/");
    assert.equal(provider.inputs["version"], "5.11.0");
  });

  it("are unchanged by a deployment without changes", () => {
    assert.equal(again.exitCode, 0, again.text);
    assert.match(again.text, /unchanged/);
    assert.deepEqual(changedMonitors(again), []);
  });

  it("are updated in place if a threshold changes", () => {
    assert.equal(updated.exitCode, 0, updated.text);
    assert.deepEqual(changedMonitors(updated), [
      "update datadog-monitors-api-gateway-HighErrorRate",
      "update datadog-monitors-auth-service-HighErrorRate",
      "update datadog-monitors-inventory-service-HighErrorRate",
    ]);
  });

  it("are deleted with the stack", () => {
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(changedMonitors(destroyed).length, 16);
  });

  it("do not reveal the keys", () => {
    for (const { file, text } of stack.files()) {
      for (const key of Object.values(keys)) assert.ok(!text.includes(key), file);
    }
    for (const { text } of [up, again, updated, destroyed]) {
      for (const key of Object.values(keys)) assert.ok(!text.includes(key));
    }
  });

  function changedMonitors({ calls }: Run): string[] {
    return calls
      .filter(
        ({ type, operation }) =>
          type.endsWith(":Monitor") && /create|update|delete/.test(operation),
      )
      .filter((call) => call.preview !== true)
      .map(({ operation, name }) => `${operation} ${name}`)
      .sort();
  }
});
