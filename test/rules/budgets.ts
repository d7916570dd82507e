import { Scenario } from "./scenarios";
import { Series } from "./series";

/** Minutes at a burn rate; at 1, the budget lasts exactly for the SLO window. */
interface Phase {
  minutes: number;
  burnRate: number;
}

/**
 * Each pair of windows separately: just above and just below its factor in one window, while the other
 * window is well above. A single window above its factor must not fire the alert. The factors are
 * those for 14 days, from the budget shares of the SRE workbook: 2% of 336 h in 1 h is 6.72, 5% in
 * 6 h is 2.8, and 10% in 24 h is 1.4. For 72 h the factor would be below 1, and is therefore 1. Phases
 * at 0 keep the other pairs below their factors.
 */
const pairs: { name: string; phases: string; severity?: "critical" | "warning" }[] = [
  // 7.08 and 6.38 over 1 h; the hours at 0 keep 6 h below 2.8. Just above, the first half of the window
  // has the higher rates, so that a shorter window would not fire.
  {
    name: "1 h just above",
    phases: "13h at 0, 35m at 9.5, 20m at 3, 10m at 8",
    severity: "critical",
  },
  { name: "1 h just below", phases: "13h at 0, 1h at 5.6, 15m at 8.736" },
  { name: "5 min just above", phases: "13h at 0, 45m at 13.44, 15m at 7.06", severity: "critical" },
  { name: "5 min just below", phases: "13h at 0, 45m at 13.44, 15m at 6.38" },
  { name: "5 min alone", phases: "13h at 0, 15m at 13.44" },
  { name: "1 h alone", phases: "13h at 0, 45m at 13.44, 10m at 0" },
  // 5.25 h at 3.36 are 2.94 over 6 h; 4.75 h are 2.66.
  { name: "6 h just above", phases: "15h at 0, 315m at 3.36", severity: "critical" },
  { name: "6 h just below", phases: "15h at 0, 285m at 3.36" },
  {
    name: "30 min just above",
    phases: "18h at 0, 5h at 3.8, 30m at 4.2, 15m at 1.68",
    severity: "critical",
  },
  { name: "30 min just below", phases: "15h at 0, 5h at 3.8, 45m at 2.66" },
  { name: "30 min alone", phases: "15h at 0, 1h at 5" },
  { name: "6 h alone", phases: "15h at 0, 5h at 3.8, 45m at 0" },
  // The hours at 0 keep 6 h below 1; otherwise the slowest pair would warn.
  {
    name: "1 d just above",
    phases: "8h at 0, 18h at 1.7267, 210m at 0, 150m at 1.68",
    severity: "warning",
  },
  { name: "1 d just below", phases: "8h at 0, 18h at 1.54, 210m at 0, 150m at 1.68" },
  {
    name: "2 h just above",
    phases: "8h at 0, 18h at 2, 210m at 0, 90m at 1.9, 1h at 1.04",
    severity: "warning",
  },
  { name: "2 h just below", phases: "8h at 0, 18h at 2, 210m at 0, 150m at 1.33" },
  { name: "2 h alone", phases: "24h at 0, 150m at 2" },
  { name: "1 d alone", phases: "8h at 0, 18h at 2, 6h at 0" },
  // 1.06 over 3 d; 65.5 h at 0.925 and 6.5 h at 1.2 are 0.95.
  {
    name: "3 d just above",
    phases: "12h at 0, 36h at 1.3, 1770m at 0.75, 390m at 1.1",
    severity: "warning",
  },
  { name: "3 d just below", phases: "12h at 0, 3930m at 0.925, 390m at 1.2" },
  { name: "6 h just above, for 3 d", phases: "12h at 1.3, 390m at 1.05", severity: "warning" },
  { name: "6 h just below, for 3 d", phases: "12h at 1.3, 390m at 0.95" },
];

function parsePhases(phases: string): Phase[] {
  return phases.split(", ").map((phase) => {
    const [, count = "", unit = "", burnRate = ""] = /^(\d+)([hm]) at ([\d.]+)$/.exec(phase) ?? [];
    return { minutes: Number(count) * (unit === "h" ? 60 : 1), burnRate: Number(burnRate) };
  });
}

const service = "inventory-service";
const labels = `namespace="ticketing", service="${service}"`;
const requestsPerSecond = 10;

/** A counter with a share of the requests that depends on the burn rate, in promtool's notation. */
function requestCounter(
  metric: string,
  label: string,
  phases: Phase[],
  shareAt: (burnRate: number) => number,
): Series {
  let total = 0;
  const values = phases.map(({ minutes, burnRate }, index) => {
    const step = Number((requestsPerSecond * shareAt(burnRate) * 60).toFixed(6));
    // The first phase includes the sample at minute 0.
    const start = index === 0 ? 0 : total + step;
    const steps = index === 0 ? minutes : minutes - 1;
    total += step * minutes;
    return `${Number(start.toFixed(6))}+${step}x${steps}`;
  });
  return { series: `${metric}{${labels}, ${label}}`, values: values.join(" ") };
}

