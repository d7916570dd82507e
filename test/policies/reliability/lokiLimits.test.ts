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
});
