import { MetricKey } from "../../policies/shared/metricNames";
import { Scope, formatNumber, serviceMatchers } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { Histogram, ServiceMetricNames, quantile } from "../services/settings/histograms";
import { inPodScope } from "../services/alerts/podScope";
import { MonitoredServicesSettings } from "../services/settings/settings";
import { ThresholdName, metricVariants, thresholdVariants } from "../services/alerts/thresholdVariants";
import { Query, query } from "./model";

/** Window that Grafana derives from the scrape interval and the panel's width. */
export const rateInterval = "$__rate_interval";

export function rate(selector: string): string {
  return `rate(${selector}[${rateInterval}])`;
}

export function sumRate(selector: string, by?: string): string {
  return sum(rate(selector), by);
}

export function sum(expr: string, by?: string): string {
  return `sum${by === undefined ? "" : ` by (${by})`} (${expr})`;
}

/** Returns queries for a histogram's P50, P95 and P99. */
export function quantiles(histogram: Histogram, matchers: string, label: string): Query[] {
  return [0.5, 0.95, 0.99].map((level) =>
    query(quantile(level, histogram, matchers, rateInterval), `${label} P${level * 100}`),
  );
}

/** Returns PromQL for the mean of a histogram or summary. */
export function mean(metric: string, matchers: string, by: string): string {
  return `${sumRate(`${metric}_sum{${matchers}}`, by)} / ${sumRate(`${metric}_count{${matchers}}`, by)}`;
}

/** Legend of the line that marks an alert's threshold. */
export const thresholdLegend = "alert threshold";

/** Returns a query that draws the alert threshold of the selected service as a constant line. */
export function serviceThreshold(
  all: MonitoredServicesSettings[],
  name: ThresholdName,
  factor: number,
): Query[] {
  return threshold(all, name, factor, (namespace, scope) => {
    const matchers = serviceMatchers(namespace, scope, ['namespace="$namespace"', 'service="$service"']);
    return `group by (service) (up{${matchers}})`;
  });
}

/** Returns a query that draws the alert thresholds of the selected pods as constant lines. */
export function podThreshold(
  all: MonitoredServicesSettings[],
  name: ThresholdName,
  factor: number,
): Query[] {
  return threshold(all, name, factor, (namespace, scope) => {
    const info = `kube_pod_info{namespace="${namespace}", namespace="$namespace", pod=~"$pod"}`;
    return `group by (namespace) (${inPodScope(namespace, scope, info)})`;
  });
}

/**
 * Joins one operand per threshold with `or`. Only the operand for the selected services returns series.
 */
function threshold(
  all: MonitoredServicesSettings[],
  name: ThresholdName,
  factor: number,
  selected: (namespace: string, scope: Scope) => string,
): Query[] {
  const operands = all.flatMap((settings) =>
    thresholdVariants(settings, name, Severity.Critical).map(
      ({ scope, threshold }) =>
        `0 * ${selected(settings.namespace, scope)} + ${formatNumber(threshold * factor)}`,
    ),
  );
  return operands.length === 0 ? [] : [query(operands.join("\nor\n"), thresholdLegend)];
}

/**
 * Returns one or more queries for these metrics. Services that expose the metrics differently get
 * separate queries, and only the query for the selected service returns series.
 */
export function byMetrics(
  all: MonitoredServicesSettings[],
  keys: MetricKey[],
  matchers: string,
  queriesOf: (metrics: ServiceMetricNames, matchers: string) => Query[],
): Query[] {
  const variants = all.flatMap((settings) =>
    metricVariants(settings, keys).map(({ metrics, scope }) => ({
      metrics,
      matchers: serviceMatchers(settings.namespace, scope, [matchers]),
    })),
  );
  const [first] = variants;
  if (first === undefined) return [];
  // The metrics are the same in all namespaces, so one query covers them.
  if (variants.length === all.length) return queriesOf(first.metrics, matchers);
  return variants.flatMap((variant) => queriesOf(variant.metrics, variant.matchers));
}

/** Returns the metric names and selectors that apply to all services. */
export function metricsOf(all: MonitoredServicesSettings[]) {
  return all[0]?.alerts.metrics;
}

/** Adds the configured matchers for container metrics or kube-state-metrics. */
export function withSelector(matchers: string, selector = ""): string {
  return selector === "" ? matchers : `${matchers}, ${selector}`;
}
