import * as assert from "node:assert/strict";
import { absentCoverage } from "../../../policies/alerts/absentCoverage";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { RuleFixture, judge, problems, prometheusRule, release } from "../subjects";

const inProd = { environment: "prod" };
const critical = (expr: string): RuleFixture => ({
  alert: "A",
  expr,
  labels: { severity: "critical" },
});
const warning = (expr: string): RuleFixture => ({
  ...critical(expr),
  labels: { severity: "warning" },
});
const found = (...rules: RuleFixture[]) =>
  problems(absentCoverage, [prometheusRule(rules)], inProd);
const stack = (values: PlainMap) => release("kube-prometheus-stack", values);
const errors = critical('rate(errors_total{namespace="shop", service="cart", code="500"}[5m]) > 1');

describe("policy absent-coverage", () => {
  it("requires an alert on the absence of the metrics of critical alerts", () => {
    assert.deepEqual(found(errors), ["no alert fires when errors_total is absent"]);
    assert.deepEqual(found(critical("a / b > 1")), ["no alert fires when a, b are absent"]);
    assert.deepEqual(found(warning("a > 1")), []);
  });

  it("does not require series that only exclude others, without which the alert still fires", () => {
    assert.deepEqual(found(critical("a < 1 unless on (pod) excluded == 1")), [
      "no alert fires when a is absent",
    ]);
  });

  for (const companion of [
    "absent(errors_total)",
    'absent_over_time(errors_total{service="cart"}[10m])',
    "up == 0",
    "up < 1",
    "up != 1",
    'absent(up{namespace="shop", service="cart"} == 1)',
    'avg by (job) (up{namespace=~"shop|other"}) < 0.5',
  ]) {
    it(`accepts ${companion}`, () => assert.deepEqual(found(errors, warning(companion)), []));
  }

  for (const companion of [
    "absent(other_total)",
    'absent(errors_total{service="other"})',
    'absent(errors_total{code="400"})',
    'up{namespace="other"} == 0',
    'absent(up{service="other"} == 1)',
    "up == 1",
    "up > 0",
  ]) {
    it(`does not accept ${companion}`, () =>
      assert.equal(found(errors, warning(companion)).length, 1));
  }

  it("requires the job of the exporter, not the labels of the pods", () => {
    const restarts = critical('kube_pod_container_status_restarts_total{namespace="shop"} > 5');
    for (const [companion, expected] of [
      ['up{namespace="shop"} == 0', 1],
      ['absent(up{job="kubelet"} == 1)', 1],
      ['absent(up{job="kube-state-metrics"} == 1)', 0],
      ['up{job=~"kube-.*", namespace="monitoring"} == 0', 0],
      ["up == 0", 0],
      ['absent(kube_pod_container_status_restarts_total{namespace="shop"})', 0],
    ] as const) {
      assert.equal(found(restarts, warning(companion)).length, expected, companion);
    }
  });

  for (const [metric, companion, expected] of [
    // The scheduler, the API server and the controller manager share a prefix with an exporter.
    ["kube_pod_resource_request", 'up{job="kube-scheduler"} == 0', 0],
    ["kube_apiserver_pod_logs_backend_tls_failure_total", 'up{job="apiserver"} == 0', 0],
    ["node_collector_zone_size", 'up{job="kube-controller-manager"} == 0', 0],
    ["machine_cpu_cores", 'up{job="node-exporter"} == 0', 1],
    ["machine_cpu_cores", 'up{job="kubelet"} == 0', 0],
    ["prober_probe_total", 'up{job="node-exporter"} == 0', 1],
    // A rule of the chart records the series from cAdvisor.
    ["node_namespace_pod_container:container_memory_rss", 'up{job="kubelet"} == 0', 0],
  ] as const) {
    it(`${expected === 0 ? "accepts" : "does not accept"} ${companion} for ${metric}`, () =>
      assert.equal(found(critical(`${metric} > 5`), warning(companion)).length, expected));
  }

  it("requires no absence alert for an absence alert", () =>
    assert.deepEqual(found(critical("absent(errors_total)")), []));

  it("resolves recording rules", () => {
    const record = { record: "r", expr: "errors_total" };
    assert.deepEqual(found(record, critical("r > 1"), warning("absent(errors_total)")), []);
    assert.equal(found(record, critical("r > 1")).length, 1);
  });

  it("accepts TargetDown of the chart, unless it is disabled", () => {
    const rules = prometheusRule([errors]);
    for (const [values, expected] of [
      [{}, 0],
      [{ defaultRules: { create: false } }, 1],
      [{ defaultRules: { rules: { general: false } } }, 1],
      [{ defaultRules: { disabled: { TargetDown: true } } }, 1],
      [{ defaultRules: { disabled: { TargetDown: "true" } } }, 1],
      [{ defaultRules: { disabled: ["TargetDown"] } }, 1],
      [{ defaultRules: { disabled: { TargetDown: UNKNOWN } } }, 0],
      [{ defaultRules: { disabled: { Watchdog: true } } }, 0],
    ] as const) {
      const violations = problems(absentCoverage, [stack(values), rules], inProd);
      assert.equal(violations.length, expected, JSON.stringify(values));
    }
  });

  it("judges production only", () => {
    const rules = prometheusRule([errors]);
    assert.deepEqual(problems(absentCoverage, [rules]), []);
    const prod = { ...rules, urn: rules.urn.replace(":dev:", ":prod:") };
    assert.equal(problems(absentCoverage, [prod]).length, 1);
  });

  it("is unknown while an unknown rule could be the absence alert", () => {
    const rules = prometheusRule([errors]);
    const hidden = prometheusRule([{ alert: "A", expr: UNKNOWN }], "hidden");
    const verdict = judge(absentCoverage, [rules, hidden], inProd);
    assert.deepEqual(verdict.violations, []);
    assert.equal(verdict.unknown?.urn, hidden.urn);
  });

  it("names the metric and the alert to add", () => {
    const rules = prometheusRule([errors]);
    const [violation] = judge(absentCoverage, [rules], inProd).violations;
    assert.ok(violation);
    assert.equal(violation.urn, rules.urn);
    assert.equal(
      violationText(violation),
      [
        "no alert fires when errors_total is absent",
        '  where: PrometheusRule "rules", group group, alert A',
        "  bound: an alert on absent() of the metric, or on its target's `up`",
        "  fix:   add an alert on absent(errors_total), or on up == 0 for its targets",
      ].join("\n"),
    );
  });
});
