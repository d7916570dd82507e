import { alertNames } from "../alerting/alertNames";
import { crashLoop } from "../alerting/crashLoop";
import { labels, value } from "../alerting/annotations";
import { formatNumber } from "../alerting/promql";
import { withThreshold } from "../alerting/ruleThresholds";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";
import { collectorMetrics } from "../logs/collectorMetrics";

/** Options of the alerts on the monitoring stack itself. */
export interface PlatformAlertOptions {
  /** Namespace of Prometheus, Alertmanager and Loki. */
  namespace: string;
  /** Whether Loki is deployed. */
  loki: boolean;
  releaseName: string;
  /** Whether this stack deploys kube-state-metrics, and alerts on the cluster's volumes. */
  clusterMonitoring: boolean;
}

/** Chart alerts that this library replaces. With both, a single fault would cause two notifications. */
export const replacedChartAlerts = [
  "PrometheusRuleFailures",
  "PrometheusNotIngestingSamples",
  "PrometheusTSDBCompactionsFailing",
  "AlertmanagerFailedToSendAlerts",
  "AlertmanagerClusterFailedToSendAlerts",
  "KubePersistentVolumeFillingUp",
  "CPUThrottlingHigh",
];

/** Returns alerts on the monitoring stack: Prometheus, Alertmanager, Loki and volumes. */
export function platformAlerts(options: PlatformAlertOptions): AlertGroup[] {
  const { namespace, loki, releaseName, clusterMonitoring } = options;
  const jobs = [...(clusterMonitoring ? ["kube-state-metrics"] : []), ...(loki ? ["loki"] : [])];
  const down = [
    ...targetsDown(namespace, jobs, `(?:${releaseName}-)?`),
    ...(clusterMonitoring ? [withoutContainerMetrics(namespace)] : []),
  ];
  return [
    { name: `${namespace}.prometheus`, rules: prometheusAlerts(namespace) },
    { name: `${namespace}.targets`, rules: down.length > 0 ? [monitoringDown(down)] : [] },
    // Evaluated less often, because these rules read 30 minutes of data from every target in the
    // cluster.
    {
      name: `${namespace}.scrapes`,
      intervalSeconds: 120,
      rules: [scrapesFailing, samplesNearLimit],
    },
    { name: `${namespace}.health`, rules: clusterMonitoring ? [podFailing(namespace)] : [] },
    { name: `${namespace}.volumes`, rules: clusterMonitoring ? volumeAlerts() : [] },
    { name: `${namespace}.loki`, rules: loki ? lokiAlerts(namespace) : [] },
  ].filter(({ rules }) => rules.length > 0);
}

/**
 * Returns alerts for an existing Prometheus: alerts on missing pod metrics, which have `namespace` as
 * their namespace label, and alerts on Loki if it is deployed.
 */
export function alertsWithExistingPrometheus(
  namespace: string,
  lokiNamespace: string | undefined,
): AlertGroup[] {
  const ofLoki = lokiNamespace === undefined ? [] : targetsDown(lokiNamespace, ["loki"], "");
  const absent = (metrics: string, job: string) =>
    withJob(namespace, job, `0 * absent(${metrics})`);
  const down = [
    ...ofLoki,
    // Matches any ServiceMonitor name, because the name depends on the release.
    absent('up{job=~"(.+/)?kube-state-metrics"} == 1', "kube-state-metrics"),
    absent("container_memory_working_set_bytes", "cadvisor"),
  ];
  return [
    { name: `${namespace}.targets`, rules: [monitoringDown(down)] },
    ...(lokiNamespace === undefined
      ? []
      : [{ name: `${lokiNamespace}.loki`, rules: lokiAlerts(lokiNamespace) }]),
  ];
}

