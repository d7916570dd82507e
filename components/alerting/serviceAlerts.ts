import { AlertSettings } from "../settings/services";
import { AlertGroup, Severity } from "./rules";

/** gRPC codes that are the server's fault; the others are answers a client may well provoke. */
const grpcServerErrors = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss";

/**
 * The alerts on the services of one namespace. Every expression covers all of its services at once
 * and keeps `namespace`, which routing and inhibition need. The labels of a firing alert are a
 * contract: `namespace` with `service` or `pod`, and `severity`.
 */
export function serviceAlerts(namespace: string, settings: AlertSettings): AlertGroup[] {
  return [
    {
      name: `${namespace}.services`,
      rules: [errorRate(namespace, settings), latency(namespace, settings)],
    },
    {
      name: `${namespace}.pods`,
      rules: [crashLoop(namespace), memory(namespace, settings), cpu(namespace, settings)],
    },
    { name: `${namespace}.dynamodb`, rules: [throttling(namespace, settings)] },
  ];
}

function errorRate(namespace: string, settings: AlertSettings) {
  const http = `http_requests_total{namespace="${namespace}"`;
  const grpc = `grpc_server_handled_total{namespace="${namespace}"`;
  const by = "sum by (namespace, service)";
  const percent = settings.errorRatePercent;
  return {
    alert: "HighErrorRate",
    // The floor on traffic keeps one failed request at night from paging; a division by no traffic
    // at all is NaN, which compares false.
    expr: [
      `(`,
      `  ${by} (rate(${http}, status=~"5.."}[5m])) / ${by} (rate(${http}}[5m]))`,
      `  > ${percent / 100}`,
      `  and`,
      `  ${by} (rate(${http}}[5m])) > ${settings.minimumRequestsPerSecond}`,
      `)`,
      `or`,
      `(`,
      `  ${by} (rate(${grpc}, grpc_code=~"${grpcServerErrors}"}[5m])) / ${by} (rate(${grpc}}[5m]))`,
      `  > ${percent / 100}`,
      `  and`,
      `  ${by} (rate(${grpc}}[5m])) > ${settings.minimumRequestsPerSecond}`,
      `)`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    summary: "{{ $labels.service }} fails too many requests",
    description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} in {{ $labels.namespace }} failed over the last 5 minutes (threshold ${percent} %).`,
  };
}

function latency(namespace: string, settings: AlertSettings) {
  const metric = "http_request_duration_seconds";
  return {
    alert: "HighLatencyP99",
    expr: [
      `histogram_quantile(0.99, sum by (namespace, service, le) (rate(${metric}_bucket{namespace="${namespace}"}[5m])))`,
      `> ${settings.p99LatencyMs / 1000}`,
      `and`,
      `sum by (namespace, service) (rate(${metric}_bucket{namespace="${namespace}", le="+Inf"}[5m])) > ${settings.minimumRequestsPerSecond}`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    summary: "{{ $labels.service }} answers slowly",
    description: `1 % of the requests to {{ $labels.service }} in {{ $labels.namespace }} took longer than {{ $value | humanizeDuration }} over the last 5 minutes (threshold ${settings.p99LatencyMs} ms).`,
  };
}

function crashLoop(namespace: string) {
  return {
    alert: "PodCrashLooping",
    // Between two crashes the container runs for a while and the reason disappears; the window
    // bridges that. A single restart does not set the reason at all.
    expr: [
      `max by (namespace, pod) (`,
      `  max_over_time(kube_pod_container_status_waiting_reason{namespace="${namespace}", reason="CrashLoopBackOff"}[5m])`,
      `) >= 1`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    summary: "{{ $labels.pod }} crashes again and again",
    description:
      "A container of pod {{ $labels.pod }} in {{ $labels.namespace }} crashes, restarts and crashes again.",
  };
}

function memory(namespace: string, settings: AlertSettings) {
  return {
    alert: "HighMemory",
    // The working set is what the kernel counts against the limit; usage_bytes includes page cache
    // it could drop. A container without a limit has nothing to be near to.
    expr: [
      `max by (namespace, pod) (`,
      `  max by (namespace, pod, container) (container_memory_working_set_bytes{namespace="${namespace}", container!=""})`,
      `  /`,
      `  (max by (namespace, pod, container) (kube_pod_container_resource_limits{namespace="${namespace}", resource="memory"}) > 0)`,
      `) > ${settings.memoryPercent / 100}`,
    ].join("\n"),
    forMinutes: 10,
    severity: Severity.Critical,
    summary: "{{ $labels.pod }} is about to run out of memory",
    description: `A container of pod {{ $labels.pod }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its memory limit (threshold ${settings.memoryPercent} %).`,
  };
}

function cpu(namespace: string, settings: AlertSettings) {
  const allowed = (kind: string) =>
    `max by (namespace, pod, container) (kube_pod_container_resource_${kind}{namespace="${namespace}", resource="cpu"})`;
  return {
    alert: "HighCPU",
    expr: [
      `max by (namespace, pod) (`,
      `  sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{namespace="${namespace}", container!=""}[5m]))`,
      `  /`,
      `  ((${allowed("limits")} or ${allowed("requests")}) > 0)`,
      `) > ${settings.cpuPercent / 100}`,
    ].join("\n"),
    forMinutes: 10,
    // A cause rather than something a user notices.
    severity: Severity.Warning,
    summary: "{{ $labels.pod }} runs short of CPU",
    description: `A container of pod {{ $labels.pod }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of the CPU it is given (threshold ${settings.cpuPercent} %).`,
  };
}

function throttling(namespace: string, settings: AlertSettings) {
  return {
    alert: "DynamoDBThrottling",
    expr: [
      `sum by (namespace, service) (rate(dynamodb_throttled_requests_total{namespace="${namespace}"}[5m]))`,
      `> ${settings.dynamodbThrottlesPerSecond}`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    summary: "DynamoDB throttles {{ $labels.service }}",
    description: `DynamoDB refuses {{ $value | humanize }} requests a second of {{ $labels.service }} in {{ $labels.namespace }} (threshold ${settings.dynamodbThrottlesPerSecond}).`,
  };
}
