import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, plain } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { lokiRetention } from "../../../policies/retention/lokiRetention";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, release } from "../subjects";

const compactor = { retention_enabled: true, delete_request_store: "s3" };
const loki = (period: unknown, more: PlainMap = {}) =>
  release("loki", { loki: { limits_config: { retention_period: period }, compactor, ...more } });

function remedied(values: PlainMap, chart = "loki"): PlainMap | undefined {
  const subject = release(chart, values);
  const props = plain(subject.props) as PlainMap;
  const changed = lokiRetention.remediate?.(subject, props, { minDays: 7, maxDays: 90 });
  if (!changed) return undefined;
  assert.deepEqual(problems(lokiRetention, { ...subject, props }), []);
  return props["values"] as PlainMap;
}

describe("policy loki-retention", () => {
  for (const period of ["168h", "7d", "360h", "2160h", "90d"]) {
    it(`accepts ${period}`, () => assert.deepEqual(problems(lokiRetention, loki(period)), []));
  }

  for (const [period, problem] of [
    ["167h", /shorter than 7 days/],
    ["2161h", /longer than 90 days/],
    ["361h", /multiple of 24h/],
    ["0s", /retains logs forever/],
    [0, /retains logs forever/],
    [360, /not a duration/],
    ["soon", /not a duration/],
    ["", /is not set/],
    [null, /is not set/],
    [undefined, /is not set/],
  ] as const) {
    it(`refuses ${JSON.stringify(period)}`, () => {
      assert.match(problems(lokiRetention, loki(period))[0] ?? "", problem);
    });
  }

  it("requires the retention of the compactor", () => {
    const off = { ...compactor, retention_enabled: false };
    assert.match(
      problems(lokiRetention, loki("360h", { compactor: off }))[0] ?? "",
      /never deletes logs/,
    );
    assert.equal(problems(lokiRetention, loki("360h", { compactor: {} })).length, 2);
    assert.equal(
      problems(lokiRetention, loki("360h", { compactor: { retention_enabled: true } })).length,
      1,
    );
  });

  it("is configured by minDays and maxDays", () => {
    assert.deepEqual(problems(lokiRetention, loki("24h"), { minDays: 1 }), []);
    assert.equal(problems(lokiRetention, loki("360h"), { maxDays: 14 }).length, 1);
    assert.equal(lokiRetention.config["minDays"]?.default, limits.lokiRetentionDays.min);
    assert.equal(lokiRetention.config["maxDays"]?.default, limits.lokiRetentionDays.max);
  });

  it("reads the configuration of the older charts", () => {
    const config = { limits_config: { retention_period: "360h" }, compactor };
    for (const chart of ["loki-stack", "loki-distributed"]) {
      assert.deepEqual(problems(lokiRetention, release(chart, { loki: { config } })), [], chart);
      assert.deepEqual(
        problems(lokiRetention, release(chart, { loki: { structuredConfig: config } })),
        [],
        chart,
      );
      assert.equal(problems(lokiRetention, release(chart, {})).length, 3, chart);
    }
    assert.deepEqual(
      problems(lokiRetention, release("loki-stack", { loki: { enabled: false } })),
      [],
    );
    assert.deepEqual(problems(lokiRetention, release("promtail", {})), []);
  });

  it("allows a shorter period for single streams, in whole days", () => {
    const withStream = (period: string) =>
      release("loki", {
        loki: {
          limits_config: {
            retention_period: "360h",
            retention_stream: [{ selector: "{}", period }],
          },
          compactor,
        },
      });
    assert.deepEqual(problems(lokiRetention, withStream("24h")), []);
    assert.equal(problems(lokiRetention, withStream("12h")).length, 1);
    assert.equal(problems(lokiRetention, withStream("91d")).length, 1);
  });

  it("judges known values and reports unknown ones", () => {
    const partly = judge(
      lokiRetention,
      loki(UNKNOWN, { compactor: { delete_request_store: "s3" } }),
    );
    assert.equal(partly.violations.length, 1);
    assert.deepEqual(partly.unknown?.path, ["values", "loki", "limits_config", "retention_period"]);
    const nothing = judge(lokiRetention, release("loki", UNKNOWN));
    assert.deepEqual(nothing.violations, []);
    assert.ok(nothing.unknown);
  });

  it("names the problem, the place, the value, the bound and the fix", () => {
    const [violation] = judge(lokiRetention, loki("48h")).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "retention_period is shorter than 7 days",
        '  where: release "prometheus" (loki), values.loki.limits_config.retention_period',
        "  found: 48h",
        "  bound: 7 to 90 days, in whole days",
        '  fix:   set values.loki.limits_config.retention_period: "168h"',
      ].join("\n"),
    );
  });

  it("never shows a string that could be a secret", () => {
    for (const secret of [...Object.values(fake), "hunter2"]) {
      const subject = loki(secret, {
        compactor: { retention_enabled: secret, delete_request_store: "" },
      });
      for (const violation of judge(lokiRetention, subject).violations) {
        assert.ok(!violationText(violation).includes(secret));
      }
    }
  });

  it("remediates the period and the compactor, with the store of the logs", () => {
    assert.deepEqual(remedied({ loki: { storage: { type: "s3" } } }), {
      loki: {
        storage: { type: "s3" },
        limits_config: { retention_period: "360h" },
        compactor: { retention_enabled: true, delete_request_store: "s3" },
      },
    });
    const period = (value: string) =>
      remedied({ loki: { limits_config: { retention_period: value }, compactor } })?.[
        "loki"
      ] as PlainMap;
    assert.deepEqual(period("48h")["limits_config"], { retention_period: "168h" });
    assert.deepEqual(period("361h")["limits_config"], { retention_period: "384h" });
    assert.deepEqual(period("10y")["limits_config"], { retention_period: "2160h" });
  });

  it("does not remediate a value that complies or is unknown", () => {
    assert.equal(
      remedied({ loki: { limits_config: { retention_period: "360h" }, compactor } }),
      undefined,
    );
    assert.equal(
      remedied({ loki: { limits_config: { retention_period: UNKNOWN }, compactor } }),
      undefined,
    );
    assert.equal(remedied({}, "promtail"), undefined);
  });
});