const kinds = {
  availability: {
    alert: "AvailabilityBudgetBurn",
    series: (phases: Phase[]) => [
      requestCounter("http_requests_total", 'status="200"', phases, (rate) => 1 - 0.001 * rate),
      requestCounter("http_requests_total", 'status="503"', phases, (rate) => 0.001 * rate),
    ],
  },
  latency: {
    alert: "LatencyBudgetBurn",
    series: (phases: Phase[]) =>
      ["0.25", "1", "+Inf"].map((le) =>
        requestCounter("http_request_duration_seconds_bucket", `le="${le}"`, phases, (rate) =>
          le === "0.25" ? 1 - 0.01 * rate : 1,
        ),
      ),
  },
};
export type BudgetKind = keyof typeof kinds;

/** Scenarios of every pair of windows. */
export function pairScenarios(kind: BudgetKind): Scenario[] {
  const { alert, series } = kinds[kind];
  return pairs.map(({ name, phases: text, severity }) => {
    const phases = parsePhases(text);
    return {
      name: `${alert}: ${name}`,
      interval: "1m",
      input_series: series(phases),
      alert_rule_test: [
        {
          eval_time: `${phases.reduce((sum, { minutes }) => sum + minutes, 0)}m`,
          alertname: alert,
          exp_alerts:
            severity === undefined
              ? []
              : [{ exp_labels: { severity, namespace: "ticketing", service } }],
        },
      ],
    };
  });
}

/**
 * The remaining budget of a 30-day window. From the table in the SRE workbook: a burn rate of 14.4 for
 * an hour spends 2% of the budget, 6 for six hours spends 5%, and 3 for a day spends 10%.
 */
export function remainingScenario(kind: BudgetKind): Scenario {
  const phases = parsePhases(
    "720h at 0, 1h at 14.4, 11h at 0, 6h at 6, 18h at 0, 24h at 3, 24h at 0",
  );
  const expected: [hours: number, ratio: number][] = [
    [0, 1],
    [12, 0.98],
    [36, 0.93],
    [84, 0.83],
  ];
  return {
    name: `${kinds[kind].alert}: remaining budget`,
    interval: "1m",
    input_series: kinds[kind].series(phases),
    alert_rule_test: [],
    promql_expr_test: expected.map(([hours, value]) => ({
      expr: `round(namespace_service:slo_${kind}_error_budget:remaining_ratio{namespace="ticketing"}, 0.001)`,
      eval_time: `${720 + hours}h`,
      exp_samples: [{ labels: `{${labels}}`, value }],
    })),
  };
}

/** Requests that arrive one by one: `failing` lists the phases in which each request fails. */
function lowTrafficScenario(
  name: string,
  secondsPerRequest: number,
  failing: [fromMinute: number, toMinute: number][],
  checks: [minute: number, isFiring: boolean][],
): Scenario {
  const totals = { ok: [0], failed: [0] };
  const end = Math.max(...checks.map(([minute]) => minute));
  let requests = 0;
  let failed = 0;
  for (let minute = 1; minute <= end; minute += 1) {
    const arrived = Math.floor((minute * 60) / secondsPerRequest) - requests;
    requests += arrived;
    if (failing.some(([from, to]) => minute > from && minute <= to)) failed += arrived;
    totals.failed.push(failed);
    totals.ok.push(requests - failed);
  }
  return {
    name: `AvailabilityBudgetBurn: ${name}`,
    interval: "1m",
    input_series: [
      { series: `http_requests_total{${labels}, status="200"}`, values: totals.ok.join(" ") },
      { series: `http_requests_total{${labels}, status="503"}`, values: totals.failed.join(" ") },
    ],
    alert_rule_test: checks.map(([minute, isFiring]) => ({
      eval_time: `${minute}m`,
      alertname: "AvailabilityBudgetBurn",
      exp_alerts: isFiring
        ? [{ exp_labels: { severity: "critical", namespace: "ticketing", service } }]
        : [],
    })),
  };
}

/** A page ends with its errors. Below the minimum rate, failures must be more than chance explains. */
export const lowTrafficBudgetScenarios: Scenario[] = [
  lowTrafficScenario(
    "the page of an outage of ten minutes resolves after the outage",
    0.1,
    [[600, 610]],
    [
      [600, false],
      [606, true],
      [610, true],
      ...[613, 614].map((minute): [number, boolean] => [minute, false]),
    ],
  ),
  lowTrafficScenario(
    "an outage at 0.1 requests per second fires",
    10,
    [[600, 700]],
    [
      [600, false],
      [640, true],
    ],
  ),
  lowTrafficScenario(
    "one failed request at 0.01 requests per second does not fire",
    100,
    [[600, 602]],
    [605, 607, 610, 620, 630].map((minute): [number, boolean] => [minute, false]),
  ),
  lowTrafficScenario(
    "one client that retries at night does not fire",
    4,
    [[600, 601]],
    [603, 605, 607, 610, 620, 630].map((minute): [number, boolean] => [minute, false]),
  ),
];
