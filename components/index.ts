/**
 * The components, imported from `@ticketing/observability`.
 *
 * Create them in this order: SlackAlerting, PrometheusStack, then LokiStack, MonitoredServices and
 * GrafanaDashboards, each with `dependsOn: prometheus`. The documentation of an argument names the
 * output to pass to it, and `examples/everything` connects them all. DatadogAgent and DatadogMonitors
 * depend on no other component.
 *
 * The components require `@pulumi/pulumi`, `@pulumi/kubernetes` and `@pulumi/random`. LokiStack with
 * `s3` storage, PrometheusStack with `longTerm.kind: "amp"` and MonitoredServices with
 * `ampWorkspaceArn` also require `@pulumi/aws`.
 *
 * @module components
 */
export { type AlertRuleSettings } from "./alerting/alertRuleSettings";
export { GrafanaDashboards, type GrafanaDashboardsArgs } from "./dashboards/grafanaDashboards";
export { DatadogAgent, type DatadogAgentArgs } from "./datadog/datadogAgent";
export {
  DatadogMonitors,
  type DatadogMonitorsArgs,
  type DatadogServiceMonitors,
} from "./datadog/monitors/datadogMonitors";
export { DatadogSite, HostnameSource, NodeOs } from "./datadog/enums";
export {
  datadogEnv,
  datadogExclusion,
  type DatadogExclusion,
  datadogLabels,
  type DatadogWorkload,
  openMetricsAnnotations,
  type OpenMetricsEndpoint,
} from "./datadog/workload";
export { AwsIdentity, LokiMode, LokiStorage } from "./loki/enums";
export { LogCollector, Redaction } from "./logs/enums";
export type { RedactionPattern } from "./logs/redactionPattern";
export { type LogAlertArgs, LokiStack, type LokiStackArgs } from "./loki/lokiStack";
export {
  type AlertMetrics,
  type AlertThresholds,
  type Maintenance,
  type MetricsAuthorization,
  type MetricsHttps,
  type MonitoredService,
  MonitoredServices,
  type MonitoredServicesArgs,
  type ScrapeLimits,
  type ServiceAlertArgs,
  type ServiceAlertOverrides,
  type ServiceLevelObjective,
  type ServiceMetrics,
  type WarningThresholds,
} from "./services/monitoredServices";
export { MetricConvention, ServiceLanguage, WorkloadKind } from "./services/settings/enums";
export {
  type AlertmanagerArgs,
  type BasicAuthReference,
  type CommunityDashboard,
  type GrafanaArgs,
  type GrafanaGateway,
  type GrafanaIngress,
  type GrafanaSso,
  type LongTermStore,
  PrometheusStack,
  type PrometheusStackArgs,
  type ScrapedMetrics,
} from "./prometheus/prometheusStack";
export { KeptMetrics, LongTermKind, SsoProvider } from "./prometheus/enums";
export { type ChartArgs, type Toleration } from "./shared/chartArgs";
export { type SecretKeyReference } from "./secrets/secretKeyReference";
export { SizePreset } from "./shared/sizePreset";
export { ReceiverKind } from "./slack/receiverKinds";
export {
  type AlertReceiver,
  type QuietHours,
  type RepeatMinutes,
  SlackAlerting,
  type SlackAlertingArgs,
  type SlackChannels,
  type SlackRoute,
} from "./slack/slackAlerting";
