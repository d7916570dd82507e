import * as kubernetes from "@pulumi/kubernetes";

/** A workload in the words of Datadog's unified service tagging. */
export interface DatadogWorkload {
  /** Name of the service; the tag `service`. */
  service: string;
  /** Version that is deployed; the tag `version`. */
  version: string;
  /** Environment; the tag `env`. */
  environment: string;
  /** Starts the continuous profiler. Go also needs `profiler.Start()` in its code. Default: false. */
  profiling?: boolean;
}

/**
 * Labels that tag a workload's metrics, logs, traces and processes alike. Set them on the workload
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
 * Environment variables with which a container's tracer and DogStatsD client find the agent of the
 * node they run on. Needs {@link datadogLabels} on the pod.
 */
export function datadogEnv(workload: DatadogWorkload): kubernetes.types.input.core.v1.EnvVar[] {
  return [
    { name: "DD_AGENT_HOST", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
    { name: "DD_TRACE_AGENT_PORT", value: "8126" },
    { name: "DD_DOGSTATSD_PORT", value: "8125" },
    // Lets the agent tell which pod a DogStatsD packet came from.
    { name: "DD_ENTITY_ID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
    fromLabel("DD_ENV", "env"),
    fromLabel("DD_SERVICE", "service"),
    fromLabel("DD_VERSION", "version"),
    { name: "DD_LOGS_INJECTION", value: "true" },
    { name: "DD_RUNTIME_METRICS_ENABLED", value: "true" },
    { name: "DD_PROFILING_ENABLED", value: String(workload.profiling ?? false) },
  ];
}

function fromLabel(name: string, tag: string): kubernetes.types.input.core.v1.EnvVar {
  return {
    name,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['tags.datadoghq.com/${tag}']` } },
  };
}

/** What an agent collects of a container by itself. */
export interface DatadogExclusion {
  /** Name of a container. Default: every container of the pod. */
  container?: string;
  /** Leaves out its metrics. Default: false. */
  metrics?: boolean;
  /** Leaves out its logs. Default: false. */
  logs?: boolean;
}

/** Annotations of a pod whose metrics, logs or both the agent leaves alone. */
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
  /** Path of the metrics. Default: `/metrics`. */
  path?: string;
  /** What the names in Datadog start with. */
  namespace: string;
  /** Names, or regular expressions over names, of what to collect: each series is billed. */
  metrics: string[];
}

/** Annotation of a pod with which its node's agent collects metrics from an endpoint of the pod. */
export function openMetricsAnnotations(endpoint: OpenMetricsEndpoint): Record<string, string> {
  const { container, port, path = "/metrics", namespace, metrics } = endpoint;
  const instance = { openmetrics_endpoint: `http://%%host%%:${port}${path}`, namespace, metrics };
  return {
    [`ad.datadoghq.com/${container}.checks`]: JSON.stringify({
      openmetrics: { instances: [instance] },
    }),
  };
}
