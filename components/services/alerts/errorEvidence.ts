import { formatNumber } from "../../alerting/promql";

/**
 * Bound above which failed requests are evidence of a problem. With a random background of 0.1%
 * failures, the number of failures among n requests has a Poisson distribution with mean m = 0.001 n.
 * For large n, it exceeds m + 4.75 sqrt(m) + 2 with a probability of about one in a million. For small
 * n, at least three failures are required.
 */
export const errorEvidence = {
  backgroundRatio: 0.001,
  deviations: 4.75,
  minimumFailures: 2,
} as const;

/**
 * Returns a condition that holds if the failure rate over a window exceeds what chance would explain.
 * All terms are rates per second: the bound above, divided by the window. The first comparison does not
 * change the result, but lets Prometheus skip the subtractions if there are no failures.
 */
export function exceedsChance(failed: string, requests: string, windowSeconds: number): string {
  const { backgroundRatio, deviations, minimumFailures } = errorEvidence;
  const perRoot = (deviations * Math.sqrt(backgroundRatio / windowSeconds)).toPrecision(3);
  const minimum = formatNumber(Number((minimumFailures / windowSeconds).toPrecision(3)));
  return `${positive(failed)} - ${backgroundRatio} * ${requests} - ${perRoot} * sqrt(${requests}) > ${minimum}`;
}

/** Names of the recorded rates for one protocol. */
export interface ErrorSeries {
  requests: string;
  failed: string;
  /** Rates between the last two scrapes. */
  requestsNow: string;
  failedNow: string;
  /** Ratios of failed requests over 5 and 30 minutes, recorded only while they are evidence. */
  shortErrorRatio: string;
  longErrorRatio: string;
}

/**
 * Returns the sum of the rates over a window's 5-minute slots. Each slot counts as at most two
 * failures, because retries from one client are not independent.
 */
export function atMostTwoPerSlot(failures: string, range: string): string {
  return `sum_over_time(clamp_max(${failures}, ${(2 / 300).toPrecision(3)})${range})`;
}

const positive = (rates: string) => `(${rates} > 0)`;
const quotient = (part: string, whole: string) => `${part} / ${positive(whole)}`;
const smaller = (left: string, right: string) => `(${left} < ${right} or ${right})`;
const sum = (rates: string, range: string) => `sum_over_time(${rates}${range})`;

type RecentSeries = Pick<ErrorSeries, "requestsNow" | "failedNow">;

/** Returns the failed requests and all requests of the last 2 minutes. */
function recentSums({ requestsNow, failedNow }: RecentSeries, inNamespace: string) {
  return [failedNow, requestsNow].map((rates) => sum(`${rates}{${inNamespace}}`, "[2m]")) as [
    failures: string,
    all: string,
  ];
}

/** Returns the ratio of failed requests over the last 2 minutes. */
export function recentErrorRatio(series: RecentSeries, inNamespace: string): string {
  return quotient(...recentSums(series, inNamespace));
}

/**
 * Returns the ratio of failed requests over 5 minutes, while it is evidence of an ongoing problem: the
 * ratio over the last 2 minutes must be at least half of it.
 */
export function shortProvenErrorRatio(
  { requests, failed, ...now }: ErrorSeries,
  inNamespace: string,
): string {
  const failures = `${failed}{${inNamespace}}`;
  const all = `${requests}{${inNamespace}}`;
  const [recentFailures, allRecent] = recentSums(now, inNamespace);
  return [
    // Services without failures are excluded first, because Prometheus evaluates this rule every 30
    // seconds for all services.
    smaller(
      quotient(positive(failures), all),
      `${quotient(positive(recentFailures), allRecent)} * 2`,
    ),
    `and`,
    exceedsChance(failures, all, 300),
  ].join("\n");
}

/**
 * Returns the ratio of failed requests over 5 or 30 minutes, whichever is greater, while it is evidence
 * of an ongoing problem. Above the minimum rate, 5 minutes is enough. Below it, 2 minutes without a
 * failure may be chance, and must not hide the failures of the last 30 minutes.
 */
export function provenErrorRatio(
  { requests, shortErrorRatio, longErrorRatio }: ErrorSeries,
  matchers: string,
  inNamespace: string,
  minimumPerSecond: number,
): string {
  const short = `${shortErrorRatio}{${matchers}}`;
  const enough = `${requests}{${inNamespace}} > ${formatNumber(minimumPerSecond)}`;
  const long = `${longErrorRatio}{${matchers}}`;
  return [`${short} > ${long}`, `(${long} unless ${enough})`, short].join("\nor\n");
}

/**
 * Returns the ratio of failed requests over 30 minutes, while it is evidence of an ongoing problem: in
 * one of the last three 5-minute slots, the ratio must be at least half of it. If none of these slots
 * has requests, only the 30-minute ratio counts.
 */
export function longProvenErrorRatio(
  { requests, failed }: ErrorSeries,
  inNamespace: string,
): string {
  const failures = `${failed}{${inNamespace}}`;
  const all = `${requests}{${inNamespace}}`;
  const slots = "[30m:5m]";
  const recent = `max_over_time((${quotient(failures, all)})[15m:5m])`;
  return [
    smaller(`${recent} * 2`, quotient(sum(failures, slots), sum(all, slots))),
    `and`,
    exceedsChance(`${atMostTwoPerSlot(failures, slots)} / 6`, `${sum(all, slots)} / 6`, 1800),
  ].join("\n");
}
