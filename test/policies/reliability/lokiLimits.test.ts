import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { lokiLimits } from "../../../policies/reliability/lokiLimits";
import { judgedByThePack } from "../completePack";
import { problems, release } from "../subjects";

const limits = (limits_config: PlainMap): Resource => release("loki", { loki: { limits_config } });
const tenants = (loki: PlainMap): Resource => release("loki", { loki });
const push = "http://loki-gateway/loki/api/v1/push";
const collector = (client: PlainMap, chart = "promtail"): Resource => {
  const { urn, ...rest } = release(chart, { config: { clients: [{ url: push, ...client }] } });
  return { ...rest, urn: `${urn}-collector` };
};
const found = async (...resources: Resource[]): Promise<string[]> =>
  (await judgedByThePack(resources))
    .filter(({ policy }) => policy === "loki-limits")
    .map(({ message }) => message);

describe("policy loki-limits", () => {
  for (const subject of [
    limits({ max_global_streams_per_user: 0 }),
    limits({ max_line_size: "0KB" }),
    limits({ ingestion_rate_mb: 10_000 }),
    release("loki-stack", {
      loki: { config: { limits_config: { max_label_names_per_series: 0 } } },
    }),
  ]) {
    it(`refuses ${JSON.stringify((subject.props as PlainMap)["values"])}`, () => {
      assert.equal(problems(lokiLimits, subject).length, 1);
    });
  }

  for (const subject of [
    limits({}),
    limits({ ingestion_rate_mb: 4, ingestion_burst_size_mb: 6 }),
    limits({ ingestion_rate_mb: 64 }),
    limits({ max_global_streams_per_user: 5000 }),
    limits({ max_line_size: "256KB", max_line_size_truncate: true }),
    limits({ max_query_length: "721h" }),
    limits({ retention_period: "360h" }),
    limits({ per_stream_rate_limit: "0" }),
    release("grafana", { limits_config: { max_line_size: 0 } }),
    release("loki", {}),
  ]) {
    it(`accepts ${JSON.stringify((subject.props as PlainMap)["values"])}`, () => {
      assert.deepEqual(problems(lokiLimits, subject), []);
    });
  }

  it("refuses a collector without the tenant that Loki requires", async () => {
    assert.equal((await found(tenants({ auth_enabled: true }), collector({}))).length, 1);
    assert.equal((await found(tenants({}), collector({}, "alloy"))).length, 1);
  });

  for (const [name, resources] of Object.entries({
    "one tenant": [tenants({ auth_enabled: false }), collector({})],
    "a named tenant": [tenants({ auth_enabled: true }), collector({ tenant_id: "shop" })],
    "a tenant in a header": [tenants({}), collector({ headers: { "X-Scope-OrgID": "shop" } })],
    "a collector of another stack": [tenants({ auth_enabled: true })],
    "Loki in another stack": [collector({})],
    "a collector that sends elsewhere": [tenants({}), release("alloy", { alloy: {} })],
  })) {
    it(`accepts ${name}`, async () => assert.deepEqual(await found(...resources), []));
  }

  for (const destinations of [
    [{ name: "logs", type: "loki", url: "http://loki-gateway.loki.svc" }],
    [{ name: "logs", type: "loki", url: "http://localhost:3100/loki/api/v1/push" }],
    { logs: { type: "loki", url: "http://loki:3100/" } },
  ]) {
    it(`refuses the destinations ${JSON.stringify(destinations)}`, () =>
      assert.deepEqual(problems(lokiLimits, release("k8s-monitoring", { destinations })), [
        "the address is not that of Loki's API, so no log arrives",
      ]));
  }

  for (const destinations of [
    [{ name: "logs", type: "loki", url: push }],
    [{ name: "logs", type: "loki", urlFrom: "env(LOKI)" }],
    [{ name: "metrics", type: "prometheus", url: "http://mimir/api/v1/push" }],
    [{ name: "traces", type: "otlp", url: "http://tempo:4317" }],
    { logs: { type: "loki", url: push } },
  ]) {
    it(`accepts the destinations ${JSON.stringify(destinations)}`, () =>
      assert.deepEqual(problems(lokiLimits, release("k8s-monitoring", { destinations })), []));
  }

  const sink = (labels: PlainMap, type = "loki"): Resource =>
    release("vector", { customConfig: { sinks: { logs: { type, labels } } } });
  for (const labels of [
    { request_id: "{{ request_id }}" },
    { request: "{{ context.trace_id }}" },
    { user_id: "{{ user }}" },
  ]) {
    it(`refuses the labels of Vector ${JSON.stringify(labels)}`, () =>
      assert.match(problems(lokiLimits, sink(labels)).join(), /a value for each request/));
  }

  for (const subject of [
    sink({ namespace: "{{ kubernetes.pod_namespace }}", app: '{{ kubernetes.pod_labels."app" }}' }),
    sink({ source: "vector", message: "audit" }),
    sink({ "*": "{{ labels }}" }),
    sink({ trace_id: "{{ trace_id }}" }, "elasticsearch"),
  ]) {
    it(`accepts ${JSON.stringify((subject.props as PlainMap)["values"])}`, () =>
      assert.deepEqual(problems(lokiLimits, subject), []));
  }
});
