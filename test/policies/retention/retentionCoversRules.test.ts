import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { retentionCoversRules } from "../../../policies/retention/retentionCoversRules";
import { violationText } from "../../../policies/engine/violation";
import { alerts, judge, problems, prometheusRelease, prometheusRule, release } from "../subjects";

const found = (retention: unknown, expr: string) =>
  problems(retentionCoversRules, [prometheusRelease(retention), alerts(expr)]);

describe("policy prometheus-retention-covers-rules", () => {
  for (const [retention, expr] of [
    ["15d", "avg_over_time(x[15d]) > 1"],
    ["15d", "x offset 2w > 1"],
    ["15d", "rate(x[1d] offset 2w) > 1"],
    ["30d", "avg_over_time(rate(x[1d])[29d:1h]) > 1"],
    ["15d", "x > 1"],
    ["15d", "x >"],
    // The default of the chart.
    [undefined, "avg_over_time(x[10d]) > 1"],
  ] as const) {
    it(`accepts ${expr} with ${retention}`, () => assert.deepEqual(found(retention, expr), []));
  }

  for (const [retention, expr] of [
    ["15d", "avg_over_time(x[30d]) > 1"],
    ["15d", "avg_over_time(x[361h]) > 1"],
    ["15d", "x / x offset 3w > 1"],
    ["15d", "rate(x[1d1s] offset 2w) > 1"],
    ["30d", "avg_over_time(rate(x[1d1s])[29d:1h]) > 1"],
    ["30d", "avg_over_time(x[29d:1h] offset 2d) > 1"],
    ["15d", "avg_over_time(x[2 * 8d]) > 1"],
    [undefined, "avg_over_time(x[11d]) > 1"],
  ] as const) {
    it(`refuses ${expr} with ${retention}`, () =>
      assert.deepEqual(found(retention, expr), [
        "the rule's time range is longer than the retention of Prometheus",
      ]));
  }

  it("does not judge rules without the Prometheus that evaluates them", () => {
    const rules = alerts("avg_over_time(x[30d]) > 1");
    const agent = release("kube-prometheus-stack", { prometheus: { agentMode: true } });
    const unjudged = { violations: [], unknown: { path: ["spec", "groups"], urn: rules.urn } };
    assert.deepEqual(judge(retentionCoversRules, [rules]), unjudged);
    assert.deepEqual(judge(retentionCoversRules, [rules, agent]), unjudged);
    assert.deepEqual(judge(retentionCoversRules, [agent]), { violations: [] });
  });

  it("uses the server with the shortest retention", () => {
    const servers = [prometheusRelease("60d"), prometheusRelease("15d")];
    const rules = alerts("avg_over_time(x[30d]) > 1");
    assert.equal(problems(retentionCoversRules, [...servers, rules]).length, 1);
  });

  it("reports unknown retentions and rules", () => {
    const rules = alerts("avg_over_time(x[30d]) > 1");
    const server = prometheusRelease(UNKNOWN);
    assert.deepEqual(judge(retentionCoversRules, [server, rules]), {
      violations: [],
      unknown: {
        path: ["values", "prometheus", "prometheusSpec", "retention"],
        urn: server.urn,
      },
    });
    const hidden = prometheusRule([{ alert: "A", expr: UNKNOWN }]);
    const verdict = judge(retentionCoversRules, [prometheusRelease("15d"), rules, hidden]);
    assert.equal(verdict.violations.length, 1);
    assert.equal(verdict.unknown?.urn, hidden.urn);
  });

  it("names the range, the retention and the fix", () => {
    const rules = prometheusRule([{ record: "slo:30d", expr: "avg_over_time(x[30d])" }]);
    const [violation] = judge(retentionCoversRules, [prometheusRelease("15d"), rules]).violations;
    assert.ok(violation);
    assert.equal(violation.urn, rules.urn);
    assert.equal(
      violationText(violation),
      [
        "the rule's time range is longer than the retention of Prometheus",
        '  where: PrometheusRule "rules", group group, record slo:30d',
        "  found: 30 days",
        '  bound: 15 days, the retention of release "prometheus" (kube-prometheus-stack)',
        '  fix:   retention: "30d" there, or a shorter range in the rule',
      ].join("\n"),
    );
  });
});
