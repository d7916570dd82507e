import { poolTargets } from "../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";

/** What the alerts on the monitoring itself depend on. */
export interface PlatformAlertOptions {
  /** Namespace of Prometheus, Alertmanager and Loki. */
  namespace: string;
  /** Loki is deployed, so that its silence means something. */
  loki: boolean;
}

/**
 * Alerts of the chart that ours replace. Theirs watch the same, in other words: both would be two
 * messages for one fault.
 */
export const replacedChartAlerts = [
  "PrometheusRuleFailures",
  "PrometheusNotIngestingSamples",
  "PrometheusTSDBCompactionsFailing",
  "AlertmanagerFailedToSendAlerts",
  "AlertmanagerClusterFailedToSendAlerts",
  "KubePersistentVolumeFillingUp",
  "CPUThrottlingHigh",
];

/** Alerts on what everything else relies on: Prometheus, Alertmanager, Loki and volumes. */
export function platformAlerts({ namespace, loki }: PlatformAlertOptions): AlertGroup[] {
  return [
    { name: `${namespace}.prometheus`, rules: prometheusAlerts(namespace) },
    { name: `${namespace}.targets`, rules: [monitoringDown(namespace, loki)] },
    { name: `${namespace}.volumes`, rules: volumeAlerts() },
    ...(loki ? [{ name: `${namespace}.loki`, rules: lokiAlerts(namespace) }] : []),
  ];
}

function prometheusAlerts(namespace: string): AlertRule[] {
  const own = `{namespace="${namespace}"}`;
  return [
    {
      alert: "PrometheusRuleFailures",
      expr: `sum by (namespace, pod) (increase(prometheus_rule_evaluation_failures_total${own}[5m])) > 0`,
      forMinutes: 15,
      severity: Severity.Critical,
      about: ["namespace", "pod"],
      summary: "{{ $labels.pod }} fails to evaluate rules",
      description:
        "{{ $labels.pod }} in {{ $labels.namespace }} failed {{ $value | humanize }} times in 5 minutes to evaluate a rule: some alerts cannot fire.",
    },
    {
      alert: "PrometheusNotIngesting",
      expr: `sum by (namespace, pod) (rate(prometheus_tsdb_head_samples_appended_total${own}[5m])) == 0`,
      forMinutes: 10,
      severity: Severity.Critical,
      about: ["namespace", "pod"],
      summary: "{{ $labels.pod }} stores no samples",
      description:
        "{{ $labels.pod }} in {{ $labels.namespace }} stored {{ $value | humanize }} samples a second over the last 5 minutes: alerts have nothing to go by.",
    },
    {
      alert: "PrometheusCompactionsFailing",
      expr: `sum by (namespace, pod) (increase(prometheus_tsdb_compactions_failed_total${own}[3h])) > 0`,
      forMinutes: 60,
      severity: Severity.Warning,
      about: ["namespace", "pod"],
      summary: "{{ $labels.pod }} fails to compact its blocks",
      description:
        "{{ $labels.pod }} in {{ $labels.namespace }} failed {{ $value | humanize }} compactions in 3 hours; its volume fills and queries slow down.",
    },
    {
      alert: "NotificationsFailing",
      // A notification that Slack limits is not tried again before the next round, and lost when the
      // alert ends first: a single one counts, and is told for as long as anybody may miss it.
      expr: `sum by (namespace, integration) (increase(alertmanager_notifications_failed_total${own}[15m])) > 0`,
      forMinutes: 1,
      severity: Severity.Critical,
      about: ["namespace", "integration"],
      summary: "Alerts do not reach {{ $labels.integration }}",
      description:
        "Alertmanager in {{ $labels.namespace }} failed {{ $value | humanize }} times in 15 minutes to notify {{ $labels.integration }}: refused, limited or unreachable.",
    },
  ];
}

