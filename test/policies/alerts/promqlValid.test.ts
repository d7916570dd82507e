import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { alerts, baseSignals, judge, problems, prometheusRule, release } from "../subjects";

describe("policy promql-valid", () => {
  it("accepts the base signals", () =>
    assert.deepEqual(problems(promqlValid, alerts(...Object.values(baseSignals))), []));

  for (const expr of [
    "up == 0",
    "absent(up)",
    "absent_over_time(up[5m])",
    "kube_pod_info unless kube_pod_labels",
    'x{a=~"b|c"} > 1',
    'x{a=~".+", b!~"d.*"} > 1',
    "sum(topk_total) > 1",
    "max_over_time(rate(x[5m])[1h:]) > 1",
    "quantile_over_time(0.9, x[5m]) > 1",
    "predict_linear(x[1h], 4 * 3600) < 0",
    "time() - x > 3600",
  ]) {
    it(`accepts ${expr}`, () => assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }

  for (const [expr, problem] of [
    ["x >", /^the expression does not parse at character 4$/],
    ["", /^the expression /],
    ["rate(x) > 1", /calls rate\(\) without a range/],
    ["sum(rate(x)) > 1", /calls rate\(\) without a range/],
    ["sum(x[5m]) > 1", /has a range vector as an argument of sum\(\)/],
    ["abs(x[5m]) > 1", /has a range vector as an argument of abs\(\)/],
    ["x[5m] > 1", /has a range vector as an operand of >/],
    ['x > "1"', /has a string as an operand of >/],
    ["x", /has no condition/],
    ["x / y", /has no condition/],
    ["1 > 2", /has no condition/],
    ["x == x", /has no condition/],
    ["x >= (x)", /has no condition/],
    ["x > -Inf", /has no condition/],
    ["x < NaN", /has no condition/],
    ["vector(1)", /has no condition/],
    ["topk(3, x) > 1", /^topk in an alert/],
    ["sum(bottomk(3, x)) > 1", /^bottomk in an alert/],
    ['x{a=~"b"} > 1', /^the regular expression for a is a literal value$/],
    ['x{a!~"5xx"} > 1', /^the regular expression for a is a literal value$/],
    ['x{a=~"b\\\\.c"} > 1', /^the regular expression for a is a literal value$/],
  ] as const) {
    it(`rejects ${expr}`, () => {
      const [found, ...others] = problems(promqlValid, alerts(expr));
      assert.match(found ?? "", problem);
      assert.deepEqual(others, []);
    });
  }

  it("accepts a heartbeat that always fires", () => {
    const labels = { severity: "none" };
    const watchdog = prometheusRule([{ alert: "Watchdog", expr: "vector(1)", labels }]);
    assert.deepEqual(problems(promqlValid, watchdog), []);
  });

  it("requires recording rules to be valid, but not to have a condition", () => {
    const record = (expr: string) => prometheusRule([{ record: "a:b:c", expr }]);
    assert.deepEqual(problems(promqlValid, record("topk(3, x)")), []);
    assert.equal(problems(promqlValid, record("x[")).length, 1);
  });

  it("finds the condition in recorded expressions", () => {
    const rules = [
      { record: "a:bad", expr: "x > 1" },
      { alert: "A", expr: "a:bad" },
    ];
    assert.deepEqual(problems(promqlValid, prometheusRule(rules)), []);
  });

  it("does not take a comparison with bool for a condition, because it returns 0 or 1", () => {
    for (const [expr, count] of [
      ["x > bool 1", 1],
      ["(x > bool 1) * (y > bool 1)", 1],
      ["(x > bool 1) == 1", 0],
      ["avg_over_time((x > bool 1)[5m:]) > 0.5", 0],
    ] as const) {
      assert.equal(problems(promqlValid, prometheusRule([{ alert: "A", expr }])).length, count);
    }
  });

  it("reports unknown expressions in addition to violations", () => {
    const verdict = judge(
      promqlValid,
      prometheusRule([
        { alert: "A", expr: UNKNOWN },
        { alert: "B", expr: "x" },
      ]),
    );
    assert.equal(verdict.violations.length, 1);
    assert.deepEqual(verdict.unknown?.path, ["spec", "groups", 0, "rules", 0, "expr"]);
  });

  it("knows the labels that a recording rule sets, as in the output of Sloth", () => {
    const rules = (labels: Record<string, string>) =>
      prometheusRule([
        { record: "slo:errors", expr: "sum(rate(a[5m])) / sum(rate(b[5m]))", labels },
        {
          alert: "A",
          expr: "max(slo:errors > 0.05) without (window)",
          annotations: { summary: "{{ $labels.slo }}" },
        },
      ]);
    assert.deepEqual(problems(promqlValid, rules({ slo: "requests", window: "5m" })), []);
    assert.match(problems(promqlValid, rules({ window: "5m" }))[0] ?? "", /uses the label slo,/);
  });

  it("states the place and the fix", () => {
    const values = {
      additionalPrometheusRulesMap: {
        mine: { groups: [{ name: "g", rules: [{ alert: "A", expr: 'x{service=~"a"} > 1' }] }] },
      },
    };
    const [violation] = judge(promqlValid, release("kube-prometheus-stack", values)).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the regular expression for service is a literal value",
        '  where: release "prometheus", values.additionalPrometheusRulesMap.mine, group g, alert A',
        "  found: service=~",
        "  bound: = or != for a single value",
        '  fix:   service="…"',
      ].join("\n"),
    );
  });

  it("never shows a secret", () => {
    for (const secret of Object.values(fake)) {
      const text = JSON.stringify(secret);
      const { violations } = judge(promqlValid, alerts(`x{a=~${text}`, `x{a=${text}}`, secret));
      assert.ok(violations.length >= 2);
      assert.ok(
        !violations
          .map((violation) => violationText(violation))
          .join("\n")
          .includes(secret),
      );
    }
  });
});
