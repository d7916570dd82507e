/** Public API of the library. */
export { type AlertRuleSettings } from "./alerting/alertRuleSettings";
export { GrafanaDashboards, type GrafanaDashboardsArgs } from "./dashboards/grafanaDashboards";
export { DatadogAgent, type DatadogAgentArgs } from "./datadog/datadogAgent";
export {
  DatadogMonitors,
  type DatadogMonitorsArgs,
  type DatadogServiceMonitors,
} from "./datadog/monitors/datadogMonitors";
export { DatadogSite, HostnameSource, NodeOs } from "./datadog/options";
export {
  datadogEnv,
  datadogExclusion,
  type DatadogExclusion,
  datadogLabels,
  type DatadogWorkload,
  openMetricsAnnotations,
  type OpenMetricsEndpoint,
} from "./datadog/workload";
export { AwsIdentity, LokiMode, LokiStorage } from "./loki/options";
export { LogCollector, Redaction, type RedactionPattern } from "./logs/options";
export { type LogAlertArgs, LokiStack, type LokiStackArgs } from "./loki/lokiStack";
export {
  type AlertMetrics,
  type AlertThresholds,
  type MetricsAuthorization,
  type MetricsHttps,
  type MonitoredService,
  MonitoredServices,
  type MonitoredServicesArgs,
  type ServiceAlertArgs,
  type ServiceAlertOverrides,
  type SecretKeyReference,
  type ServiceLevelObjective,
  type WarningThresholds,
} from "./services/monitoredServices";
export { ServiceLanguage, WorkloadKind } from "./services/options";
export {
  type AlertmanagerArgs,
  type CommunityDashboard,
  type GrafanaArgs,
  PrometheusStack,
  type PrometheusStackArgs,
  type ScrapedMetrics,
} from "./prometheus/prometheusStack";
export { KeptMetrics } from "./prometheus/options";
export { type Toleration } from "./shared/placementArgs";
export { SizePreset } from "./shared/sizePreset";
export { ReceiverKind } from "./slack/receiverKinds";
export {
  type AlertReceiver,
  type QuietHours,
  SlackAlerting,
  type SlackAlertingArgs,
  type SlackChannels,
  type SlackRoute,
} from "./slack/slackAlerting";
