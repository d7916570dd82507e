/**
 * Names of the metrics and labels of services, which depend on their instrumentation. Components,
 * policies and dashboards read these defaults; `alerts.metrics` overrides them.
 */
export const defaultMetricNames = {
  httpRequests: "http_requests_total",
  httpStatusLabel: "status",
  httpDuration: "http_request_duration_seconds",
  grpcRequests: "grpc_server_handled_total",
  grpcCodeLabel: "grpc_code",
  grpcDuration: "grpc_server_handling_seconds",
  dynamodbThrottles: "dynamodb_throttled_requests_total",
  dynamodbDuration: "dynamodb_operation_duration_seconds",
  redisDuration: "redis_command_duration_seconds",
  redisPoolActive: "redis_connection_pool_active_connections",
} as const;
export type MetricKey = keyof typeof defaultMetricNames;
export type MetricNames = Record<MetricKey, string>;

export const metricKeys = Object.keys(defaultMetricNames) as MetricKey[];

/** Names of the metrics of pods, which the kubelet and kube-state-metrics define. */
export const podMetrics = {
  memory: "container_memory_working_set_bytes",
  cpu: "container_cpu_usage_seconds_total",
  cpuPeriods: "container_cpu_cfs_periods_total",
  cpuThrottledPeriods: "container_cpu_cfs_throttled_periods_total",
  resourceLimits: "kube_pod_container_resource_limits",
  resourceRequests: "kube_pod_container_resource_requests",
  owner: "kube_pod_owner",
  restarts: "kube_pod_container_status_restarts_total",
  initRestarts: "kube_pod_init_container_status_restarts_total",
  waitingReason: "kube_pod_container_status_waiting_reason",
  initWaitingReason: "kube_pod_init_container_status_waiting_reason",
  lastTerminatedReason: "kube_pod_container_status_last_terminated_reason",
} as const;

/**
 * Annotation of a PrometheusRule: a map of the names in its expressions that are not defaults. If
 * services use different names, the value is a list.
 */
export const metricNamesAnnotation = "observability.policy/metrics";

/** The annotation for these names; empty if every name is the default. */
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
