/** Programming language of a service. */
export const ServiceLanguage = {
  Go: "go",
  Python: "python",
  Java: "java",
  Node: "node",
  Other: "other",
} as const;
export type ServiceLanguage = (typeof ServiceLanguage)[keyof typeof ServiceLanguage];

/** Kind of the workload of a service, which decides how Prometheus finds its targets. */
export const WorkloadKind = {
  /** Pods behind a Kubernetes Service. Prometheus scrapes them through a ServiceMonitor. */
  Service: "service",
  /** Pods without a Service, such as workers. Prometheus scrapes them through a PodMonitor. */
  Pods: "pods",
  /** A CronJob with the name of the service. It is not scraped; kube-state-metrics reports its runs. */
  Job: "job",
} as const;
export type WorkloadKind = (typeof WorkloadKind)[keyof typeof WorkloadKind];
