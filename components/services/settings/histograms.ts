import { MetricKey, MetricNames } from "../../../policies/shared/metricNames";
import { formatNumber, labelMatcher } from "../../alerting/promql";

/** Names of a service's metrics, and whether its latency histograms are native. */
export type ServiceMetricNames = MetricNames & { nativeHistograms: boolean };

/**
 * A latency histogram: classic, with one series for each bucket, or native, with all buckets in one
 * series.
 */
export interface Histogram {
  name: string;
  isNative: boolean;
}

const histogramKeys = [
  "httpDuration",
  "grpcDuration",
  "dynamodbDuration",
  "redisDuration",
] as const;
export type HistogramKey = (typeof histogramKeys)[number];

/** Histograms whose counts can replace a counter, as in OpenTelemetry. */
const timedRequests = { httpRequests: "httpDuration", grpcRequests: "grpcDuration" } as const;
export type RequestKey = keyof typeof timedRequests;

export function histogramOf(metrics: ServiceMetricNames, key: HistogramKey): Histogram {
  return { name: metrics[key], isNative: metrics.nativeHistograms };
}

/** Whether a metric is a native histogram, or the count of one, which is not a separate series. */
export function isNative(metrics: ServiceMetricNames, key: MetricKey): boolean {
  if (!metrics.nativeHistograms) return false;
  if (key === "httpRequests" || key === "grpcRequests") {
    return metrics[key] === `${metrics[timedRequests[key]]}_count`;
  }
  return histogramKeys.some((histogram) => histogram === key);
}

/** Returns the name of the series that contains requests. */
export function requestSeries(metrics: ServiceMetricNames, key: RequestKey): string {
  return isNative(metrics, key) ? metrics[timedRequests[key]] : metrics[key];
}

/** Returns the name of the series that contains a histogram's buckets. */
export function bucketSeries({ name, isNative }: Histogram): string {
  return isNative ? name : `${name}_bucket`;
}

/** Returns the request rate, from the counter or from the count of a native histogram. */
export function requestRate(
  metrics: ServiceMetricNames,
  key: RequestKey,
  matchers: string,
  range: string,
  rate: "rate" | "irate" = "rate",
): string {
  const calculation = `${rate}(${requestSeries(metrics, key)}{${matchers}}[${range}])`;
  return isNative(metrics, key) ? `histogram_count(${calculation})` : calculation;
}

/** Returns the rate of all observations of a histogram. */
export function observationRate(histogram: Histogram, matchers: string, range: string): string {
  const { name, isNative } = histogram;
  return isNative
    ? `histogram_count(rate(${name}{${matchers}}[${range}]))`
    : `rate(${name}_bucket{${matchers}, le="+Inf"}[${range}])`;
}

/** Returns a quantile over all observations, optionally by labels. */
export function quantile(
  level: number,
  histogram: Histogram,
  matchers: string,
  range: string,
  by: string[] = [],
): string {
  const labels = histogram.isNative ? by : [...by, "le"];
  const sum = labels.length === 0 ? "sum" : `sum by (${labels.join(", ")})`;
  const rate = `rate(${bucketSeries(histogram)}{${matchers}}[${range}])`;
  return `histogram_quantile(${level}, ${sum} (${rate}))`;
}

/**
 * Returns the rate of each service's observations above a bound. A single expression evaluates all of
 * its rates at the same time. Otherwise, a change in traffic would look like slow requests.
 */
export function slowRate(
  { name, isNative }: Histogram,
  matchers: string,
  range: string,
  boundSeconds: number,
): string {
  const rate = (selector: string) => `sum by (namespace, service) (rate(${selector}[${range}]))`;
  if (isNative) {
    const all = rate(`${name}{${matchers}}`);
    return [
      // The fraction of zero observations is NaN, and so is every sum that includes it.
      `(histogram_fraction(${formatNumber(boundSeconds)}, +Inf, ${all}) * histogram_count(${all}) >= 0)`,
      `or`,
      `histogram_count(${all})`,
    ].join("\n");
  }
  // Counts the requests above the bucket exactly, whereas a quantile would interpolate.
  const upTo = (leMatcher: string) => rate(`${name}_bucket{${matchers}, ${leMatcher}}`);
  return `${upTo('le="+Inf"')}\n- ${upTo(leMatcherFor(boundSeconds))}`;
}

/** Returns a matcher for a bucket boundary. Client libraries write a whole number as 1 or as 1.0. */
function leMatcherFor(seconds: number): string {
  const boundary = formatNumber(seconds);
  return labelMatcher("le", boundary.includes(".") ? [boundary] : [boundary, `${boundary}\\\\.0`]);
}
