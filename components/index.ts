/** Everything that other teams import. */
export { DatadogAgent, type DatadogAgentArgs } from "./datadogAgent";
export {
  DatadogMonitors,
  type DatadogMonitorsArgs,
  type DatadogServiceMonitors,
} from "./datadogMonitors";
export { HostnameSource, NodeOs } from "./datadogOptions";
export { DatadogSite } from "./datadogSite";
export {
  datadogEnv,
  datadogExclusion,
  type DatadogExclusion,
  datadogLabels,
  type DatadogWorkload,
  openMetricsAnnotations,
  type OpenMetricsEndpoint,
} from "./datadogWorkload";
export {
  AwsIdentity,
  LogCollector,
  LokiMode,
  LokiStorage,
  Redaction,
  type RedactionPattern,
} from "./lokiOptions";
export { type LogAlertArgs, LokiStack, type LokiStackArgs } from "./lokiStack";
export {
  type AlertMetrics,
  type AlertThresholds,
  type MonitoredService,
  MonitoredServices,
  type MonitoredServicesArgs,
  type ServiceAlertArgs,
  type ServiceAlertOverrides,
  ServiceLanguage,
  type ServiceLevelObjective,
  type WarningThresholds,
} from "./monitoredServices";
export {
  type AlertmanagerArgs,
  type CommunityDashboard,
  type GrafanaArgs,
  PrometheusStack,
  type PrometheusStackArgs,
} from "./prometheusStack";
export { SizePreset } from "./sizePreset";
export {
  type QuietHours,
  SlackAlerting,
  type SlackAlertingArgs,
  type SlackChannels,
  type SlackRoute,
} from "./slackAlerting";
