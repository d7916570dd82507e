import { helmChart } from "./helm";
import recordedAlerts from "../shared/kubePrometheusStackAlerts.json";
import { at } from "./plain";
import { Resource } from "./resource";

/** The alerts in one rule file of kube-prometheus-stack. */
interface ChartAlerts {
  /** Key in `defaultRules.rules` that enables the alerts. */
  group: string;
  /** Component that must also be enabled. */
  component?: string;
  alerts: string[];
}

/** Recorded from kube-prometheus-stack 88.5.3; the rules themselves are in the chart. */
const chartAlerts: ChartAlerts[] = recordedAlerts;

/**
 * Names of the alerts that a release of kube-prometheus-stack creates, except those that its values
 * disable. Unknown values are treated as the chart's defaults.
 */
export function chartAlertsOf(resource: Resource): Set<string> {
  const found = helmChart(resource);
  if (found?.chart !== "kube-prometheus-stack") return new Set();
  const { values } = found;
  const isDisabled = (...path: string[]): boolean => {
    const value = at(values, ...path);
    return value === false || value === null;
  };
  if (isDisabled("defaultRules", "create")) return new Set();
  return new Set(
    chartAlerts
      .filter(({ group }) => !isDisabled("defaultRules", "rules", group))
      .filter(({ component }) => component === undefined || !isDisabled(component, "enabled"))
      .flatMap(({ alerts }) => alerts)
      .filter((alert) => at(values, "defaultRules", "disabled", alert) !== true),
  );
}
