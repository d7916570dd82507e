/** What an environment differs in from the defaults of the components, by part of the configuration. */
export interface Preset {
  prometheus: Record<string, unknown>;
  alertmanager: Record<string, unknown>;
  loki: Record<string, unknown>;
  datadog: Record<string, unknown>;
}
