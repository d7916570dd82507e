import * as assert from "node:assert/strict";
import { alertThresholds } from "../../../policies/alerts/alertThresholds";
import { promqlUnits } from "../../../policies/alerts/promqlUnits";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { rateWindow } from "../../../policies/alerts/rateWindow";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { alerts, baseSignals, problems, serviceMonitor } from "../subjects";

const histogram = "http_request_duration_seconds";
const native = `sum by (namespace, service) (rate(${histogram}[5m]))`;
const buckets = `rate(${histogram}_bucket[5m])`;
const otel = "http_server_request_duration_seconds";
const failed = `sum by (namespace, service) (histogram_count(rate(${otel}{http_response_status_code=~"5.."}[5m])))`;
const all = `sum by (namespace, service) (histogram_count(rate(${otel}[5m])))`;

const inventory = serviceMonitor("inventory-service");
const missing = (signal: keyof typeof baseSignals, expr: string, monitor = inventory): string[] =>
  problems(requiredAlerts, [monitor, alerts(...Object.values({ ...baseSignals, [signal]: expr }))]);

describe("alerts on native histograms", () => {
  for (const [signal, expr] of [
    ["p99Latency", `histogram_quantile(0.99, ${native}) > 0.5`],
    [
      "p99Latency",
      `histogram_quantile(0.99, ${native}) > 0.5 and histogram_count(${native}) > 0.2`,
    ],
    ["p99Latency", `histogram_fraction(0, 0.5, ${native}) < 0.99`],
    ["p99Latency", `histogram_fraction(-Inf, 0.5, ${native}) < 0.99`],
    ["p99Latency", `histogram_fraction(0.5, +Inf, ${native}) > 0.01`],
    ["p99Latency", `1 - histogram_fraction(0, 0.5, ${native}) > 0.01`],
    [
      "p99Latency",
      `histogram_fraction(0, 0.5, sum by (namespace, service, le) (${buckets})) < 0.99`,
    ],
    ["errorRatio", `${failed} / ${all} > 0.05`],
    [
      "errorRatio",
      `histogram_count(sum by (service) (rate(${otel}{http_response_status_code="500"}[5m]))) / histogram_count(sum by (service) (rate(${otel}[5m]))) > 0.05`,
    ],
  ] as const) {
    it(`are base signals: ${expr}`, () => {
      assert.deepEqual(missing(signal, expr), []);
      for (const policy of [promqlUnits, promqlValid, rateWindow, alertThresholds]) {
        assert.deepEqual(problems(policy, alerts(expr)), [], policy.name);
      }
    });
  }

  for (const [signal, expr] of [
    // No threshold is exceeded.
    ["p99Latency", `histogram_fraction(0, 0.5, ${native}) > 0.99`],
    ["p99Latency", `histogram_count(${native}) > 100`],
    ["p99Latency", `histogram_quantile(0.5, ${native}) > 0.5`],
    [
      "errorRatio",
      `histogram_sum(rate(${otel}{http_response_status_code="500"}[5m])) / ${all} > 0.05`,
    ],
  ] as const) {
    it(`are not base signals: ${expr}`, () => assert.equal(missing(signal, expr).length, 1));
  }

  it("are missing if the monitor drops the histogram, not a series of a classic one", () => {
    const dropping = (regex: string) =>
      serviceMonitor("inventory-service", "ticketing", {
        endpoints: [
          {
            port: "metrics",
            metricRelabelings: [{ action: "drop", sourceLabels: ["__name__"], regex }],
          },
        ],
      });
    const expr = `histogram_fraction(0, 0.5, ${native}) < 0.99`;
    assert.equal(missing("p99Latency", expr, dropping(histogram)).length, 1);
    assert.deepEqual(missing("p99Latency", expr, dropping(`${histogram}_bucket`)), []);
  });

  for (const [expr, problem] of [
    [
      `histogram_quantile(0.99, rate(http_client_request_duration_seconds[5m])) > 500`,
      /in seconds is compared .* milliseconds/,
    ],
    [
      `histogram_avg(${native.replace(histogram, "http_client_request_duration_seconds")}) > 500`,
      /in seconds is compared .* milliseconds/,
    ],
    [`histogram_quantile(99, ${native}) > 0.5`, /outside the range from 0 to 1/],
    [`histogram_quantile(0.99, sum by (service) (${buckets})) > 0.5`, /across their boundaries/],
    [
      `histogram_quantile(0.99, sum by (service) (${histogram})) > 0.5`,
      /since the process started/,
    ],
    [
      `histogram_fraction(0, 0.5, sum by (service) (${buckets})) < 0.99`,
      /a fraction .* across their boundaries/,
    ],
    [`histogram_fraction(0, 0.5, ${native}) < 99`, /has no effect/],
    [`${failed} / ${all} > 5`, /never fires/],
    [
      `histogram_count(sum by (service) (rate(${histogram}_count[5m]))) < 1`,
      /ignores the series of a classic histogram/,
    ],
    [
      `histogram_avg(sum by (service) (${buckets})) > 0.5`,
      /ignores the series of a classic histogram/,
    ],
    [`${native} > 100`, /a histogram is compared with a number/],
    [
      `sum(rate(${histogram}{status="500"}[5m])) / sum(rate(${histogram}[5m])) > 0.05`,
      /a histogram is compared with a number/,
    ],
    [`sum(histogram_count(${histogram})) > 100`, /value of a counter/],
  ] as const) {
    it(`are refused: ${expr}`, () => {
      const found = problems(promqlUnits, alerts(expr));
      assert.ok(
        found.some((text) => problem.test(text)),
        found.join("\n"),
      );
    });
  }

  it("may count series, or the samples of a summary", () => {
    for (const expr of [
      `count by (service) (rate(${histogram}[5m])) < 2`,
      `absent(rate(${histogram}{service="a"}[5m])) == 1`,
      `${histogram}{quantile="0.99"} > 0.5`,
    ]) {
      assert.deepEqual(problems(promqlUnits, alerts(expr)), [], expr);
    }
  });

  for (const expr of [
    `histogram_quantile(0.99, ${native}) > 5`,
    `histogram_quantile(0.99, ${native}) > 500`,
    `histogram_fraction(0, 5, ${native}) < 0.99`,
    `histogram_fraction(0, 500, ${native}) < 0.99`,
    `histogram_fraction(0, 0.5, ${native}) < 0.5`,
  ]) {
    it(`have a threshold that is too high: ${expr}`, () =>
      assert.equal(problems(alertThresholds, alerts(expr)).length, 1));
  }
});
