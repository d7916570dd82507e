import { mapAt } from "../../policies/facts/plain";

/**
 * Whether a ConfigMap has dashboards: by the label of Grafana's sidecar, or by the names of the files of
 * this library, because an existing Grafana can have another label.
 */
export function isDashboard(configMap: unknown): boolean {
  return (
    "grafana_dashboard" in mapAt(configMap, "metadata", "labels") ||
    Object.keys(mapAt(configMap, "data")).some((file) => /^dashboard-.+\.json$/.test(file))
  );
}
