import { helmChart, isTruthy } from "./helm";
import recordedAlerts from "../shared/kubePrometheusStackAlerts.json";
import { UNKNOWN, at, listAt } from "./plain";
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

/** Labels of the chart's alert that always fires, so that its absence reveals a failure. */
export const watchdog = { alertname: "Watchdog", severity: "none" };

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
  const disabled = at(values, "defaultRules", "disabled");
  const isDisabledAlert = (alert: string): boolean => {
    const value = at(disabled, alert);
    // Older versions of the chart accept a list of disabled alerts.
    return (value !== UNKNOWN && isTruthy(value)) || listAt(disabled).includes(alert);
  };
  if (isDisabled("defaultRules", "create")) return new Set();
  return new Set(
    chartAlerts
      .filter(({ group }) => !isDisabled("defaultRules", "rules", group))
      .filter(({ component }) => component === undefined || !isDisabled(component, "enabled"))
      .flatMap(({ alerts }) => alerts)
      .filter((alert) => !isDisabledAlert(alert)),
  );
}
