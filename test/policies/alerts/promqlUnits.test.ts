import * as assert from "node:assert/strict";
import { promqlUnits } from "../../../policies/alerts/promqlUnits";
import { violationText } from "../../../policies/engine/violation";
import { alerts, baseSignals, judge, problems, prometheusRule } from "../subjects";

const errors = 'sum by (service) (rate(http_requests_total{status=~"5.."}[5m]))';
const total = "sum by (service) (rate(http_requests_total[5m]))";
const buckets = "rate(http_request_duration_seconds_bucket[5m])";

describe("policy promql-units", () => {
  it("accepts the base signals", () =>
    assert.deepEqual(problems(promqlUnits, alerts(...Object.values(baseSignals))), []));

  for (const expr of [
    `${errors} / ${total} > 0.999`,
    `100 * ${errors} / ${total} > 5`,
    "service:errors:ratio_rate5m > 14.4 * (1 - 0.999)",
    `${errors} > 10`,
    // Not parts of a whole.
    "sum(rate(a[5m])) / sum(rate(a[5m] offset 1w)) > 2",
    "a / b > 5",
    'sum(container_cpu_usage_seconds_total) / sum(kube_pod_container_resource_requests{resource="cpu"}) > 2',
    "time() - backup_last_success_timestamp_seconds > 1d",
    "job_duration_seconds > 10m",
    "predict_linear(free_bytes[6h], 1d) < 0",
    "histogram_quantile(1, rate(x[5m])) > 0.5",
    `histogram_quantile(0, ${buckets}) > 0.5`,
    `histogram_quantile(0.9, sum by (le) (${buckets})) > 0.5`,
    `histogram_quantile(0.9, sum without (pod) (${buckets})) > 0.5`,
    `max by (service) (histogram_quantile(0.9, sum by (service, le) (${buckets}))) > 0.5`,
    // A native histogram has no boundaries to keep.
    "histogram_quantile(0.9, sum(rate(http_request_duration_seconds[5m]))) > 0.5",
    "quantile by (service) (0.9, x) > 5",
  ]) {
    it(`accepts ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }

  for (const [expr, problem] of [
    [`${errors} / ${total} > 5`, /^a ratio is compared .* never fires$/],
    [`${errors} / ${total} > 1`, /never fires$/],
    [`${errors} / ${total} >= 1.01`, /never fires$/],
    [`5 < ${errors} / ${total}`, /never fires$/],
    [`100 * ${errors} / ${total} > 500`, /never fires$/],
    [`${errors} > 5 * ${total}`, /never fires$/],
    ["service:errors:ratio_rate5m > 5", /never fires$/],
    ["service:errors:ratio_rate5m > 14.4 * (1 - 0.9)", /never fires$/],
    ["cache_hit_ratio < 80", /has no effect$/],
    ["cache_hit_ratio > -1", /has no effect$/],
    [`1 - ${errors} / ${total} > 5`, /never fires$/],
    ["latency_seconds > 500m", /written as a duration/],
    ["500m < latency_seconds", /written as a duration/],
    ["queue_bytes > 5m", /written as a duration/],
    ["queue_bytes > 2 * 5m", /written as a duration/],
    [
      `histogram_quantile(99, sum by (le) (${buckets})) > 0.5`,
      /^a quantile is outside the range from 0 to 1/,
    ],
    [`histogram_quantile(-0.1, sum by (le) (${buckets})) > 0.5`, /^a quantile is outside/],
    ["quantile_over_time(95, x[5m]) > 5", /^a quantile is outside/],
    ["quantile(95, x) > 5", /^a quantile is outside/],
    [`histogram_quantile(0.9, sum(${buckets})) > 0.5`, /across their boundaries$/],
    [`histogram_quantile(0.9, sum by (service) (${buckets})) > 0.5`, /across their boundaries$/],
    [`histogram_quantile(0.9, sum without (le) (${buckets})) > 0.5`, /across their boundaries$/],
  ] as const) {
    it(`rejects ${expr}`, () => {
      const [found, ...others] = problems(promqlUnits, alerts(expr));
      assert.match(found ?? "", problem);
      assert.deepEqual(others, []);
    });
  }

  it("resolves recording rules", () => {
    const rules = [
      { record: "errors", expr: `${errors} / ${total}` },
      { alert: "A", expr: "errors > 5" },
    ];
    assert.equal(problems(promqlUnits, prometheusRule(rules)).length, 1);
  });

  it("suggests the intended number", () => {
    const fixes = judge(promqlUnits, alerts(`${errors} / ${total} > 5`, "x_seconds > 500m"));
    assert.deepEqual(
      fixes.violations.map((violation) => violationText(violation)),
      [
        [
          "a ratio is compared with a value that it cannot reach, so the alert never fires",
          '  where: PrometheusRule "rules", group group, alert Alert0',
          "  found: > 5",
          "  bound: a ratio is at most 1: 5% is 0.05, and a burn rate times the error budget is below 1",
          "  fix:   > 0.05 instead",
        ].join("\n"),
        [
          "the threshold is written as a duration, which PromQL converts to seconds",
          '  where: PrometheusRule "rules", group group, alert Alert1',
          "  found: 500m",
          "  bound: durations only for times: m means minutes, not thousandths",
          "  fix:   write 0.5 for thousandths, or 30000 for minutes",
        ].join("\n"),
      ],
    );
  });
});

describe("cores", () => {
  const usage = 'rate(container_cpu_usage_seconds_total{container!=""}[5m])';
  for (const expr of [
    `${usage} > 80`,
    `sum by (namespace, pod) (${usage}) > 90`,
    `75 < max by (pod, container) (${usage})`,
  ]) {
    it(`are no percentage: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr)).join(), /a number of cores/));
  }

  for (const expr of [
    `sum by (pod) (${usage}) > 8`,
    `sum by (pod) (${usage}) * 100 > 90`,
    `sum by (namespace) (${usage}) > 80`,
    `sum by (pod) (${usage}) / sum by (pod) (kube_pod_container_resource_limits{resource="cpu"}) > 0.9`,
  ]) {
    it(`may be what is compared: ${expr}`, () =>
      assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});
