import { Scenario } from "./scenarios";
import { histogram } from "./series";

const labels = { namespace: "ticketing", service: "inventory-service" };

/** Ten requests per second, of which all are slow from minute 20 on. */
const slowFor = (minutes: number, checks: [minutes: number, isFiring: boolean][]): Scenario => ({
  name: `HighLatencyP99: ${minutes} minutes of slow requests`,
  interval: "30s",
  input_series: histogram(
    "http_request_duration_seconds",
    labels,
    {
      minutes: 40,
      levelAt: (minute) => (minute > 20 && minute <= 20 + minutes ? "above" : "healthy"),
    },
    0.5,
    (level) => ({ all: 10, slow: level === "above" ? 10 : 0 }),
  ),
  alert_rule_test: checks.map(([minute, isFiring]) => ({
    eval_time: `${minute * 60}s`,
    alertname: "HighLatencyP99",
    exp_alerts: isFiring ? [{ exp_labels: { severity: "critical", ...labels } }] : [],
  })),
});

export const latencyScenarios: Scenario[] = [
  ...[1.5, 2].map((minutes) =>
    slowFor(
      minutes,
      [22, 23, 24, 25, 25.5, 26, 26.5, 27, 28].map((minute) => [minute, false]),
    ),
  ),
  slowFor(10, [
    [25, false],
    [26, true],
    [30, true],
    [35, false],
  ]),
];
