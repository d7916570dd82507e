import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { datadogMonitorsSettings } from "../../../../components/datadog/monitors/settings";
import { datadogMonitors } from "../../../../components/datadog/monitors/monitors";
import { datadogSettings } from "../../../../components/datadog/settings";
import { datadogValues } from "../../../../components/datadog/values";
import { projectDirectory } from "../../../support/stackConfig";

const identity = { cluster: "Ticketing-Prod", environment: "prod", namespace: "ticketing" };
const inventory = { name: "inventory-service", language: "go" };

function monitorsOf(args: object = {}) {
  const checked = datadogMonitorsSettings({
    ...identity,
    notify: ["@slack-ticketing-alerts"],
    services: [inventory],
    ...args,
  });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return datadogMonitors(checked.settings);
}

const pods = "kube_cluster_name:ticketing-prod,kube_namespace:ticketing,service:inventory-service";

describe("datadogMonitors", () => {
  it("has none of a scheduled job, which answers no requests", () => {
    const services = [inventory, { name: "nightly-report", kind: "job" }];
    assert.deepEqual(Object.keys(monitorsOf({ services })), Object.keys(monitorsOf()));
  });

  it("has the monitors of each service, and one of DynamoDB", () => {
    assert.deepEqual(Object.keys(monitorsOf({ services: [inventory, { name: "auth-service" }] })), [
      ...["inventory-service", "auth-service"].flatMap((service) =>
        ["HighErrorRate", "HighLatencyP99", "PodCrashLooping", "HighMemory", "HighCPU"].map(
          (alert) => `${service}-${alert}`,
        ),
      ),
      "DynamoDBThrottling",
    ]);
  });

  it("has the thresholds and windows of the Prometheus alerts", () => {
    const queries = Object.values(monitorsOf()).map(({ query }) => query);
    const byContainer = `{${pods}} by {pod_name,kube_container_name}`;
    assert.deepEqual(queries, [
      "sum(last_5m):sum:trace.http.request.errors{env:prod,service:inventory-service}.as_count() / sum:trace.http.request.hits{env:prod,service:inventory-service}.as_count() * 100 > 5",
      "min(last_5m):p99:trace.http.request{env:prod,service:inventory-service} > 0.5",
      `max(last_5m):default_zero(max:kubernetes_state.container.status_report.count.waiting{reason:crashloopbackoff,${pods}} by {pod_name}) >= 1`,
      `min(last_10m):max:kubernetes.memory.working_set${byContainer} / max:kubernetes.memory.limits${byContainer} * 100 > 90`,
      `min(last_10m):max:kubernetes.cpu.usage.total${byContainer} / 10000000 / max:kubernetes.cpu.limits${byContainer} > 85`,
      "sum(last_5m):sum:aws.dynamodb.throttled_requests{env:prod} by {tablename}.as_count() > 3000",
    ]);
  });

  it("uses common, service-specific and warning thresholds", () => {
    const { "inventory-service-HighErrorRate": errors, "inventory-service-HighLatencyP99": slow } =
      monitorsOf({
        alerts: { errorRatePercent: 4, warning: { errorRatePercent: 1, p99LatencyMs: 100.1 } },
        services: [{ ...inventory, alerts: { p99LatencyMs: 250 } }],
      });
    assert.deepEqual(errors?.monitorThresholds, { critical: "4", warning: "1" });
    assert.match(errors?.query ?? "", / > 4$/);
    assert.deepEqual(slow?.monitorThresholds, { critical: "0.25", warning: "0.1001" });
    assert.match(slow?.query ?? "", / > 0\.25$/);
  });

  it("has the same threshold in the query and in the options, as Datadog requires", () => {
    for (const [name, { query, monitorThresholds }] of Object.entries(monitorsOf())) {
      assert.equal(query.split(" ").at(-1), monitorThresholds.critical, name);
    }
  });

  it("reads the operation of the language, or of the override", () => {
    const metric = (service: object, overrides = {}) =>
      /p99:(\S+)\{/.exec(
        monitorsOf({ services: [{ name: "s", ...service }], overrides })["s-HighLatencyP99"]
          ?.query ?? "",
      )?.[1];
    assert.equal(metric({ language: "python" }), "trace.fastapi.request");
    assert.equal(metric({ language: "java" }), "trace.servlet.request");
    assert.equal(metric({ language: "node" }), "trace.express.request");
    assert.equal(metric({ language: "go" }), "trace.http.request");
    const overrides = { s: { operation: "grpc.server" } };
    assert.equal(metric({ language: "go" }, overrides), "trace.grpc.server");
  });

  it("skips services with disabled alerts, and request monitors of services without requests", () => {
    const disabled = { ...inventory, alerts: { enabled: false } };
    assert.deepEqual(Object.keys(monitorsOf({ services: [disabled] })), ["DynamoDBThrottling"]);
    const worker = { ...inventory, alerts: { expectsRequests: false } };
    assert.deepEqual(
      Object.keys(monitorsOf({ services: [worker] })).filter((name) => /Error|Latency/.test(name)),
      [],
    );
  });

  it("tags monitors with environment, cluster, service and team", () => {
    const monitors = monitorsOf({
      services: [inventory, { name: "auth-service" }],
      team: "ticketing",
      overrides: { "auth-service": { team: "identity" } },
    });
    assert.deepEqual(monitors["inventory-service-HighCPU"]?.tags, [
      "env:prod",
      "cluster:Ticketing-Prod",
      "service:inventory-service",
      "team:ticketing",
    ]);
    assert.equal(monitors["auth-service-HighCPU"]?.tags.at(-1), "team:identity");
    const [owned] = Object.values(monitorsOf({ services: [{ ...inventory, team: "stock" }] }));
    assert.equal(owned?.tags.at(-1), "team:stock");
    assert.ok(monitors["DynamoDBThrottling"]?.tags.every((tag) => !tag.startsWith("service:")));
    assert.ok(monitorsOf()["DynamoDBThrottling"]?.tags.every((tag) => !tag.startsWith("team:")));
  });

  it("notifies the common recipients, or those of the service", () => {
    const monitors = monitorsOf({
      services: [inventory, { name: "auth-service" }],
      overrides: { "auth-service": { notify: ["@slack-identity", "@pagerduty"] } },
    });
    assert.match(
      monitors["inventory-service-HighCPU"]?.message ?? "",
      /\n@slack-ticketing-alerts$/,
    );
    assert.match(monitors["auth-service-HighCPU"]?.message ?? "", /\n@slack-identity @pagerduty$/);
  });

  it("links to an existing runbook", () => {
    for (const { message } of Object.values(monitorsOf())) {
      const [, page = ""] =
        /Runbook: https:\S+\/main\/(docs\/runbooks\/\w+\.md)$/m.exec(message) ?? [];
      assert.ok(fs.existsSync(path.join(projectDirectory, page)), message);
    }
    const monitors = monitorsOf({ alerts: { runbookBaseUrl: "https://wiki.example.com/" } });
    assert.match(
      monitors["DynamoDBThrottling"]?.message ?? "",
      /Runbook: https:\/\/wiki\.example\.com\/DynamoDBThrottling\.md/,
    );
  });

  it("delays the evaluation of new pods and of CloudWatch metrics", () => {
    for (const [name, monitor] of Object.entries(monitorsOf())) {
      assert.equal(monitor.newGroupDelay, monitor.query.includes("pod_name") ? 300 : undefined);
      assert.equal(monitor.evaluationDelay, name === "DynamoDBThrottling" ? 900 : undefined);
    }
  });

  it("selects the cluster by the name that the agents send", () => {
    const { settings } = datadogSettings({ ...identity, apiKey: "given", namespace: "datadog" });
    assert.ok(settings);
    const { clusterName } = datadogValues(settings)["datadog"];
    assert.ok(pods.startsWith(`kube_cluster_name:${clusterName},`));
  });
});
