import { MetricKey } from "../../policies/shared/metricNames";
import { Scope, formatNumber, serviceMatchers } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { Histogram, ServiceMetricNames, quantile } from "../services/histograms";
import { inPodScope } from "../services/podScope";
import { MonitoredServicesSettings } from "../services/settings";
import { ThresholdName, metricVariants, thresholdVariants } from "../services/thresholdVariants";
import { Query, query } from "./model";

/** A window that Grafana derives from the scrape interval and the width of the panel. */
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

/** The quantiles of a histogram. */
export function quantiles(histogram: Histogram, matchers: string, label: string): Query[] {
  return [0.5, 0.95, 0.99].map((level) =>
    query(quantile(level, histogram, matchers, rateInterval), `${label} P${level * 100}`),
  );
}

/** Mean of a histogram or summary. */
export function mean(metric: string, matchers: string, by: string): string {
  return `${sumRate(`${metric}_sum{${matchers}}`, by)} / ${sumRate(`${metric}_count{${matchers}}`, by)}`;
}

/** Legend of the line at the threshold of an alert. */
export const thresholdLegend = "alert threshold";

/** The threshold of an alert on the selected service, as a constant line. */
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

/** The threshold of an alert on the selected pods, as constant lines. */
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

/** Services with different thresholds are separate operands, of which only the selected have series. */
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
 * One or more queries for these metrics. Services that expose them differently are separate queries, of
 * which only those for the selected service have series.
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
  // One query covers all namespaces, whose metrics are the same.
  if (variants.length === all.length) return queriesOf(first.metrics, matchers);
  return variants.flatMap((variant) => queriesOf(variant.metrics, variant.matchers));
}

/** Names of metrics and selectors that apply to all services. */
export function metricsOf(all: MonitoredServicesSettings[]) {
  return all[0]?.alerts.metrics;
}

/** Adds the configured matchers for metrics from containers or kube-state-metrics. */
export function withSelector(matchers: string, selector = ""): string {
  return selector === "" ? matchers : `${matchers}, ${selector}`;
}
