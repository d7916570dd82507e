/**
 * Names of request metrics and labels in each instrumentation convention: the Prometheus client
 * libraries, and OpenTelemetry's stable HTTP and RPC conventions as its Prometheus exporters render
 * them.
 */
export const requestMetricNames = {
  prometheus: {
    httpRequests: "http_requests_total",
    httpStatusLabel: "status",
    httpDuration: "http_request_duration_seconds",
    grpcRequests: "grpc_server_handled_total",
    grpcCodeLabel: "grpc_code",
    grpcDuration: "grpc_server_handling_seconds",
  },
  // OpenTelemetry has no request counters, so the histograms' counts serve as request counts.
  opentelemetry: {
    httpRequests: "http_server_request_duration_seconds_count",
    httpStatusLabel: "http_response_status_code",
    httpDuration: "http_server_request_duration_seconds",
    grpcRequests: "rpc_server_call_duration_seconds_count",
    grpcCodeLabel: "rpc_response_status_code",
    grpcDuration: "rpc_server_call_duration_seconds",
  },
} as const;

/**
 * Names of Spring Boot's HTTP request metrics from Micrometer. Policies recognize them; users configure
 * them in `alerts.metrics`.
 */
export const micrometerNames = {
  httpRequests: "http_server_requests_seconds_count",
  httpDuration: "http_server_requests_seconds",
} as const;

/**
 * Default names of service metrics and labels, which depend on the instrumentation. Components, policies
 * and dashboards use them; `alerts.metrics` overrides them.
 */
export const defaultMetricNames = {
  ...requestMetricNames.prometheus,
  dynamodbThrottles: "dynamodb_throttled_requests_total",
  dynamodbDuration: "dynamodb_operation_duration_seconds",
  redisDuration: "redis_command_duration_seconds",
  redisPoolActive: "redis_connection_pool_active_connections",
} as const;
export type MetricKey = keyof typeof defaultMetricNames;
export type MetricNames = Record<MetricKey, string>;

export const metricKeys = Object.keys(defaultMetricNames) as MetricKey[];

/** Numeric gRPC status codes, by their Go names. */
const grpcCodes = {
  OK: 0,
  Unknown: 2,
  DeadlineExceeded: 4,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
} as const;
export type GrpcCode = keyof typeof grpcCodes;

/** gRPC codes that indicate a server error. Clients can cause the others. */
export const grpcServerErrors: readonly GrpcCode[] = [
  "Unknown",
  "DeadlineExceeded",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
];

/**
 * Returns the label value for a gRPC code. OpenTelemetry used to write numbers, and now writes names
 * such as `DATA_LOSS`.
 */
export function grpcCodeIn(label: string, code: GrpcCode): string {
  if (label === "rpc_grpc_status_code") return String(grpcCodes[code]);
  if (label !== requestMetricNames.opentelemetry.grpcCodeLabel) return code;
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** Names of pod metrics, defined by the kubelet and kube-state-metrics. */
export const podMetrics = {
  memory: "container_memory_working_set_bytes",
  cpu: "container_cpu_usage_seconds_total",
  cpuPeriods: "container_cpu_cfs_periods_total",
  cpuThrottledPeriods: "container_cpu_cfs_throttled_periods_total",
  resourceLimits: "kube_pod_container_resource_limits",
  resourceRequests: "kube_pod_container_resource_requests",
  owner: "kube_pod_owner",
  containerInfo: "kube_pod_container_info",
  restarts: "kube_pod_container_status_restarts_total",
  initRestarts: "kube_pod_init_container_status_restarts_total",
  waitingReason: "kube_pod_container_status_waiting_reason",
  initWaitingReason: "kube_pod_init_container_status_waiting_reason",
  lastTerminatedReason: "kube_pod_container_status_last_terminated_reason",
} as const;

/**
 * PrometheusRule annotation with the non-default metric names in its expressions, as a map. A value is a
 * list if services use different names.
 */
export const metricNamesAnnotation = "observability.policy/metrics";

/** Returns the annotation for metric names; empty if all are defaults. */
export function metricNameAnnotations(all: MetricNames[]): Record<string, string> {
  const declared = metricKeys.flatMap((key) => {
    const names = [...new Set(all.map((names) => names[key]))].filter(
      (name) => name !== defaultMetricNames[key],
    );
    return names.length === 0 ? [] : [[key, names.length === 1 ? names[0] : names] as const];
  });
  if (declared.length === 0) return {};
  return { [metricNamesAnnotation]: JSON.stringify(Object.fromEntries(declared)) };
}
