import * as assert from "node:assert/strict";
import { duplicateRules } from "../../../policies/alerts/duplicateRules";
import { PlainMap } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { RuleFixture, judge, problems, prometheusRule, release } from "../subjects";

const alert = (alert: string, expr: string, severity = "critical"): RuleFixture => ({
  alert,
  expr,
  labels: { severity },
});
const stack = (values: PlainMap) => release("kube-prometheus-stack", values);

describe("policy duplicate-rules", () => {
  for (const [title, rules] of [
    ["other names", [alert("A", "x > 1"), alert("B", "x > 1")]],
    ["tiers of one alert", [alert("A", "x > 1"), alert("A", "x > 0.5", "warning")]],
    ["other namespaces", [alert("A", 'x{namespace="a"} > 1'), alert("A", 'x{namespace="b"} > 1')]],
    ["other windows", [alert("A", "rate(x[5m]) > 1"), alert("A", "rate(x[1h]) > 1")]],
    [
      "records",
      [
        { record: "a", expr: "x" },
        { record: "a", expr: "x" },
      ],
    ],
  ] as [string, RuleFixture[]][]) {
    it(`accepts ${title}`, () =>
      assert.deepEqual(problems(duplicateRules, [prometheusRule(rules)]), []));
  }

  for (const [title, expr] of [
    ["the same", "rate(x[5m]) > 1"],
    ["the same with another threshold", "rate(x[5m]) > 2"],
    ["the same written differently", "2 < ( rate ( x [5m]))"],
  ] as const) {
    it(`reports ${title}, also in another resource`, () => {
      const one = prometheusRule([alert("A", "rate(x[5m]) > 1")], "one");
      const other = prometheusRule([alert("A", expr)], "other");
      assert.deepEqual(problems(duplicateRules, [one, other]), ["the alert A exists twice"]);
    });
  }

  it("names the place of both", () => {
    const one = prometheusRule([alert("A", "x > 1")], "one");
    const other = prometheusRule([alert("A", "x > 1")], "other");
    const [violation] = judge(duplicateRules, [one, other]).violations;
    assert.ok(violation);
    assert.equal(violation.urn, other.urn);
    assert.equal(
      violationText(violation),
      [
        "the alert A exists twice",
        '  where: PrometheusRule "other", group group, alert A',
        '  found: also in PrometheusRule "one", group group, alert A',
        "  fix:   remove one of the two",
      ].join("\n"),
    );
  });

  describe("with the alerts of the chart", () => {
    const own = (name: string, values: PlainMap = {}) =>
      problems(duplicateRules, [prometheusRule([alert(name, "x > 1")]), stack(values)]);

    it("reports an alert of the same name, with or without the prefix Kube", () => {
      for (const name of ["KubePodCrashLooping", "PodCrashLooping"]) {
        assert.deepEqual(own(name), ["the chart already has the alert KubePodCrashLooping"]);
      }
      assert.deepEqual(own("HighErrorRate"), []);
    });

    it("accepts an alert that replaces a disabled one", () => {
      for (const defaultRules of [
        { create: false },
        { rules: { kubernetesApps: false } },
        { disabled: { KubePodCrashLooping: true } },
      ]) {
        assert.deepEqual(own("PodCrashLooping", { defaultRules }), []);
      }
      assert.equal(own("KubeSchedulerDown").length, 1);
      assert.deepEqual(own("KubeSchedulerDown", { kubeScheduler: { enabled: false } }), []);
    });

    it("skips other charts", () =>
      assert.deepEqual(
        problems(duplicateRules, [
          prometheusRule([alert("TargetDown", "up == 0")]),
          release("prometheus", {}),
        ]),
        [],
      ));

    it("reports an alert in the values of the chart itself", () => {
      const rules = [alert("TargetDown", "up == 0")];
      const values = { additionalPrometheusRulesMap: { a: { groups: [{ name: "g", rules }] } } };
      assert.equal(problems(duplicateRules, [stack(values)]).length, 1);
    });

    it("states how to disable the alert of the chart", () => {
      const rules = prometheusRule([alert("PodCrashLooping", "x > 1")]);
      const [violation] = judge(duplicateRules, [rules, stack({})]).violations;
      assert.equal(
        violation?.fix,
        "defaultRules.disabled.KubePodCrashLooping: true in the values of prometheus, or remove PodCrashLooping",
      );
    });
  });

  describe("of recorded series", () => {
    const record = (expr: string, labels?: Record<string, string>) => ({
      record: "shop:errors:rate5m",
      expr,
      ...(labels && { labels }),
    });
    const errors = (name: string, by = "") => `sum${by} (rate(${name}_errors_total[5m]))`;

    for (const [name, rules] of Object.entries({
      "two sums": [record(errors("cart")), record(errors("pay"))],
      "a sum and a maximum with equal labels": [
        record(errors("cart"), { team: "shop" }),
        record("max(cart_errors:rate5m)", { team: "shop" }),
      ],
    })) {
      it(`reports ${name}`, () =>
        assert.match(problems(duplicateRules, prometheusRule(rules)).join(), /two rules record/));
    }

    for (const [name, rules] of Object.entries({
      "labels of the rules": [
        record(errors("cart"), { service: "cart" }),
        record(errors("pay"), { service: "pay" }),
      ],
      "labels of the results": [
        record(errors("cart", " by (service)")),
        record(errors("pay", " by (service)")),
      ],
      "labels of one result": [record(errors("cart")), record(errors("pay", " by (service)"))],
    })) {
      it(`accepts ${name}`, () =>
        assert.deepEqual(problems(duplicateRules, prometheusRule(rules)), []));
    }

    it("accepts equal names in two objects, which may be in two clusters", () =>
      assert.deepEqual(
        problems(duplicateRules, [
          prometheusRule([record(errors("cart"))], "cart"),
          prometheusRule([record(errors("pay"))], "pay"),
        ]),
        [],
      ));
  });
});
