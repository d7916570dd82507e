import { helmChart } from "./helm";
import { chartAlerts } from "./kubePrometheusStackAlerts";
import { UNKNOWN, at } from "./plain";
import { Resource } from "./resource";

/**
 * Names of the alerts that a release of kube-prometheus-stack creates, without those that its values
 * disable. Unknown values count as the default of the chart.
 */
export function chartAlertsOf(resource: Resource): Set<string> {
  const found = helmChart(resource);
  if (found?.chart !== "kube-prometheus-stack") return new Set();
  const { values } = found;
  const isOff = (...path: string[]): boolean => {
    const value = values === UNKNOWN ? undefined : at(values, ...path);
    return value === false || value === null;
  };
  if (isOff("defaultRules", "create")) return new Set();
  return new Set(
    chartAlerts
      .filter(({ group }) => !isOff("defaultRules", "rules", group))
      .filter(({ component }) => component === undefined || !isOff(component, "enabled"))
      .flatMap(({ alerts }) => alerts)
      .filter((alert) => at(values, "defaultRules", "disabled", alert) !== true),
  );
}
