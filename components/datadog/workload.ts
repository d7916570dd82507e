import * as kubernetes from "@pulumi/kubernetes";

/** A workload in terms of Datadog's unified service tagging. */
export interface DatadogWorkload {
  /** Name of the service: the tag `service`. */
  service: string;
  /** Deployed version: the tag `version`. */
  version: string;
  /** Environment: the tag `env`. */
  environment: string;
  /** Starts the continuous profiler. Go code must also call `profiler.Start()`. Default: false. */
  profiling?: boolean;
}

/**
 * Labels that tag the metrics, logs, traces and processes of a workload. Set them on the workload
 * and on its pod template: {@link datadogEnv} reads them from the pod.
 */
export function datadogLabels(workload: DatadogWorkload): Record<string, string> {
  return {
    "tags.datadoghq.com/env": workload.environment,
    "tags.datadoghq.com/service": workload.service,
    "tags.datadoghq.com/version": workload.version,
  };
}

/**
 * Environment variables with which the tracer and the DogStatsD client of a container find the agent
 * on their node. Requires {@link datadogLabels} on the pod.
 */
export function datadogEnv(workload: DatadogWorkload): kubernetes.types.input.core.v1.EnvVar[] {
  return [
    fromField("DD_AGENT_HOST", "status.hostIP"),
    { name: "DD_TRACE_AGENT_PORT", value: "8126" },
    { name: "DD_DOGSTATSD_PORT", value: "8125" },
    // Lets the agent identify the pod that sent a DogStatsD packet.
    fromField("DD_ENTITY_ID", "metadata.uid"),
    fromField("DD_ENV", "metadata.labels['tags.datadoghq.com/env']"),
    fromField("DD_SERVICE", "metadata.labels['tags.datadoghq.com/service']"),
    fromField("DD_VERSION", "metadata.labels['tags.datadoghq.com/version']"),
    { name: "DD_LOGS_INJECTION", value: "true" },
    { name: "DD_RUNTIME_METRICS_ENABLED", value: "true" },
    { name: "DD_PROFILING_ENABLED", value: String(workload.profiling ?? false) },
  ];
}

function fromField(name: string, fieldPath: string): kubernetes.types.input.core.v1.EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** Container data that the agent must not collect. */
export interface DatadogExclusion {
  /** Name of a container. Default: every container of the pod. */
  container?: string;
  /** Excludes metrics. Default: false. */
  metrics?: boolean;
  /** Excludes logs. Default: false. */
  logs?: boolean;
}

/** Pod annotations that exclude metrics, logs or both from collection by the agent. */
export function datadogExclusion({
  container,
  metrics = false,
  logs = false,
}: DatadogExclusion): Record<string, string> {
  const prefix = container === undefined ? "ad.datadoghq.com/" : `ad.datadoghq.com/${container}.`;
  if (metrics && logs) return { [`${prefix}exclude`]: "true" };
  return {
    ...(metrics && { [`${prefix}metrics_exclude`]: "true" }),
    ...(logs && { [`${prefix}logs_exclude`]: "true" }),
  };
}

/** A Prometheus or OpenMetrics endpoint of a container. */
export interface OpenMetricsEndpoint {
  /** Name of the container. */
  container: string;
  /** Port that serves the metrics. */
  port: number;
  /** Path that serves the metrics. Default: `/metrics`. */
  path?: string;
  /** Prefix of the metric names in Datadog. */
  namespace: string;
  /** Metrics to collect, as names or regular expressions. Datadog bills each series. */
  metrics: string[];
}

/** Pod annotation that makes the agent on the pod's node collect metrics from an endpoint. */
export function openMetricsAnnotations(endpoint: OpenMetricsEndpoint): Record<string, string> {
  const { container, port, path = "/metrics", namespace, metrics } = endpoint;
  const instance = { openmetrics_endpoint: `http://%%host%%:${port}${path}`, namespace, metrics };
  const checks = { openmetrics: { instances: [instance] } };
  return { [`ad.datadoghq.com/${container}.checks`]: JSON.stringify(checks) };
}
