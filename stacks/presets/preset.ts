/** Per-environment overrides of component defaults, by part of the configuration. */
export interface Preset {
  networkPolicies: boolean;
  prometheus: Record<string, unknown>;
  alertmanager: Record<string, unknown>;
  loki: Record<string, unknown>;
  datadog: Record<string, unknown>;
}