function prometheusAlerts(namespace: string): AlertRule[] {
  const inNamespace = `{namespace="${namespace}"}`;
  const pod = `${labels.pod} in ${labels.namespace}`;
  const integration = "{{ $labels.integration }}";
  // A configuration reload cancels notifications, and the new configuration sends them again.
  const failures = (extraMatcher = "") =>
    `sum by (namespace, integration) (increase(alertmanager_notifications_failed_total{namespace="${namespace}", reason!="contextCanceled"${extraMatcher}}[15m]))`;
  return [
    withThreshold("PrometheusRuleFailures", (threshold) => ({
      expr: `sum by (namespace, pod) (increase(prometheus_rule_evaluation_failures_total${inNamespace}[5m])) >= ${threshold}`,
      forMinutes: 15,
      severity: Severity.Critical,
      summary: `${labels.pod}: rule evaluations are failing`,
      description: `${pod} failed ${value.number} rule evaluations in the last 5 minutes (threshold: ${threshold}). Affected alerts cannot fire.`,
    })),
    {
      alert: "PrometheusNotIngesting",
      expr: `sum by (namespace, pod) (rate(prometheus_tsdb_head_samples_appended_total${inNamespace}[5m])) == 0`,
      forMinutes: 10,
      severity: Severity.Critical,
      summary: `${labels.pod}: no samples are being ingested`,
      description: `${pod} ingested ${value.number} samples per second over the last 5 minutes. Alerts have no data to evaluate.`,
    },
    withThreshold("PrometheusCompactionsFailing", (threshold) => ({
      expr: `sum by (namespace, pod) (increase(prometheus_tsdb_compactions_failed_total${inNamespace}[3h])) >= ${threshold}`,
      forMinutes: 60,
      severity: Severity.Warning,
      summary: `${labels.pod}: block compactions are failing`,
      description: `${pod} failed ${value.number} compactions in the last 3 hours (threshold: ${threshold}). Its volume fills up, and queries slow down.`,
    })),
    withThreshold("NotificationsFailing", (threshold) => ({
      // Alertmanager does not retry a rate-limited notification before the next group interval, and
      // drops it if the alert resolves first. A single failure in 15 minutes is therefore enough to
      // fire, except for webhooks, whose heartbeat repeats every minute.
      expr: [
        `${failures()} >= ${threshold}`,
        `unless`,
        `${failures(', integration="webhook"')} < 1.5`,
      ].join("\n"),
      forMinutes: 1,
      severity: Severity.Critical,
      summary: `Alertmanager: notifications to ${integration} are failing`,
      description: `Alertmanager in ${labels.namespace} failed to send ${value.number} notifications to ${integration} in the last 15 minutes (threshold: ${threshold}): they were rejected or rate-limited, or the service was unreachable. Alerts may not reach the on-call engineer.`,
    })),
  ];
}

/**
 * Returns the alert on missing metrics. Without metrics from kube-state-metrics or Loki, alerts on pods
 * or on Loki cannot fire.
 */
