import { num } from "../../alerting/promql";
import { runbookUrl } from "../../alerting/rules";
import { thresholdsOf } from "../../services/variants";
import { DatadogMonitorsSettings } from "./settings";
import { ServiceSettings, Thresholds } from "../../services/settings";
import { clusterTag } from "../tags";

/** Inputs of a `datadog:index/monitor:Monitor`. */
export interface DatadogMonitor {
  name: string;
  type: string;
  query: string;
  message: string;
  tags: string[];
  /** `1` is the most urgent, `5` the least. */
  priority: string;
  monitorThresholds: DatadogThresholds;
  /** Also says so where there is too little data for the whole window, such as after a deployment. */
  requireFullWindow: boolean;
  includeTags: boolean;
  notifyNoData: boolean;
  /** Seconds in which a pod that is new is left alone. */
  newGroupDelay?: number;
  /** Seconds that data may be late. */
  evaluationDelay?: number;
}

export interface DatadogThresholds {
  critical: string;
  warning?: string;
}

/** One signal of one service, before it becomes a monitor. */
interface Signal {
  /** Of the alert in Prometheus that says the same; its runbook is that of the monitor. */
  alert: string;
  /** What goes wrong, after the name of the service. */
  summary: string;
  description: string;
  /** Everything before the threshold. */
  query: string;
  comparison: ">" | ">=";
  threshold: number;
  warning?: number | undefined;
  priority: 2 | 3;
  /** Its groups are pods. */
  ofPods?: boolean;
}

/** The operation in whose spans the requests of a service are, unless it is named. */
const operations: Record<ServiceSettings["language"], string> = {
  go: "http.request",
  python: "fastapi.request",
  java: "servlet.request",
  node: "express.request",
  other: "http.request",
};

/** The operation in whose spans the requests of a service are. */
export function operationOf(
  { overrides }: DatadogMonitorsSettings,
  { name, language }: ServiceSettings,
): string {
  return overrides[name]?.operation ?? operations[language];
}

/** The services that are watched. */
export function monitoredBy({ services }: DatadogMonitorsSettings): ServiceSettings[] {
  return services.filter(({ alerts }) => alerts?.enabled !== false);
}

/** Monitors by the end of their names: of each service, and of DynamoDB, which knows no service. */
export function datadogMonitors(settings: DatadogMonitorsSettings): Record<string, DatadogMonitor> {
  const ofServices = monitoredBy(settings).flatMap((service) => {
    const thresholds = thresholdsOf(settings, service);
    const signals = [
      ...(service.alerts?.expectsRequests === false
        ? []
        : requestSignals(settings, service, thresholds)),
      ...podSignals(settings, service, thresholds),
    ];
    const own = settings.overrides[service.name];
    const about = {
      subject: service.name,
      notify: own?.notify ?? settings.notify,
      team: own?.team ?? service.team ?? settings.team,
      tags: [`service:${service.name}`],
    };
    return signals.map(
      (signal) => [`${service.name}-${signal.alert}`, monitor(settings, signal, about)] as const,
    );
  });
  const dynamodb = {
    subject: "DynamoDB",
    notify: settings.notify,
    team: settings.team,
    tags: [],
  };
  const throttling = throttlingSignal(settings, thresholdsOf(settings));
  return Object.fromEntries([
    ...ofServices,
    [
      throttling.alert,
      // CloudWatch's metrics come late.
      { ...monitor(settings, throttling, dynamodb), evaluationDelay: 900 },
    ],
  ]);
}

interface About {
  subject: string;
  notify: string[];
  team: string | undefined;
  tags: string[];
}

function monitor(
  { environment, cluster, alerts }: DatadogMonitorsSettings,
  signal: Signal,
  { subject, notify, team, tags }: About,
): DatadogMonitor {
  const { threshold, warning } = signal;
  return {
    name: `[${environment}] ${subject} ${signal.summary}`,
    type: "query alert",
    query: `${signal.query} ${signal.comparison} ${num(threshold)}`,
    message: [
      signal.description,
      `Runbook: ${runbookUrl(alerts.runbookBaseUrl, signal.alert)}`,
      notify.join(" "),
    ].join("\n\n"),
    tags: [
      `env:${environment}`,
      `cluster:${cluster}`,
      ...tags,
      ...(team === undefined ? [] : [`team:${team}`]),
    ],
    priority: `${signal.priority}`,
    monitorThresholds: {
      critical: num(threshold),
      ...(warning === undefined ? {} : { warning: num(warning) }),
    },
    requireFullWindow: false,
    includeTags: true,
    notifyNoData: false,
    ...(signal.ofPods ? { newGroupDelay: 300 } : {}),
  };
}

