import { mapAt } from "../../policies/facts/plain";

/**
 * Whether a ConfigMap contains dashboards, judging by the label for Grafana's sidecar or by this
 * library's file names, because an existing Grafana may use a different label.
 */
export function isDashboard(configMap: unknown): boolean {
  return (
    "grafana_dashboard" in mapAt(configMap, "metadata", "labels") ||
    Object.keys(mapAt(configMap, "data")).some((file) => /^dashboard-.+\.json$/.test(file))
  );
}
