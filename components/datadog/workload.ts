import * as kubernetes from "@pulumi/kubernetes";
import { ports } from "../shared/ports";

/** A workload, described with Datadog's unified service tags. */
export interface DatadogWorkload {
  /** Service name, set as the `service` tag. */
  service: string;
  /** Deployed version, set as the `version` tag. */
  version: string;
  /** Environment name, set as the `env` tag. */
  environment: string;
  /** Starts the continuous profiler. Go code must also call `profiler.Start()`. Default: false. */
  profiling?: boolean;
}

/**
 * Returns labels that tag the metrics, logs, traces and processes of a workload. Set them on both the
 * workload and its pod template: {@link datadogEnv} reads them from the pod.
 */
export function datadogLabels(workload: DatadogWorkload): Record<string, string> {
  return {
    "tags.datadoghq.com/env": workload.environment,
    "tags.datadoghq.com/service": workload.service,
    "tags.datadoghq.com/version": workload.version,
  };
}

/**
 * Returns environment variables that point a container's tracer and DogStatsD client to the agent on
 * its node. Requires {@link datadogLabels} on the pod.
 */
export function datadogEnv(workload: DatadogWorkload): kubernetes.types.input.core.v1.EnvVar[] {
  return [
    fromField("DD_AGENT_HOST", "status.hostIP"),
    { name: "DD_TRACE_AGENT_PORT", value: String(ports.datadogTraces) },
    { name: "DD_DOGSTATSD_PORT", value: String(ports.datadogMetrics) },
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

/** Returns pod annotations that exclude metrics, logs or both from collection. */
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

/** A container's Prometheus or OpenMetrics endpoint. */
export interface OpenMetricsEndpoint {
  /** Name of the container. */
  container: string;
  /** Port that serves the metrics. */
  port: number;
  /** Path that serves the metrics. Default: `/metrics`. */
  path?: string;
  /** Prefix of the metric names in Datadog. */
  namespace: string;
  /**
   * Metrics to collect, as names or regular expressions. Datadog bills each series as a custom metric.
   */
  metrics: string[];
}

/** Returns pod annotations that make the agent on the pod's node collect metrics from an endpoint. */
export function openMetricsAnnotations(endpoint: OpenMetricsEndpoint): Record<string, string> {
  const { container, port, path = "/metrics", namespace, metrics } = endpoint;
  const instance = { openmetrics_endpoint: `http://%%host%%:${port}${path}`, namespace, metrics };
  const checks = { openmetrics: { instances: [instance] } };
  return { [`ad.datadoghq.com/${container}.checks`]: JSON.stringify(checks) };
}
