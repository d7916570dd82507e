import { Severity } from "../alerting/rules";

/** Two windows in which a budget must burn too fast at once: the long one proves it, the short one
 * proves that it still does. */
export interface BurnRatePair {
  severity: Severity;
  long: string;
  short: string;
  /** How many times faster than allowed. */
  factor: number;
}

/** Parts of the budget that are gone when an alert fires, from the SRE workbook. */
const table = [
  { severity: Severity.Critical, budgetShare: 0.02, longHours: 1, long: "1h", short: "5m" },
  { severity: Severity.Critical, budgetShare: 0.05, longHours: 6, long: "6h", short: "30m" },
  { severity: Severity.Warning, budgetShare: 0.1, longHours: 24, long: "1d", short: "2h" },
  { severity: Severity.Warning, budgetShare: 0.1, longHours: 72, long: "3d", short: "6h" },
];

/** The pairs for a window of so many days; for 30 days, those of the workbook. */
export function burnRatePairs(windowDays: number): BurnRatePair[] {
  return table.map(({ severity, budgetShare, longHours, long, short }) => ({
    severity,
    long,
    short,
    // Below 1 the budget would outlast its window: nothing to tell anybody.
    factor: Math.max(1, Number(((budgetShare * windowDays * 24) / longHours).toPrecision(6))),
  }));
}

/**
 * All windows, and how each reads the 5-minute rates: a short one all of them, a long one one in
 * five minutes, which covers it without a gap at a tenth of the cost.
 */
export const windows = [
  { name: "5m", range: "" },
  { name: "30m", range: "[30m]" },
  { name: "1h", range: "[1h]" },
  { name: "2h", range: "[2h]" },
  { name: "6h", range: "[6h:5m]" },
  { name: "1d", range: "[1d:5m]" },
  { name: "3d", range: "[3d:5m]" },
] as const;

/** Days over which an objective is judged: what was asked for, or what the samples reach back to. */
export function sloWindowDays(
  { slo }: { slo?: { windowDays?: number | undefined } | undefined },
  { retentionDays }: { retentionDays: number },
): number {
  return slo?.windowDays ?? (retentionDays >= 30 ? 30 : Math.min(14, retentionDays));
}

/** The least objective, in percent, whose fastest alert can fire at all. */
export function lowestObjectivePercent(windowDays: number): number {
  const fastest = Math.max(...burnRatePairs(windowDays).map(({ factor }) => factor));
  return 100 * (1 - 1 / fastest);
}
