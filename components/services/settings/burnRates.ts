import { Severity } from "../../alerting/rules";

/**
 * A long and a short window. The alert fires if the error budget burns too fast in both windows. The
 * long window shows that the problem is significant, and the short window shows that it continues.
 */
export interface BurnRatePair {
  severity: Severity;
  long: string;
  longHours: number;
  short: string;
  /** Multiple of the sustainable burn rate. */
  factor: number;
}

/**
 * Window pairs from the SRE workbook. When an alert fires, the fraction `budgetShare` of the error
 * budget has been spent.
 */
const workbookPairs = [
  { severity: Severity.Critical, budgetShare: 0.02, longHours: 1, long: "1h", short: "5m" },
  { severity: Severity.Critical, budgetShare: 0.05, longHours: 6, long: "6h", short: "30m" },
  { severity: Severity.Warning, budgetShare: 0.1, longHours: 24, long: "1d", short: "2h" },
  { severity: Severity.Warning, budgetShare: 0.1, longHours: 72, long: "3d", short: "6h" },
];

/**
 * Returns the pairs for an SLO window of the given number of days. For 30 days, the factors match the
 * SRE workbook.
 */
export function burnRatePairs(windowDays: number): BurnRatePair[] {
  return workbookPairs.map(({ severity, budgetShare, longHours, long, short }) => ({
    severity,
    long,
    longHours,
    short,
    // At a burn rate below 1, the budget outlasts the SLO window, which is no reason to alert.
    factor: Math.max(1, Number(((budgetShare * windowDays * 24) / longHours).toPrecision(6))),
  }));
}

/**
 * All windows, each with the range over which it reads the 5-minute rates. A long window reads only one
 * rate per 5 minutes, which covers the window without gaps at a tenth of the cost.
 */
export const burnRateWindows = [
  { name: "5m", range: "" },
  { name: "30m", range: "[30m]" },
  { name: "1h", range: "[1h]" },
  { name: "2h", range: "[2h]" },
  { name: "6h", range: "[6h:5m]" },
  { name: "1d", range: "[1d:5m]" },
  { name: "3d", range: "[3d:5m]" },
] as const;

/**
 * Returns the number of days in an SLO window. The default is 30, or at most 14 if Prometheus retains
 * samples for less than 30 days.
 */
export function sloWindowDays(
  { slo }: { slo?: { windowDays?: number | undefined } | undefined },
  { retentionDays }: { retentionDays: number },
): number {
  return slo?.windowDays ?? (retentionDays >= 30 ? 30 : Math.min(14, retentionDays));
}

/** Returns the objective, in percent, above which the fastest burn rate alert can fire. */
export function lowestObjectivePercent(windowDays: number): number {
  const fastest = Math.max(...burnRatePairs(windowDays).map(({ factor }) => factor));
  return 100 * (1 - 1 / fastest);
}
