import { Scenario } from "./scenarios";

/** So many minutes at so many times the pace that a budget allows. */
interface Phase {
  minutes: number;
  burn: number;
}

/** What is expected when the last phase ends. */
type Told = "critical" | "warning";

/**
 * Each pair of windows by itself, just above and just below its factor in one of its windows while
 * the other window is well above it: long alone and short alone say nothing. Factors for 14 days,
 * from the SRE workbook's parts of the budget: 2 % of 336 h in 1 h is 6.72, 5 % in 6 h is 2.8, 10 % in
 * 24 h is 1.4; for 72 h it would be less than 1, where it stays. What is quiet before keeps the other
 * pairs out of it.
 */
const pairs: { what: string; phases: string; told?: Told }[] = [
  // 7.08 over 1 h, and 6.38; the quiet hours keep 6 h below 2.8. Where it is just above, the first
  // half of the window has more, so that a shorter window would not do.
  { what: "1 h just above", phases: "13h at 0, 35m at 9.5, 20m at 3, 10m at 8", told: "critical" },
  { what: "1 h just below", phases: "13h at 0, 1h at 5.6, 15m at 8.736" },
  { what: "5 min just above", phases: "13h at 0, 45m at 13.44, 15m at 7.06", told: "critical" },
  { what: "5 min just below", phases: "13h at 0, 45m at 13.44, 15m at 6.38" },
  { what: "5 min alone", phases: "13h at 0, 15m at 13.44" },
  { what: "1 h alone", phases: "13h at 0, 45m at 13.44, 10m at 0" },
  // 5.25 h at 3.36 are 2.94 over 6 h, 4.75 h 2.66.
  { what: "6 h just above", phases: "15h at 0, 315m at 3.36", told: "critical" },
  { what: "6 h just below", phases: "15h at 0, 285m at 3.36" },
  {
    what: "30 min just above",
    phases: "18h at 0, 5h at 3.8, 30m at 4.2, 15m at 1.68",
    told: "critical",
  },
  { what: "30 min just below", phases: "15h at 0, 5h at 3.8, 45m at 2.66" },
  { what: "30 min alone", phases: "15h at 0, 1h at 5" },
  { what: "6 h alone", phases: "15h at 0, 5h at 3.8, 45m at 0" },
  // The quiet hours in between keep 6 h below 1, or the slowest pair would warn.
  {
    what: "1 d just above",
    phases: "8h at 0, 18h at 1.7267, 210m at 0, 150m at 1.68",
    told: "warning",
  },
  { what: "1 d just below", phases: "8h at 0, 18h at 1.54, 210m at 0, 150m at 1.68" },
  {
    what: "2 h just above",
    phases: "8h at 0, 18h at 2, 210m at 0, 90m at 1.9, 1h at 1.04",
    told: "warning",
  },
  { what: "2 h just below", phases: "8h at 0, 18h at 2, 210m at 0, 150m at 1.33" },
  { what: "2 h alone", phases: "24h at 0, 150m at 2" },
  { what: "1 d alone", phases: "8h at 0, 18h at 2, 6h at 0" },
  // 1.06 over 3 d; 65.5 h at 0.925 and 6.5 h at 1.2 are 0.95.
  {
    what: "3 d just above",
    phases: "12h at 0, 36h at 1.3, 1770m at 0.75, 390m at 1.1",
    told: "warning",
  },
  { what: "3 d just below", phases: "12h at 0, 3930m at 0.925, 390m at 1.2" },
  { what: "6 h just above, for 3 d", phases: "12h at 1.3, 390m at 1.05", told: "warning" },
  { what: "6 h just below, for 3 d", phases: "12h at 1.3, 390m at 0.95" },
];

function read(phases: string): Phase[] {
  return phases.split(", ").map((phase) => {
    const [, long = "", unit = "", burn = ""] = /^(\d+)([hm]) at ([\d.]+)$/.exec(phase) ?? [];
    return { minutes: Number(long) * (unit === "h" ? 60 : 1), burn: Number(burn) };
  });
}

const service = "inventory-service";
const labels = `namespace="ticketing", service="${service}"`;
const requestsPerSecond = 10;

/** A counter that grows by `rateOf(burn)` a second, in promtool's own short form. */
function growing(series: string, phases: Phase[], rateOf: (burn: number) => number) {
  let total = 0;
  const values = phases.map(({ minutes, burn }, index) => {
    const step = Number((rateOf(burn) * 60).toFixed(6));
    // The first one has the sample at zero as well.
    const from = index === 0 ? 0 : total + step;
    const more = index === 0 ? minutes : minutes - 1;
    total += step * minutes;
    return `${Number(from.toFixed(6))}+${step}x${more}`;
  });
  return { series, values: values.join(" ") };
}

const kinds = {
  availability: {
    alert: "AvailabilityBudgetBurn",
    series: (phases: Phase[]) =>
      [
        ["200", (burn: number) => 1 - 0.001 * burn] as const,
        ["503", (burn: number) => 0.001 * burn] as const,
      ].map(([status, part]) =>
        growing(
          `http_requests_total{${labels}, status="${status}"}`,
          phases,
          (burn) => requestsPerSecond * part(burn),
        ),
      ),
  },
  latency: {
    alert: "LatencyBudgetBurn",
    series: (phases: Phase[]) =>
      [
        ["0.25", (burn: number) => 1 - 0.01 * burn] as const,
        ["1", () => 1] as const,
        ["+Inf", () => 1] as const,
      ].map(([le, part]) =>
        growing(
          `http_request_duration_seconds_bucket{${labels}, le="${le}"}`,
          phases,
          (burn) => requestsPerSecond * part(burn),
        ),
      ),
  },
};
export type BudgetKind = keyof typeof kinds;

/** Scenarios of every pair of windows. */
export function pairScenarios(kind: BudgetKind): Scenario[] {
  const { alert, series } = kinds[kind];
  return pairs.map(({ what, phases, told }) => ({
    name: `${alert}: ${what}`,
    interval: "1m",
    input_series: series(read(phases)),
    alert_rule_test: [
      {
        eval_time: `${read(phases).reduce((sum, { minutes }) => sum + minutes, 0)}m`,
        alertname: alert,
        exp_alerts:
          told === undefined
            ? []
            : [{ exp_labels: { severity: told, namespace: "ticketing", service } }],
      },
    ],
  }));
}

/**
 * What is left of a budget of 30 days, from the workbook's table read backwards: 14.4 times too fast
 * for an hour uses up 2 % of it, 6 times for six hours 5 %, 3 times for a day 10 %.
 */
export function remainingScenario(kind: BudgetKind): Scenario {
  const phases = read("720h at 0, 1h at 14.4, 11h at 0, 6h at 6, 18h at 0, 24h at 3, 24h at 0");
  const left: [hours: number, ratio: number][] = [
    [0, 1],
    [12, 0.98],
    [36, 0.93],
    [84, 0.83],
  ];
  return {
    name: `${kinds[kind].alert}: what is left of the budget`,
    interval: "1m",
    input_series: kinds[kind].series(phases),
    alert_rule_test: [],
    promql_expr_test: left.map(([hours, value]) => ({
      expr: `round(namespace_service:slo_${kind}_error_budget:remaining_ratio{namespace="ticketing"}, 0.001)`,
      eval_time: `${720 + hours}h`,
      exp_samples: [{ labels: `{${labels}}`, value }],
    })),
  };
}
