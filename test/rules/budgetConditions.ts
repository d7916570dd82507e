import {
  BurnRatePair,
  burnRatePairs,
  burnRateWindows,
} from "../../components/services/settings/burnRates";
import { protocols } from "../../components/services/alerts/recordedSeries";
import { sloSeries } from "../../components/services/alerts/slo";
import { Scenario } from "./scenarios";
import { BudgetKind } from "./budgets";

/**
 * Each condition of the alerts on error budgets, just above and just below its bound. The series that
 * recording rules compute from requests are the input, so a scenario takes two hours instead of days.
 */

const service = "inventory-service";
const labels = `namespace="ticketing", service="${service}"`;
const budgets = { availability: 0.001, latency: 0.01 };
const alerts = { availability: "AvailabilityBudgetBurn", latency: "LatencyBudgetBurn" };
const sampleMinutes = 5;

interface State {
  /** Burn rates over the long, the short and the most recent window, as multiples of the factor. */
  long?: number;
  short?: number;
  recent?: number;
  requestsPerSecond?: number;
  /** Number of bad requests in an hour. */
  badPerHour?: number;
}

const always = (value: number, samples = 40) => `${value}x${samples}`;
/** Samples of one hour only, so that a longer window also contains exactly one hour. */
const oneHour = (value: number) => `_ ${value}x11 stale`;

function conditionScenario(
  kind: BudgetKind,
  { severity, factor, long, longHours, short }: BurnRatePair,
  name: string,
  state: State,
  isFiring: boolean,
): Scenario {
  const { requestsPerSecond = 10, badPerHour = 0 } = state;
  const series = (suffix: string, values: string) => ({
    series: `${sloSeries(kind, suffix)}{${labels}}`,
    values,
  });
  const burnRate = (window: string, multiple = 1.5) =>
    series(`burn_rate:ratio_${window}`, always(multiple * factor));
  const requests = badPerHour > 0 && longHours > 1 ? oneHour : (value: number) => always(value);
  return {
    name: `${alerts[kind]} (${severity}, ${long} and ${short}): ${name}`,
    interval: `${sampleMinutes}m`,
    input_series: [
      series("error_budget:ratio", always(budgets[kind])),
      series("requests:rate5m", requests(requestsPerSecond)),
      series("bad_requests:rate5m", requests(badPerHour / 3600)),
      burnRate(`rate${long}`, state.long),
      burnRate(`rate${short}`, state.short),
      burnRate("recent", state.recent),
    ],
    alert_rule_test: [
      {
        eval_time: "100m",
        alertname: alerts[kind],
        exp_alerts: isFiring ? [{ exp_labels: { severity, namespace: "ticketing", service } }] : [],
      },
    ],
  };
}

/** Bad requests in an hour that chance explains at 0.1 requests per second: m + 4.75 sqrt(m) + 2. */
function explainedByChance(kind: BudgetKind): number {
  const mean = 0.1 * 3600 * budgets[kind];
  return mean + 4.75 * Math.sqrt(mean) + 2;
}

function pairConditions(kind: BudgetKind, pair: BurnRatePair): Scenario[] {
  const few = { requestsPerSecond: 0.1 };
  const explained = explainedByChance(kind);
  const bounds: [name: string, above: State, below: State][] = [
    ["the long window", { long: 1.05 }, { long: 0.95 }],
    ["the short window", { short: 1.05 }, { short: 0.95 }],
    ["the minimum rate", { requestsPerSecond: 0.21 }, { requestsPerSecond: 0.19 }],
    [
      "the evidence of few requests",
      { ...few, badPerHour: explained + 0.1 },
      { ...few, badPerHour: explained - 0.1 },
    ],
    // A page requires that the budget still burns.
    ...(pair.severity === "critical"
      ? ([["the last minutes", { recent: 0.525 }, { recent: 0.475 }]] as [string, State, State][])
      : []),
  ];
  return bounds.flatMap(([name, above, below]) => [
    conditionScenario(kind, pair, `just above ${name}`, above, true),
    conditionScenario(kind, pair, `just below ${name}`, below, false),
  ]);
}

/** The burn rate of the last minutes: of the last 2 minutes, or of the last 5 minutes with requests. */
function recentScenario(
  kind: BudgetKind,
  name: string,
  inputs: [series: string, values: string][],
  expected: [minute: number, burnRate: number | undefined][],
): Scenario {
  const recorded = sloSeries(kind, "burn_rate:ratio_recent");
  return {
    name: `${alerts[kind]}: ${name}`,
    interval: "1m",
    input_series: [
      [sloSeries(kind, "error_budget:ratio"), `${budgets[kind]}x200`] as const,
      ...inputs,
    ].map(([series, values]) => ({ series: `${series}{${labels}}`, values })),
    alert_rule_test: [],
    promql_expr_test: expected.map(([minute, value]) => ({
      expr: `round(${recorded}, 0.001)`,
      eval_time: `${minute}m`,
      exp_samples: value === undefined ? [] : [{ labels: `{${labels}}`, value }],
    })),
  };
}

export function recentScenarios(kind: BudgetKind): Scenario[] {
  const budget = budgets[kind];
  const lastRequests = recentScenario(
    kind,
    "without requests, the last 5 minutes with some count for 30 minutes",
    [
      [sloSeries(kind, "requests:rate5m"), "10x60 0x120"],
      [sloSeries(kind, "bad_requests:rate5m"), `${10 * budget}x60 0x120`],
    ],
    [
      [60, 1],
      [88, 1],
      [95, undefined],
    ],
  );
  if (kind === "latency") return [lastRequests];
  return [
    lastRequests,
    ...protocols.map(({ requestsNow, failedNow, failed }) =>
      recentScenario(
        kind,
        `the last 2 minutes of ${failed} count`,
        [
          [requestsNow, "10x60"],
          [failedNow, `${10 * budget}x30 ${20 * budget}x29`],
        ],
        [
          [30, 1],
          [33, 2],
        ],
      ),
    ),
  ];
}

/** The burn rate over each window, after it doubled for half of the window. */
export function burnRateScenarios(kind: BudgetKind): Scenario[] {
  const bad = 10 * budgets[kind];
  return burnRateWindows.map(({ name, range }) => {
    const minutes = minutesOf(name);
    const [before, half] = [2 * minutes, Math.max(5, minutes / 2)];
    const series = (suffix: string, values: string) => ({
      series: `${sloSeries(kind, suffix)}{${labels}}`,
      values,
    });
    // The rate over 5 minutes is recorded as it is.
    const expected = range === "" ? 2 : 1.5;
    return {
      name: `${alerts[kind]}: the burn rate over ${name}`,
      interval: "1m",
      input_series: [
        series("error_budget:ratio", always(budgets[kind], before + half)),
        series("requests:rate5m", always(10, before + half)),
        series("bad_requests:rate5m", `${always(bad, before)} ${always(2 * bad, half - 1)}`),
      ],
      alert_rule_test: [],
      promql_expr_test: [
        {
          expr: `round(${sloSeries(kind, `burn_rate:ratio_rate${name}`)}, 0.05)`,
          eval_time: `${before + half}m`,
          exp_samples: [{ labels: `{${labels}}`, value: expected }],
        },
      ],
    };
  });
}

function minutesOf(duration: string): number {
  const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(duration) ?? [];
  return Number(count) * { m: 1, h: 60, d: 1440 }[unit as "m" | "h" | "d"];
}

/** Scenarios of the alerts of one kind of objective, with the factors for 14 days. */
export function conditionScenarios(kind: BudgetKind): Scenario[] {
  return burnRatePairs(14).flatMap((pair) => pairConditions(kind, pair));
}
