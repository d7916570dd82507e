/**
 * Numbers that components, presets and policies share. The default of a component, the value of a
 * preset and the bound of a policy for the same setting are all defined here.
 */
export const limits = {
  /** Number of days that Prometheus retains samples. */
  prometheusRetentionDays: { min: 7, max: 90, minInProd: 15, default: 15 },
  /** Number of days that Loki retains logs. */
  lokiRetentionDays: { min: 7, max: 90, default: 15 },
  /** Share of the volume that Prometheus fills before it deletes its oldest blocks. */
  retentionSizeRatio: 0.85,
  /** Seconds between two scrapes. */
  scrapeIntervalSeconds: { min: 15, max: 60, default: 30 },
  /** Maximum number of samples in a scrape; Prometheus rejects a scrape with more. */
  samplesPerScrape: { default: 100_000, max: 1_000_000 },
  /** Bytes per sample on disk, and the minimum number of samples per second to plan for. */
  prometheusSamples: { bytes: 2, perSecond: 5_000 },
  /** Number of days that CloudWatch retains the events of a log group. */
  logGroupRetentionDays: { min: 14, max: 365, maxForAudits: 3653 },
  /** Grouping intervals of notifications, in seconds. */
  grouping: {
    waitSeconds: { min: 10, max: 60 },
    intervalSeconds: { min: 60, max: 900 },
    repeatSeconds: { min: 3_600, max: 86_400 },
  },
  /**
   * Maximum number of days until a bucket deletes incomplete uploads and noncurrent versions, and
   * the margin in days beyond Loki's retention.
   */
  bucketLifecycleDays: { maxAbort: 7, maxNoncurrent: 30, margin: 7 },
  /** Minimum number of replicas in production. */
  replicasInProd: { prometheus: 2, alertmanager: 2, lokiReplication: 2 },
  /** Least strict threshold of an alert on each base signal. */
  alertThresholds: {
    errorRatio: 0.05,
    p99LatencySeconds: 0.5,
    memoryRatio: 0.9,
    cpuRatio: 0.85,
    throttlesPerSecond: 10,
  },
  /** Requests per second below which alerts need not fire. A higher floor would hide small services. */
  trafficFloorPerSecond: { max: 1, default: 0.2 },
  /** Minimum number of scrapes in the window of a rate. */
  rateWindowScrapes: 4,
  /** Bounds of an alert's `for`, in minutes. */
  alertForMinutes: {
    critical: { min: 1, max: 15 },
    warning: { min: 2, max: 60 },
    slow: { max: 60 },
  },
  /** Official Helm repositories and OCI registries of charts for cluster platforms. */
  chartRepositories: [
    "https://prometheus-community.github.io/helm-charts",
    "oci://ghcr.io/prometheus-community/charts",
    "https://grafana-community.github.io/helm-charts",
    "oci://ghcr.io/grafana-community/helm-charts",
    "https://grafana.github.io/helm-charts",
    "oci://ghcr.io/grafana/helm-charts",
    "https://helm.datadoghq.com",
    "https://open-telemetry.github.io/opentelemetry-helm-charts",
    "oci://ghcr.io/open-telemetry/opentelemetry-helm-charts",
    "https://aws.github.io/eks-charts",
    "oci://public.ecr.aws/karpenter",
    "https://charts.jetstack.io",
    "oci://quay.io/jetstack/charts",
    "https://kubernetes.github.io/ingress-nginx",
    "https://kubernetes.github.io/autoscaler",
    "https://kubernetes-sigs.github.io",
    "https://traefik.github.io/charts",
    "https://argoproj.github.io/argo-helm",
    "oci://ghcr.io/argoproj/argo-helm",
    "oci://ghcr.io/fluxcd-community/charts",
    "https://charts.external-secrets.io",
    "https://helm.releases.hashicorp.com",
    "https://bitnami-labs.github.io/sealed-secrets",
    "https://vmware-tanzu.github.io/helm-charts",
    "https://helm.cilium.io",
    "https://kyverno.github.io/kyverno",
  ],
  /** Maximum number of days until an exception in an annotation expires. */
  exceptionDays: { max: 366 },
} as const;

/** Limits a value to bounds. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
