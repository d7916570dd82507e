import { helmChart } from "./helm";
import recordedAlerts from "../shared/kubePrometheusStackAlerts.json";
import { at } from "./plain";
import { Resource } from "./resource";

/** Alerts in one rule file of kube-prometheus-stack. */
interface ChartAlerts {
  /** Key of `defaultRules.rules` that enables the alerts. */
  group: string;
  /** Component that must also be enabled for these alerts to exist. */
  component?: string;
  alerts: string[];
}

/** Names recorded from kube-prometheus-stack 88.5.3; the chart itself contains the rules. */
const chartAlerts: ChartAlerts[] = recordedAlerts;

/**
 * Returns the names of the alerts that a kube-prometheus-stack release creates, except alerts that its
 * values disable. Where a value is unknown, the chart's default applies.
 */
export function chartAlertsOf(resource: Resource): Set<string> {
  const chart = helmChart(resource);
  if (chart?.chart !== "kube-prometheus-stack") return new Set();
  const { values } = chart;
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
