import { AlertGroup } from "../../components/alerting/rules";
import { definitionsFor, groupsNamed } from "./rulesUnderTest";
import { Scenario } from "./scenarios";
import { Series } from "./series";

const names = Array.from({ length: 10 }, (_, index) => `service-${index}`);

/** The rules on ten services. */
export function stormGroups(alerts: object = {}): AlertGroup[] {
  const services = names.map((name) => ({ name }));
  const needed = ["configured", "services", "absence", "storms"];
  return groupsNamed(definitionsFor({ services, alerts }), needed);
}

const up = (name: string, values: string): Series => ({
  series: `up{namespace="ticketing", service="${name}", pod="${name}-0"}`,
  values,
});
/** Series of `up` for all services; `down` gives the values of some. */
const targets = (down: (index: number) => string | undefined): Series[] =>
  names.map((name, index) => up(name, down(index) ?? "1x200"));
/** The targets of the first services are down. */
export const targetsDown = (count: number): Series[] =>
  targets((index) => (index < count ? "0x200" : undefined));
const failingRequests = (name: string): Series[] => [
  {
    series: `http_requests_total{namespace="ticketing", service="${name}", status="500"}`,
    values: "0x20 0+300x100",
  },
  {
    series: `http_requests_total{namespace="ticketing", service="${name}", status="200"}`,
    values: "0+300x20 6000x100",
  },
];

const scenario = (
  name: string,
  series: Series[],
  checks: [seconds: number, fires: boolean][],
  single: [seconds: number, services: string[]][] = [],
): Scenario => ({
  name: `MostServicesFailing: ${name}`,
  interval: "30s",
  input_series: series,
  alert_rule_test: [
    ...checks.map(([seconds, fires]) => ({
      eval_time: `${seconds}s`,
      alertname: "MostServicesFailing",
      exp_alerts: fires ? [{ exp_labels: { severity: "critical", namespace: "ticketing" } }] : [],
    })),
    ...single.map(([seconds, services]) => ({
      eval_time: `${seconds}s`,
      alertname: "ServiceDown",
      exp_alerts: services.map((service) => ({
        exp_labels: { severity: "critical", namespace: "ticketing", service },
      })),
    })),
  ],
});

/** Targets fail from minute 10, which is the sample 20. */
export const stormScenarios: Scenario[] = [
  scenario(
    "fires together with the first alerts on single services, although scrapes are spread",
    targets((index) => (index < 1 ? "1x19 0x60" : "1x20 0x60")),
    [
      [655, false],
      [660, true],
    ],
    [
      [655, []],
      [660, names.slice(0, 1)],
    ],
  ),
  scenario(
    "one failed scrape of the others does not fire while the first alert begins to fire",
    targets((index) => (index < 1 ? "1x19 0x60" : "1x21 0 1x60")),
    [
      [660, false],
      [690, false],
    ],
  ),
  scenario(
    "services that fail one after the other count as soon as their alerts fire",
    targets((index) => (index < 6 ? `1x${19 + 4 * index} 0x80` : undefined)),
    [
      // The sixth service is down since 1200 seconds.
      [1255, false],
      [1260, true],
    ],
  ),
  scenario(
    "half of the services are not most of them",
    targets((index) => (index < 5 ? "1x19 0x60" : undefined)),
    [
      [700, false],
      [1200, false],
    ],
  ),
  scenario(
    "more than half are",
    targets((index) => (index < 6 ? "1x19 0x60" : undefined)),
    [
      [655, false],
      [660, true],
      [1200, true],
    ],
  ),
  scenario(
    "one failed scrape of all does not fire",
    targets(() => "1x19 0 1x60"),
    [
      [605, false],
      [630, false],
      [660, false],
    ],
  ),
  scenario(
    "one failed scrape of all does not fire while four are down",
    targets((index) => (index < 4 ? "1x4 0x80" : "1x19 0 1x60")),
    [
      [590, false],
      [605, false],
      [630, false],
      [660, false],
    ],
  ),
  scenario(
    "services that are down and services whose requests fail count together",
    [
      ...targets((index) => (index < 3 ? "1x19 0x60" : undefined)),
      ...names.slice(2, 6).flatMap(failingRequests),
    ],
    [
      [600, false],
      [900, true],
    ],
  ),
  scenario(
    "keeps firing for 5 minutes while the services recover one after the other",
    targets((index) => (index < 8 ? "1x19 0x20 1x60" : "1x19 0x22 1x60")),
    [
      [1200, true],
      // ServiceDown itself fires for 3 minutes more.
      [1600, true],
      [1800, false],
    ],
  ),
];
