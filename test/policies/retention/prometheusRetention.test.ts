import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, plain } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { limits } from "../../../policies/limits/limits";
import { prometheusRetention } from "../../../policies/retention/prometheusRetention";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, prometheusRelease, release, resource } from "../subjects";

const defaults = { minDays: 7, minDaysInProd: 15, minHoursWithLongTermStorage: 2, maxDays: 90 };

/** The retention after remediation, or undefined when nothing was changed. */
function remedied(subject: Resource, config: object = {}): unknown {
  const props = plain(subject.props) as PlainMap;
  const changed = prometheusRetention.remediate?.(subject, props, { ...defaults, ...config });
  if (!changed) return undefined;
  assert.deepEqual(problems(prometheusRetention, { ...subject, props }, { ...config }), []);
  const values = props["values"] as { prometheus: { prometheusSpec: { retention: string } } };
  return values.prometheus.prometheusSpec.retention;
}

describe("policy prometheus-retention", () => {
  it("has the bounds of the components", () => {
    const { min, minInProd, max } = limits.prometheusRetentionDays;
    const { minHoursWithLongTermStorage: _, ...bounds } = defaults;
    assert.deepEqual(bounds, { minDays: min, minDaysInProd: minInProd, maxDays: max });
  });

  for (const retention of ["7d", "1w", "168h", "15d", "90d", "12w6d"]) {
    it(`accepts ${retention}`, () => {
      assert.deepEqual(problems(prometheusRetention, prometheusRelease(retention)), []);
    });
  }

  for (const [retention, problem] of [
    ["6d23h", /shorter than 7 days/],
    ["0", /shorter/],
    ["90d1m", /longer than 90 days/],
    ["fifteen days", /not a duration/],
    [15, /not a duration/],
    [true, /not a duration/],
    ["", /is not set, so the default of 10d applies/],
    [null, /is not set/],
    [undefined, /is not set/],
  ] as const) {
    it(`refuses ${JSON.stringify(retention)}`, () => {
      assert.match(problems(prometheusRetention, prometheusRelease(retention))[0] ?? "", problem);
    });
  }

  it("has a higher minimum in prod, by configuration or by the name of the stack", () => {
    assert.equal(problems(prometheusRetention, prometheusRelease("14d", "prod")).length, 1);
    assert.deepEqual(problems(prometheusRetention, prometheusRelease("15d", "prod")), []);
    assert.equal(
      problems(prometheusRetention, prometheusRelease("14d"), { environment: "prod" }).length,
      1,
    );
    assert.deepEqual(
      problems(prometheusRetention, prometheusRelease("14d", "prod"), { environment: "dev" }),
      [],
    );
  });

  it("is configured by minDays, minDaysInProd and maxDays", () => {
    assert.deepEqual(problems(prometheusRetention, prometheusRelease("2d"), { minDays: 2 }), []);
    assert.equal(
      problems(prometheusRetention, prometheusRelease("29d", "prod"), { minDaysInProd: 30 }).length,
      1,
    );
    assert.equal(
      problems(prometheusRetention, prometheusRelease("15d"), { maxDays: 14 }).length,
      1,
    );
  });

  it("reports an unknown retention instead of a violation", () => {
    const verdict = judge(prometheusRetention, prometheusRelease(UNKNOWN));
    assert.deepEqual(verdict, {
      violations: [],
      unknown: { path: ["values", "prometheus", "prometheusSpec", "retention"] },
    });
    assert.ok(judge(prometheusRetention, release("kube-prometheus-stack", UNKNOWN)).unknown);
    const elsewhere = release("kube-prometheus-stack", {
      prometheus: { prometheusSpec: { retention: "15d", replicas: UNKNOWN } },
    });
    assert.deepEqual(judge(prometheusRetention, elsewhere), { violations: [] });
  });

  it("also judges the chart prometheus and the object Prometheus", () => {
    assert.deepEqual(
      problems(prometheusRetention, release("prometheus", { server: { retention: "15d" } })),
      [],
    );
    assert.match(
      problems(prometheusRetention, release("prometheus", {}))[0] ?? "",
      /so the default of 15d applies/,
    );
    const type = "kubernetes:monitoring.coreos.com/v1:Prometheus";
    assert.deepEqual(
      problems(prometheusRetention, resource(type, "p", { spec: { retention: "15d" } })),
      [],
    );
    assert.match(
      problems(prometheusRetention, resource(type, "p", { spec: {} }))[0] ?? "",
      /so the default of 24h applies/,
    );
  });

  it("skips other charts, an agent and a disabled server", () => {
    for (const subject of [
      release("loki", {}),
      release("kube-prometheus-stack", { prometheus: { enabled: false } }),
      release("kube-prometheus-stack", { prometheus: { agentMode: true } }),
      resource("kubernetes:helm.sh/v3:Release", "r", { chart: UNKNOWN, values: {} }),
    ]) {
      assert.deepEqual(problems(prometheusRetention, subject), []);
    }
  });

  it("names the problem, the place, the value, the bounds and the fix", () => {
    const [violation] = judge(prometheusRetention, prometheusRelease("5d", "prod")).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "retention is shorter than 15 days",
        '  where: release "prometheus" (kube-prometheus-stack), values.prometheus.prometheusSpec.retention',
        "  found: 5d",
        "  bound: 15 to 90 days (prod)",
        '  fix:   set values.prometheus.prometheusSpec.retention: "15d"',
      ].join("\n"),
    );
  });

  it("never shows a string that could be a secret", () => {
    for (const secret of [...Object.values(fake), "hunter2"]) {
      const [violation] = judge(prometheusRetention, prometheusRelease(secret)).violations;
      assert.ok(violation);
      assert.ok(!violationText(violation).includes(secret));
    }
  });

  it("remediates to the nearest bound, or to the default without a duration", () => {
    assert.equal(remedied(prometheusRelease("5d")), "7d");
    assert.equal(remedied(prometheusRelease("5d", "prod")), "15d");
    assert.equal(remedied(prometheusRelease("1y")), "90d");
    assert.equal(remedied(prometheusRelease(undefined)), "15d");
    assert.equal(remedied(prometheusRelease("soon")), "15d");
    assert.equal(remedied(release("kube-prometheus-stack", undefined)), "15d");
    assert.equal(remedied(prometheusRelease("5d"), { minDays: 7.5 }), "180h");
  });

  it("does not remediate a retention that complies or is unknown, or another chart", () => {
    assert.equal(remedied(prometheusRelease("15d")), undefined);
    assert.equal(remedied(prometheusRelease(UNKNOWN)), undefined);
    assert.equal(remedied(release("loki", {})), undefined);
  });
});
