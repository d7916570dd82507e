import { alertNames } from "../../alerting/alertNames";
import { formatNumber } from "../../alerting/promql";
import { runbookUrl } from "../../alerting/rules";
import { ServiceSettings } from "../../services/settings/settings";
import { Thresholds } from "../../services/settings/thresholdSettings";
import { mustBeUp, thresholdsFor } from "../../services/alerts/thresholdVariants";
import { defined } from "../../shared/defined";
import { clusterTag } from "../tags";
import { DatadogMonitorsSettings } from "./settings";

/** Inputs of a `datadog:index/monitor:Monitor` resource. */
export interface DatadogMonitor {
  name: string;
  type: string;
  query: string;
  message: string;
  tags: string[];
  /** Priority from `1`, the most urgent, to `5`. */
  priority: string;
  monitorThresholds: { critical: string; warning?: string };
  /** Whether to wait for a full window of data, which a newly deployed service does not have yet. */
  requireFullWindow: boolean;
  includeTags: boolean;
  notifyNoData: boolean;
  /** Seconds to wait before evaluating a new pod. */
  newGroupDelay?: number | undefined;
  /** Seconds to delay the evaluation, for data that arrives late. */
  evaluationDelay?: number | undefined;
}

/** A signal from a service or from DynamoDB before it is converted to a monitor. */
interface Signal extends Pick<DatadogMonitor, "newGroupDelay" | "evaluationDelay"> {
  /** Name of the corresponding Prometheus alert, for the link to its runbook. */
  alert: string;
  /** Condition, which follows the subject in the monitor's name. */
  summary: string;
  description: string;
  /** Query without the comparison. */
  query: string;
  /** Default: `>`. */
  comparison?: ">=";
  threshold: number;
  warning?: number | undefined;
  /** Default: 2. */
  priority?: 3;
}

/** The subject of a monitor, and the recipients of its notifications. */
interface Subject {
  name: string;
  notify: string[];
  team: string | undefined;
  tags: string[];
}

/** Default operation of request spans, by language. */
const operations: Record<ServiceSettings["language"], string> = {
  go: "http.request",
  python: "fastapi.request",
  java: "servlet.request",
  node: "express.request",
  other: "http.request",
};

/** Returns the operation of a service's request spans. */
export function operationFor(
  { overrides }: DatadogMonitorsSettings,
  { name, language }: ServiceSettings,
): string {
  return overrides[name]?.operation ?? operations[language];
}

/**
 * Returns the monitors for each service and for DynamoDB, keyed by the last part of their resource
 * names.
 */
export function datadogMonitors(settings: DatadogMonitorsSettings): Record<string, DatadogMonitor> {
  const { notify, team } = settings;
  const serviceMonitors = settings.services.filter(mustBeUp).flatMap((service) => {
    const thresholds = thresholdsFor(settings, service);
    const signals = [
      ...requestSignals(settings, service, thresholds),
      ...podSignals(settings, service, thresholds),
    ];
    const overrides = settings.overrides[service.name];
    const subject = {
      name: service.name,
      notify: overrides?.notify ?? notify,
      team: overrides?.team ?? service.team ?? team,
      tags: [`service:${service.name}`],
    };
    return signals.map(
      (signal) => [`${service.name}-${signal.alert}`, monitor(settings, signal, subject)] as const,
    );
  });
  const throttling = throttlingSignal(settings);
  const dynamodb = { name: "DynamoDB", notify, team, tags: [] };
  return Object.fromEntries([
    ...serviceMonitors,
    [throttling.alert, monitor(settings, throttling, dynamodb)],
  ]);
}

function monitor(
  { environment, cluster, alerts }: DatadogMonitorsSettings,
  signal: Signal,
  subject: Subject,
): DatadogMonitor {
  const { threshold, warning, newGroupDelay, evaluationDelay } = signal;
  return {
    name: `[${environment}] ${subject.name}: ${signal.summary}`,
    type: "query alert",
    query: `${signal.query} ${signal.comparison ?? ">"} ${formatNumber(threshold)}`,
    message: [
      signal.description,
      ...(alerts.runbookBaseUrl === undefined
        ? []
        : [`Runbook: ${runbookUrl(alerts.runbookBaseUrl, signal.alert)}`]),
      subject.notify.join(" "),
    ].join("\n\n"),
    tags: [
      `env:${environment}`,
      `cluster:${cluster}`,
      ...subject.tags,
      ...(subject.team === undefined ? [] : [`team:${subject.team}`]),
    ],
    priority: `${signal.priority ?? 2}`,
    monitorThresholds: defined({
      critical: formatNumber(threshold),
      warning: warning === undefined ? undefined : formatNumber(warning),
    }),
    requireFullWindow: false,
    includeTags: true,
    notifyNoData: false,
    ...defined({ newGroupDelay, evaluationDelay }),
  };
}

