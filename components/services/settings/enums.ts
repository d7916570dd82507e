/** Programming language of a service. */
export const ServiceLanguage = {
  Go: "go",
  Python: "python",
  Java: "java",
  Node: "node",
  Other: "other",
} as const;
export type ServiceLanguage = (typeof ServiceLanguage)[keyof typeof ServiceLanguage];

/** Naming convention for a service's request metrics. */
export const MetricConvention = {
  /** Prometheus client libraries, with metrics such as `http_requests_total`. */
  Prometheus: "prometheus",
  /**
   * OpenTelemetry's stable HTTP and RPC conventions, with metrics such as
   * `http_server_request_duration_seconds`. The conventions do not name DynamoDB and Redis metrics.
   */
  OpenTelemetry: "opentelemetry",
} as const;
export type MetricConvention = (typeof MetricConvention)[keyof typeof MetricConvention];

/** Kind of a service's workload, which determines how Prometheus discovers its targets. */
export const WorkloadKind = {
  /** Pods behind a Kubernetes Service. Prometheus scrapes them through a ServiceMonitor. */
  Service: "service",
  /** Pods without a Service, such as workers. Prometheus scrapes them through a PodMonitor. */
  Pods: "pods",
  /**
   * A CronJob with the name of the service. Prometheus does not scrape it, and kube-state-metrics
   * reports its runs.
   */
  Job: "job",
  /** A URL, set in `probe`, that is only probed. */
  Probe: "probe",
} as const;
export type WorkloadKind = (typeof WorkloadKind)[keyof typeof WorkloadKind];
