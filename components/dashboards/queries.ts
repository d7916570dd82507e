import { MetricKey, MetricNames } from "../../policies/shared/metricNames";
import { Scope, formatNumber, serviceMatchers } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { inPodScope } from "../services/podScope";
import { MonitoredServicesSettings } from "../services/settings";
import { ThresholdName, metricVariants, thresholdVariants } from "../services/thresholdVariants";
import { Query, query } from "./model";

/** Rate over a window that Grafana derives from the scrape interval and the width of the panel. */
export function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

export function sumRate(selector: string, by?: string): string {
  return `sum${by === undefined ? "" : ` by (${by})`} (${rate(selector)})`;
}

/** The quantiles of a histogram. */
export function quantiles(histogram: string, matchers: string, label: string): Query[] {
  return [0.5, 0.95, 0.99].map((quantile) =>
    query(
      `histogram_quantile(${quantile}, sum by (le) (${rate(`${histogram}_bucket{${matchers}}`)}))`,
      `${label} P${quantile * 100}`,
    ),
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
 * One or more queries for the names of these metrics. Services with different names are separate queries,
 * of which only those for the selected service have series.
 */
export function byMetricNames(
  all: MonitoredServicesSettings[],
  keys: MetricKey[],
  matchers: string,
  queriesOf: (metrics: MetricNames, matchers: string) => Query[],
): Query[] {
  const variants = all.flatMap((settings) =>
    metricVariants(settings, keys).map(({ metrics, scope }) => ({
      metrics,
      matchers: serviceMatchers(settings.namespace, scope, [matchers]),
    })),
  );
  const [first] = variants;
  if (first === undefined) return [];
  // One query covers all namespaces, whose names of metrics are the same.
  if (variants.length === all.length) return queriesOf(first.metrics, matchers);
  return variants.flatMap((variant) => queriesOf(variant.metrics, variant.matchers));
}

/** Names of metrics and selectors that apply to all services. */
export function metricsOf(all: MonitoredServicesSettings[]) {
  return all[0]?.alerts.metrics;
}

/** Matchers of the settings for the metrics of containers, or of kube-state-metrics. */
export function withSelector(matchers: string, selector = ""): string {
  return selector === "" ? matchers : `${matchers}, ${selector}`;
}