function monitoringDown(conditions: string[]): AlertRule {
  return {
    alert: "MonitoringDown",
    expr: conditions.join("\nor\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    summary: "{{ $labels.job }}: no target is up",
    description: `${value.plain} targets of {{ $labels.job }} in ${labels.namespace} are up. Alerts that read its metrics cannot fire.`,
  };
}

/**
 * Returns conditions for jobs in a namespace that have no target, or no target that is up. `prefix` is a
 * pattern for the part of the ServiceMonitors' names before the job.
 */
function targetsDown(namespace: string, names: string[], prefix: string): string[] {
  if (names.length === 0) return [];
  const jobs = names.join("|");
  const pools = `serviceMonitor/${namespace}/${prefix}`;
  return [
    [
      `max by (namespace, job) (`,
      `  label_replace(up{namespace="${namespace}", job=~"(.+/)?(${jobs})"}, "job", "$1", "job", "(?:.+/)?(.+)")`,
      `) == 0`,
    ].join("\n"),
    // `up` disappears with the last target, but Prometheus keeps the scrape pool and its target count. A
    // single expression therefore detects every job without targets, whereas `absent` would need a
    // condition for each job.
    [
      `max by (namespace, job) (`,
      `  label_replace(`,
      `    label_replace(`,
      `      prometheus_target_scrape_pool_targets{scrape_job=~"${pools}(${jobs})/[0-9]+"},`,
      `      "job", "$1", "scrape_job", "${pools}(.+)/[0-9]+"`,
      `    ),`,
      `    "namespace", "${namespace}", "", ""`,
      `  )`,
      `) == 0`,
    ].join("\n"),
  ];
}

/** Returns the alert on monitoring pods that crash, or that are not ready on a ready node. */
function podFailing(namespace: string): AlertRule {
  const kubeState = (...matchers: string[]) =>
    `{${[`namespace="${namespace}"`, ...matchers].join(", ")}}`;
  const ready = `kube_pod_status_ready${kubeState('condition="true"')}`;
  const except = (expr: string) => `  unless on (namespace, pod) ${expr}`;
  return {
    alert: alertNames.monitoringPodFailing,
    expr: [
      crashLoop(kubeState),
      `or`,
      `max by (namespace, pod) (`,
      // Together with `for`, this is 15 minutes, as in the chart's KubePodNotReady, because startup can
      // be slow.
      `  (max_over_time(${ready}[10m]) == 0 and ${ready} offset 10m == 0)`,
      except(`(kube_pod_status_phase${kubeState('phase=~"Succeeded|Failed"')} == 1)`),
      // Excludes pods on nodes that are not ready, because agents run on every node, and other alerts
      // cover the node itself.
      except(
        `(kube_pod_info${kubeState()} and on (node) kube_node_status_condition{condition="Ready", status="true"} == 0)`,
      ),
      `)`,
    ].join("\n"),
    forMinutes: 5,
    keepFiringMinutes: 10,
    severity: Severity.Critical,
    summary: `${labels.pod}: a pod of the monitoring stack is failing`,
    description: `Pod ${labels.pod} in ${labels.namespace} is crash looping, or has not been ready for 15 minutes. Metrics, logs or notifications may be missing.`,
  };
}

/**
 * Returns the condition for missing container metrics. The kubelet exposes them at a separate endpoint,
 * which can fail on its own.
 */
function withoutContainerMetrics(namespace: string): string {
  return withJob(
    namespace,
    "cadvisor",
    `0 * max by (namespace) (up{job="kubelet"} == 1) unless on () container_memory_working_set_bytes{namespace="${namespace}"}`,
  );
}

/** Sets the labels `namespace` and `job` on the results of an expression. */
function withJob(namespace: string, job: string, expr: string): string {
  return [
    `label_replace(label_replace(`,
    `  ${expr},`,
    `  "namespace", "${namespace}", "", ""), "job", "${job}", "", ""`,
    `)`,
  ].join("\n");
}

/**
 * Counts how often a target stops responding. Other alerts tolerate individual failed scrapes, so this
 * alert fires if there are many.
 */
const scrapesFailing = withThreshold(alertNames.scrapesFailing, (times) => ({
  // Keeps the `service` label, so that ServiceDown inhibits this alert.
  expr: `max by (namespace, job, service) (resets(up[30m])) >= ${times}`,
  forMinutes: 5,
  // The count changes as failures from 30 minutes ago leave the window.
  keepFiringMinutes: 15,
  severity: Severity.Warning,
  summary: "{{ $labels.job }}: a target often fails to answer scrapes",
  description: `A target of {{ $labels.job }} in ${labels.namespace} stopped answering scrapes ${value.plain} times in the last 30 minutes (threshold: ${times}). Alerts that read its metrics may fire late or not at all.`,
}));

/** Fires before a scrape exceeds its sample limit, because Prometheus then rejects the whole scrape. */
const samplesNearLimit = withThreshold("SamplesNearLimit", (percent) => ({
  expr: [
    `max by (namespace, job, service) (`,
    `  scrape_samples_post_metric_relabeling / (scrape_sample_limit > 0)`,
    `) > ${formatNumber(percent / 100)}`,
  ].join("\n"),
  forMinutes: 15,
  severity: Severity.Warning,
  summary: `{{ $labels.job }}: a scrape has ${value.percentage} of the samples that it may have`,
  description: `A target of {{ $labels.job }} in ${labels.namespace} exposes ${value.percentage} of the samples that one scrape may have (threshold: ${percent}%). Above 100%, Prometheus rejects the whole scrape, and alerts that read its metrics cannot fire.`,
}));

function volumeAlerts(): AlertRule[] {
  const by = "max by (namespace, persistentvolumeclaim)";
  const usedRatio = (offset = "") =>
    `(1 - ${by} (kubelet_volume_stats_available_bytes${offset}) / (${by} (kubelet_volume_stats_capacity_bytes${offset}) > 0))`;
  // Same exclusions as in the chart's alert: read-only volumes, which stay full, and claims with a
  // label that excludes them.
  const unlessExcluded = [
    `kube_persistentvolumeclaim_access_mode{access_mode="ReadOnlyMany"} == 1`,
    `kube_persistentvolumeclaim_labels{label_excluded_from_alerts="true"} == 1`,
  ].map((excluded) => `unless on (namespace, persistentvolumeclaim) ${excluded}`);
  const fullAtRate = (window: string, seconds: string, offset = "") =>
    `${by} (predict_linear(kubelet_volume_stats_available_bytes[${window}]${offset}, ${seconds})) < 0`;
  const claim = "{{ $labels.persistentvolumeclaim }}";
  const texts = (threshold: string) => ({
    summary: `Volume ${claim}: ${value.percentage} of the space is used`,
    description: `${value.percentage} of the volume ${claim} in ${labels.namespace} is used (threshold: ${threshold}). When it is full, writes to it fail.`,
  });
  return [
    withThreshold("VolumeNearlyFull", (percent) => ({
      // A single rule, because a volume that fills quickly eventually meets both conditions. The offset
      // requires growth to last for 10 minutes, because a Prometheus compaction writes a large block
      // within minutes. The short window resolves the alert when growth stops. Forecasts start at the
      // time of evaluation.
      expr: [
        `(`,
        `  ${usedRatio()} > ${formatNumber(percent / 100)}`,
        `  or`,
        `  ${usedRatio()}`,
        `  and`,
        `  ${fullAtRate("5m", "3600")}`,
        `  and`,
        `  ${usedRatio(" offset 5m")} > 0.7`,
        `  and`,
        `  ${fullAtRate("20m", "3300", " offset 5m")}`,
        `)`,
        ...unlessExcluded,
      ].join("\n"),
      forMinutes: 5,
      severity: Severity.Critical,
      ...texts(`${percent}%, or 70% if it will be full within 1 hour at the current rate`),
    })),
    {
      alert: "VolumeNearlyFull",
      // Prometheus fills its volume to 85% by design, so only a growing volume is a problem.
      expr: [`${usedRatio()} > 0.85`, `and`, fullAtRate("6h", "4 * 86400"), ...unlessExcluded].join(
        "\n",
      ),
      forMinutes: 60,
      severity: Severity.Warning,
      ...texts("85%, and it will be full within 4 days at the current rate"),
    },
  ];
}

/** Counters for lines that Loki rejects, and for lines that the collector drops. */
const dropped = [
  "loki_discarded_samples_total",
  ...Object.values(collectorMetrics).map(({ prefix }) => `${prefix}_dropped_entries_total`),
];

function lokiAlerts(namespace: string): AlertRule[] {
  const inNamespace = `namespace="${namespace}"`;
  const requestRate = (extraMatcher = "") =>
    `sum by (namespace, route) (rate(loki_request_duration_seconds_count{${inNamespace}${extraMatcher}}[5m]))`;
  return [
    withThreshold("LokiRequestErrors", (threshold) => ({
      expr: `${requestRate(', status_code=~"5.."')}\n/\n(${requestRate()} > 0)\n> ${formatNumber(threshold / 100)}`,
      forMinutes: 15,
      severity: Severity.Critical,
      summary: `Loki: ${value.percentage} of requests to {{ $labels.route }} are failing`,
      description: `${value.percentage} of requests to the route {{ $labels.route }} of Loki in ${labels.namespace} failed over the last 5 minutes (threshold: ${threshold}%). Logs are lost, or queries fail.`,
    })),
    {
      alert: "LokiNotIngesting",
      // After startup, Loki exposes the counter only once it has received a line.
      expr: [
        `(`,
        `  sum by (namespace) (rate(loki_distributor_lines_received_total{${inNamespace}}[5m]))`,
        `  or`,
        `  0 * group by (namespace) (up{${inNamespace}, job=~"(.+/)?loki"} == 1)`,
        `) == 0`,
      ].join("\n"),
      forMinutes: 15,
      severity: Severity.Critical,
      summary: "Loki: no logs are arriving",
      description: `Loki in ${labels.namespace} received ${value.number} lines per second over the last 5 minutes: the collector is down, or Loki rejects its requests. Logs from this period may be lost.`,
    },
    withThreshold("LogLinesDropped", (threshold) => ({
      expr: [
        `sum by (namespace, reason) (`,
        dropped.map((metric) => `  rate(${metric}{${inNamespace}}[5m])`).join("\n  or\n"),
        `) > ${threshold}`,
      ].join("\n"),
      forMinutes: 15,
      severity: Severity.Warning,
      summary: `Loki: log lines are dropped ({{ $labels.reason }})`,
      description: `Loki or the collector in ${labels.namespace} dropped ${value.number} log lines per second over the last 5 minutes (threshold: ${threshold}), because of {{ $labels.reason }}. These lines are lost.`,
    })),
    withThreshold("LokiPanics", (threshold) => ({
      expr: `sum by (namespace, pod) (increase(loki_panic_total{${inNamespace}}[15m])) >= ${threshold}`,
      forMinutes: 2,
      severity: Severity.Warning,
      summary: `${labels.pod}: Loki panicked`,
      description: `Loki in ${labels.pod} in ${labels.namespace} panicked ${value.number} times in the last 15 minutes (threshold: ${threshold}). Requests that cause a panic fail.`,
    })),
    withThreshold("LokiCompactionNotRunning", (threshold) => ({
      // Until the first run, the timestamp is 0, so the three hours count from Loki's start.
      expr: [
        `time() - max by (namespace) (`,
        `  loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds{${inNamespace}} > 0`,
        `  or on (namespace, pod) process_start_time_seconds{${inNamespace}, container="loki"}`,
        `) > ${threshold} * 3600`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      summary: "Loki: index compaction is not running",
      description: `Loki in ${labels.namespace} has not compacted its index for ${value.duration} (threshold: ${threshold} hours). Loki does not delete old logs, and queries slow down.`,
    })),
  ];
}
