import { Scenario } from "./scenarios";

const scenario = (
  name: string,
  requests: string,
  up: string,
  checks: [hours: number, firing: boolean, requestsBeforeStop?: number][],
  service = "inventory-service",
): Scenario => {
  const labels = `namespace="ticketing", service="${service}"`;
  const firingLabels = { severity: "critical", namespace: "ticketing", service };
  return {
    name: `NoTraffic: ${name}`,
    interval: "1m",
    input_series: [
      { series: `http_requests_total{${labels}, status="200"}`, values: requests },
      { series: `up{${labels}}`, values: up },
    ],
    alert_rule_test: checks.map(([hours, firing]) => ({
      eval_time: `${hours * 60}m`,
      alertname: "NoTraffic",
      exp_alerts: firing ? [{ exp_labels: firingLabels }] : [],
    })),
    promql_expr_test: checks.flatMap(([hours, , requestsBeforeStop]) =>
      requestsBeforeStop === undefined
        ? []
        : [
            {
              expr: `round(namespace_service:requests_before_silence:rate5m{namespace="ticketing"}, 0.01)`,
              eval_time: `${hours * 60}m`,
              exp_samples: [{ labels: `{${labels}}`, value: requestsBeforeStop }],
            },
          ],
    ),
  };
};

/** The alert fires for as long as traffic is missing, not only for the hour of the `offset`. */
export const noTrafficScenarios: Scenario[] = [
  // Five requests per second for two hours, none for ten hours, then some again.
  scenario("fires until traffic returns", "0+300x120 36000x600 36000+300x60", "1x800", [
    [2, false],
    [2.5, true, 5],
    [3.5, true, 5],
    [12, true, 5],
    [12.25, false],
    [12.75, false],
  ]),
  scenario("fires while a configured service is gone", "0+300x120 36000x360 stale", "1x480 stale", [
    [8, true, 5],
    [8.5, true, 5],
    [20, true, 5],
  ]),
  scenario(
    "resolves when an unconfigured service is removed",
    "0+300x120 36000x600",
    "1x480 stale",
    [
      [8, true, 5],
      [8.5, false],
      [10, false],
    ],
    "unnamed",
  ),
  scenario("survives a few minutes without Prometheus", "0+300x120 36000x600", "1x480 _x10 1x300", [
    [8, true],
    [8.5, true],
  ]),
  scenario("a missing counter is no traffic", "0+300x120 stale", "1x800", [
    [2.5, true, 5],
    [10, true, 5],
  ]),
  scenario("ignores less traffic than the threshold", "0+54x120 6480x600", "1x800", [
    [2.5, false],
    [6, false],
  ]),
];