/** What has no metrics any more cannot alert: neither Loki itself nor, with kube-state-metrics, pods. */
function monitoringDown(namespace: string, loki: boolean): AlertRule {
  const jobs = ["kube-state-metrics", ...(loki ? ["loki"] : [])].join("|");
  const targets = poolTargets(namespace, {
    label: "job",
    prefix: "(?:prometheus-)?",
    monitors: `(${jobs})/[0-9]+`,
  });
  return {
    alert: "MonitoringDown",
    expr: [
      `max by (namespace, job) (`,
      `  label_replace(up{namespace="${namespace}", job=~"(.+/)?(${jobs})"}, "job", "$1", "job", "(?:.+/)?(.+)")`,
      `) == 0`,
      `or`,
      `${targets} == 0`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    about: ["namespace", "job"],
    summary: "{{ $labels.job }} cannot be reached",
    description:
      "Prometheus reaches {{ $value }} pods of {{ $labels.job }} in {{ $labels.namespace }}: alerts that read its metrics cannot fire.",
  };
}

function volumeAlerts(): AlertRule[] {
  const by = "max by (namespace, persistentvolumeclaim)";
  const usedRatio = `(1 - ${by} (kubelet_volume_stats_available_bytes) / (${by} (kubelet_volume_stats_capacity_bytes) > 0))`;
  const about = ["namespace", "persistentvolumeclaim"];
  const summary = "Volume {{ $labels.persistentvolumeclaim }} is nearly full";
  const used =
    "{{ $value | humanizePercentage }} of the volume {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} are in use";
  return [
    {
      alert: "VolumeNearlyFull",
      expr: `${usedRatio} > 0.95`,
      forMinutes: 5,
      severity: Severity.Critical,
      about,
      summary,
      description: `${used} (threshold 95 %).`,
    },
    {
      alert: "VolumeNearlyFull",
      // Prometheus fills its volume to 85 % on purpose and stays there: only what grows is news.
      expr: [
        `${usedRatio} > 0.85`,
        `and`,
        `${by} (predict_linear(kubelet_volume_stats_available_bytes[6h], 4 * 86400)) < 0`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      about,
      summary,
      description: `${used} and it will be full within 4 days (threshold 85 %).`,
    },
  ];
}

function lokiAlerts(namespace: string): AlertRule[] {
  const own = `namespace="${namespace}"`;
  const requests = "loki_request_duration_seconds_count";
  return [
    {
      alert: "LokiRequestErrors",
      expr: [
        `sum by (namespace, route) (rate(${requests}{${own}, status_code=~"5.."}[5m]))`,
        `/`,
        `(sum by (namespace, route) (rate(${requests}{${own}}[5m])) > 0)`,
        `> 0.1`,
      ].join("\n"),
      forMinutes: 15,
      severity: Severity.Critical,
      about: ["namespace", "route"],
      summary: "Loki fails requests to {{ $labels.route }}",
      description:
        "{{ $value | humanizePercentage }} of the requests to {{ $labels.route }} of Loki in {{ $labels.namespace }} failed over the last 5 minutes (threshold 10 %).",
    },
    {
      alert: "LokiNotIngesting",
      expr: `sum by (namespace) (rate(loki_distributor_lines_received_total{${own}}[5m])) == 0`,
      forMinutes: 15,
      severity: Severity.Critical,
      about: ["namespace"],
      summary: "Loki receives no logs",
      description:
        "Loki in {{ $labels.namespace }} received {{ $value | humanize }} lines a second over the last 5 minutes: the collector is down or refused.",
    },
    {
      alert: "LokiCompactionNotRunning",
      // Zero until the first run; that one has three hours, like every other.
      expr: [
        `time() - max by (namespace) (`,
        `  loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds{${own}} > 0`,
        `  or on (namespace, pod) process_start_time_seconds{${own}, container="loki"}`,
        `) > 3 * 3600`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      about: ["namespace"],
      summary: "Loki does not compact its index",
      description:
        "The last compaction of Loki in {{ $labels.namespace }} was {{ $value | humanizeDuration }} ago: old logs are not deleted, and queries slow down.",
    },
  ];
}
