import { Scope, formatNumber, serviceMatchers } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { inPodScope } from "../services/podScope";
import { MonitoredServicesSettings } from "../services/settings";
import { ThresholdName, thresholdVariants } from "../services/thresholdVariants";
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
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  factor: number,
): Query[] {
  return threshold(settings, name, factor, (scope) => {
    const matchers = serviceMatchers(settings.namespace, scope, ['namespace="$namespace"', 'service="$service"']);
    return `group by (service) (up{${matchers}})`;
  });
}

/** The threshold of an alert on the selected pods, as constant lines. */
export function podThreshold(
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  factor: number,
): Query[] {
  const info = `kube_pod_info{namespace="${settings.namespace}", namespace="$namespace", pod=~"$pod"}`;
  return threshold(
    settings,
    name,
    factor,
    (scope) => `group by (namespace) (${inPodScope(settings.namespace, scope, info)})`,
  );
}

/** Services with different thresholds are separate operands, of which only the selected have series. */
function threshold(
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  factor: number,
  selected: (scope: Scope) => string,
): Query[] {
  const operands = thresholdVariants(settings, name, Severity.Critical).map(
    (variant) => `0 * ${selected(variant.scope)} + ${formatNumber(variant.threshold * factor)}`,
  );
  return operands.length === 0 ? [] : [query(operands.join("\nor\n"), thresholdLegend)];
}

/** Matchers of the settings for the metrics of containers, or of kube-state-metrics. */
export function withSelector(matchers: string, selector = ""): string {
  return selector === "" ? matchers : `${matchers}, ${selector}`;
}
