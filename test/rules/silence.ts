import { Scenario } from "./scenarios";

const service = "inventory-service";
const labels = `namespace="ticketing", service="${service}"`;
const alert = { severity: "critical", namespace: "ticketing", service };

const scenario = (
  name: string,
  requests: string,
  up: string,
  checks: [hours: number, firing: boolean, before?: number][],
): Scenario => ({
  name: `NoTraffic: ${name}`,
  interval: "1m",
  input_series: [
    { series: `http_requests_total{${labels}, status="200"}`, values: requests },
    { series: `up{${labels}}`, values: up },
  ],
  alert_rule_test: checks.map(([hours, firing]) => ({
    eval_time: `${hours * 60}m`,
    alertname: "NoTraffic",
    exp_alerts: firing ? [{ exp_labels: alert }] : [],
  })),
  promql_expr_test: checks.flatMap(([hours, , before]) =>
    before === undefined
      ? []
      : [
          {
            expr: `round(namespace_service:requests_before_silence:rate5m{namespace="ticketing"}, 0.01)`,
            eval_time: `${hours * 60}m`,
            exp_samples: [{ labels: `{${labels}}`, value: before }],
          },
        ],
  ),
});

/** A silence is a fault for as long as it lasts, not for the hour in which one remembers. */
export const silenceScenarios: Scenario[] = [
  // Five requests a second for two hours, then none for ten, then some again.
  scenario("lasts as long as the silence", "0+300x120 36000x600 36000+300x60", "1x800", [
    [2, false],
    [2.5, true, 5],
    [3.5, true, 5],
    [12, true, 5],
    [12.25, false],
    [12.75, false],
  ]),
  scenario("is forgotten with the service", "0+300x120 36000x600", "1x480 stale", [
    [8, true, 5],
    [8.5, false],
    [10, false],
  ]),
  scenario("outlasts a few minutes without Prometheus", "0+300x120 36000x600", "1x480 _x10 1x300", [
    [8, true],
    [8.5, true],
  ]),
  scenario("a counter that is gone counts nothing", "0+300x120 stale", "1x800", [
    [2.5, true, 5],
    [10, true, 5],
  ]),
  scenario("less before is nothing to miss", "0+54x120 6480x600", "1x800", [
    [2.5, false],
    [6, false],
  ]),
];
