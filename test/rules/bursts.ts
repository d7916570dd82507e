import { Scenario, alertScenario } from "./scenarios";

const service = "auth-service";
const labels = { severity: "critical", namespace: "ticketing", service };

const scenario = (name: string, values: string, checks: [minutes: number, isFiring: boolean][]) =>
  alertScenario(
    "DynamoDBThrottling",
    name,
    [
      {
        series: `dynamodb_throttled_requests_total{namespace="ticketing", service="${service}"}`,
        values,
      },
    ],
    labels,
    checks,
  );

/** A page requires that requests are still throttled. */
export const burstScenarios: Scenario[] = [
  scenario(
    "a burst of two minutes does not fire",
    "0x80 3000 6000 9000 12000x60",
    [43, 44, 45, 46, 47, 48, 50].map((minute) => [minute, false]),
  ),
  scenario("throttling in bursts, two minutes apart, fires", bursts(30), [
    [10, true],
    [14, true],
  ]),
  scenario("resolves 4 minutes after the last throttled request", "0+600x40 24000x40", [
    [10, true],
    [20, true],
    [24, false],
  ]),
];

/** A counter that increases by 6,000 in one of four scrapes. */
function bursts(minutes: number): string {
  return Array.from({ length: minutes * 2 }, (_, step) => Math.floor(step / 4) * 6000).join(" ");
}