describe("schemas and queries of Loki", () => {
  const found = (change: PlainMap, limits: PlainMap = {}) =>
    problems(
      lokiRetention,
      release("loki", {
        loki: { limits_config: { retention_period: "360h", ...limits }, compactor, ...change },
      }),
    ).join();
  const schema = (from: string) => ({
    from,
    store: "tsdb",
    object_store: "s3",
    schema: "v13",
    index: { prefix: "loki_index_", period: "24h" },
  });
  const schemas = (...dates: string[]) => ({ schemaConfig: { configs: dates.map(schema) } });

  for (const [name, change, limits, problem] of [
    ["a first schema of a later year", schemas("2190-01-01"), {}, /no schema is in effect/],
    [
      "two schemas of later years",
      schemas("2190-01-01", "2191-01-01"),
      {},
      /no schema is in effect/,
    ],
    ["the schema for tests", { useTestSchema: true }, {}, /the chart's test schema/],
    ["a week of queries", {}, { max_query_lookback: "168h" }, /queries cannot read/],
    ["two days of queries", {}, { max_query_lookback: "2d" }, /queries cannot read/],
  ] as const) {
    it(`may not have ${name}`, () => assert.match(found(change, limits), problem));
  }

  for (const [name, change, limits] of [
    ["a schema that a later one replaces", schemas("2024-01-01", "2190-01-01"), {}],
    ["a schema of an earlier year", { ...schemas("2024-01-01"), useTestSchema: false }, {}],
    ["queries of the whole retention", {}, { max_query_lookback: "360h" }],
    ["queries without a limit", {}, { max_query_lookback: "0s" }],
  ] as const) {
    it(`may have ${name}`, () => assert.equal(found(change, limits), ""));
  }
});

describe("streams with a retention of their own", () => {
  const found = (selector: string) =>
    problems(
      lokiRetention,
      release("loki", {
        loki: {
          limits_config: {
            retention_period: "360h",
            retention_stream: [{ selector, priority: 1, period: "48h" }],
          },
          compactor,
        },
      }),
    ).join();

  it("have a selector in braces", () => {
    for (const selector of ['namespace="dev"', "dev"]) {
      assert.match(found(selector), /a stream selector is invalid/);
    }
    assert.equal(found('{namespace="dev"}'), "");
    assert.equal(found('{namespace=~"dev|test", app!=""}'), "");
  });
});