/** Of the spans that arrive, all of which Datadog counts, whatever it keeps. */
function requestSignals(
  settings: DatadogMonitorsSettings,
  service: ServiceSettings,
  { errorRatePercent, p99LatencyMs, warning }: Thresholds,
): Signal[] {
  const scope = `{env:${settings.environment},service:${service.name}}`;
  const metric = `trace.${operationOf(settings, service)}`;
  return [
    {
      alert: "HighErrorRate",
      summary: "fails too many requests",
      description: `{{value}} % of the requests to ${service.name} failed over the last 5 minutes (threshold {{threshold}} %).`,
      query: `sum(last_5m):sum:${metric}.errors${scope}.as_count() / sum:${metric}.hits${scope}.as_count() * 100`,
      comparison: ">",
      threshold: errorRatePercent,
      warning: warning.errorRatePercent,
      priority: 2,
    },
    {
      alert: "HighLatencyP99",
      summary: "answers slowly",
      description: `1 % of the requests to ${service.name} took longer than {{value}} s for 5 minutes (threshold {{threshold}} s).`,
      // The least of the window: as long as Prometheus' alert waits.
      query: `min(last_5m):p99:${metric}${scope}`,
      comparison: ">",
      threshold: p99LatencyMs / 1000,
      warning: warning.p99LatencyMs && warning.p99LatencyMs / 1000,
      priority: 2,
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
  return [
    {
      alert: "PodCrashLooping",
      summary: "crashes again and again",
      description: `A container of ${pod} crashes, restarts and crashes again.`,
      query: `max(last_5m):default_zero(max:kubernetes_state.container.status_report.count.waiting{reason:crashloopbackoff,${scope}} by {pod_name})`,
      comparison: ">=",
      threshold: 1,
      priority: 2,
      ofPods: true,
    },
    {
      alert: "HighMemory",
      summary: "is about to run out of memory",
      description: `${container} uses {{value}} % of its memory limit (threshold {{threshold}} %).`,
      query: `min(last_10m):max:kubernetes.memory.working_set${byContainer} / max:kubernetes.memory.limits${byContainer} * 100`,
      comparison: ">",
      threshold: memoryPercent,
      warning: warning.memoryPercent,
      priority: 2,
      ofPods: true,
    },
    {
      alert: "HighCPU",
      summary: "runs short of CPU",
      description: `${container} uses {{value}} % of its CPU limit (threshold {{threshold}} %).`,
      // Usage is in billionths of a core, the limit in cores.
      query: `min(last_10m):max:kubernetes.cpu.usage.total${byContainer} / 10000000 / max:kubernetes.cpu.limits${byContainer}`,
      comparison: ">",
      threshold: cpuPercent,
      // A cause rather than something a user notices.
      priority: 3,
      ofPods: true,
    },
  ];
}

/** By Datadog's AWS integration, of the tables that carry the tag `env`. */
function throttlingSignal(
  { environment }: DatadogMonitorsSettings,
  { dynamodbThrottlesPerSecond, warning }: Thresholds,
): Signal {
  const seconds = 300;
  const { dynamodbThrottlesPerSecond: warns } = warning;
  return {
    alert: "DynamoDBThrottling",
    summary: "refuses requests",
    description:
      "DynamoDB refused {{value}} requests to the table {{tablename.name}} in 5 minutes (threshold {{threshold}}).",
    query: `sum(last_5m):sum:aws.dynamodb.throttled_requests{env:${environment}} by {tablename}.as_count()`,
    comparison: ">",
    threshold: dynamodbThrottlesPerSecond * seconds,
    warning: warns && warns * seconds,
    priority: 2,
  };
}