/**
 * Returns signals from trace metrics, which cover all spans, including spans that Datadog does not
 * retain. A service that expects no requests has none of these signals.
 */
function requestSignals(
  settings: DatadogMonitorsSettings,
  service: ServiceSettings,
  { errorRatePercent, p99LatencyMs, warning }: Thresholds,
): Signal[] {
  if (service.alerts?.expectsRequests === false) return [];
  const scope = `{env:${settings.environment},service:${service.name}}`;
  const metric = `trace.${operationFor(settings, service)}`;
  return [
    {
      alert: alertNames.highErrorRate,
      summary: "too many requests are failing",
      description: `{{value}}% of requests to ${service.name} failed over the last 5 minutes (threshold: {{threshold}}%). Users see errors.`,
      query: `sum(last_5m):sum:${metric}.errors${scope}.as_count() / sum:${metric}.hits${scope}.as_count() * 100`,
      threshold: errorRatePercent,
      warning: warning.errorRatePercent,
    },
    {
      alert: alertNames.highLatencyP99,
      summary: "p99 latency is high",
      description: `The p99 latency of requests to ${service.name} was at least {{value}} s for 5 minutes (threshold: {{threshold}} s). Users wait for responses.`,
      // Taking the minimum over the window corresponds to the Prometheus alert's `for`.
      query: `min(last_5m):p99:${metric}${scope}`,
      threshold: p99LatencyMs / 1000,
      warning: warning.p99LatencyMs && warning.p99LatencyMs / 1000,
    },
  ];
}

function podSignals(
  settings: DatadogMonitorsSettings,
  { name }: ServiceSettings,
  { memoryPercent, cpuPercent, warning }: Thresholds,
): Signal[] {
  const scope = [
    clusterTag(settings.cluster),
    `kube_namespace:${settings.namespace}`,
    `service:${name}`,
  ].join(",");
  const byContainer = `{${scope}} by {pod_name,kube_container_name}`;
  const pod = `pod {{pod_name.name}} of ${name}`;
  const container = `Container {{kube_container_name.name}} of ${pod}`;
  const signals: Signal[] = [
    {
      alert: alertNames.podCrashLooping,
      summary: "a container is crash looping",
      description: `A container of ${pod} was in CrashLoopBackOff in the last 5 minutes: it crashes after every restart.`,
      query: `max(last_5m):default_zero(max:kubernetes_state.container.status_report.count.waiting{reason:crashloopbackoff,${scope}} by {pod_name})`,
      comparison: ">=",
      threshold: 1,
    },
    {
      alert: "HighMemory",
      summary: "memory usage is close to the limit",
      description: `${container} used at least {{value}}% of its memory limit for 10 minutes (threshold: {{threshold}}%). At the limit, the kernel kills it.`,
      query: `min(last_10m):max:kubernetes.memory.working_set${byContainer} / max:kubernetes.memory.limits${byContainer} * 100`,
      threshold: memoryPercent,
      warning: warning.memoryPercent,
    },
    {
      alert: "HighCPU",
      summary: "CPU usage is close to the limit",
      description: `${container} used at least {{value}}% of its CPU limit for 10 minutes (threshold: {{threshold}}%). It has little capacity left for more traffic.`,
      // Usage is in nanocores, but the limit is in cores.
      query: `min(last_10m):max:kubernetes.cpu.usage.total${byContainer} / 10000000 / max:kubernetes.cpu.limits${byContainer}`,
      threshold: cpuPercent,
      // Lower priority, because high CPU is only a cause. Other monitors notify if users are affected.
      priority: 3,
    },
  ];
  return signals.map((signal) => ({ ...signal, newGroupDelay: 300 }));
}

/**
 * Returns the signal for DynamoDB throttling. It reads the AWS integration's metrics for tables with
 * the `env` tag, because those metrics have no `service` tag.
 */
function throttlingSignal(settings: DatadogMonitorsSettings): Signal {
  const { dynamodbThrottlesPerSecond, warning } = thresholdsFor(settings);
  const seconds = 300;
  return {
    alert: "DynamoDBThrottling",
    summary: "requests are being throttled",
    description:
      "DynamoDB throttled {{value}} requests to the table {{tablename.name}} in the last 5 minutes (threshold: {{threshold}}). Retries slow down requests, and then requests fail.",
    query: `sum(last_5m):sum:aws.dynamodb.throttled_requests{env:${settings.environment}} by {tablename}.as_count()`,
    threshold: dynamodbThrottlesPerSecond * seconds,
    warning: warning.dynamodbThrottlesPerSecond && warning.dynamodbThrottlesPerSecond * seconds,
    // CloudWatch metrics arrive late.
    evaluationDelay: 900,
  };
}
