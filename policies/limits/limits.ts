/**
 * Default bounds of the policies in the profile `strict`, and the component defaults that must be within
 * them. A policy's overrides for the profile `baseline` are in the policy's own file.
 */
export const limits = {
  /** Number of days that Prometheus retains samples. */
  prometheusRetentionDays: { min: 7, max: 90, minInProd: 15, default: 15 },
  /** Number of hours that Prometheus retains samples which it also sends to long-term storage. */
  prometheusRetentionHoursWithLongTermStorage: { min: 2 },
  /** Number of days that Loki retains logs. */
  lokiRetentionDays: { min: 7, max: 90, default: 15 },
  /** Fraction of the volume that Prometheus fills before it deletes its oldest blocks. */
  retentionSizeRatio: 0.85,
  /** Seconds between two scrapes. */
  scrapeIntervalSeconds: { min: 15, max: 60, default: 30 },
  /** Number of samples per scrape. Prometheus rejects a scrape that exceeds the limit. */
  samplesPerScrape: { default: 100_000, max: 1_000_000 },
  /** Bytes per sample on disk, and the minimum ingestion rate to plan for. */
  prometheusSamples: { bytes: 2, perSecond: 5_000 },
  /** Megabytes of logs per second that Loki accepts from a tenant. */
  lokiIngestionRateMb: { max: 200 },
  /** Number of days that CloudWatch retains a log group's events. */
  logGroupRetentionDays: { min: 14, max: 365, maxForAudits: 3653 },
  /** Grouping intervals of notifications, in seconds. */
  grouping: {
    waitSeconds: { min: 10, max: 60 },
    intervalSeconds: { min: 60, max: 900 },
    repeatSeconds: { min: 3_600, max: 86_400 },
  },
  /**
   * Maximum number of days until a bucket deletes incomplete uploads and noncurrent versions, and the
   * minimum number of days by which object expiration must exceed Loki's retention.
   */
  bucketLifecycleDays: { maxAbort: 7, maxNoncurrent: 30, margin: 7 },
  /** Minimum number of replicas in production. */
  replicasInProd: { prometheus: 2, alertmanager: 2, lokiReplication: 2 },
  /** Least strict alert threshold for each base signal. */
  alertThresholds: {
    errorRatio: 0.05,
    p99LatencySeconds: 0.5,
    memoryRatio: 0.9,
    cpuRatio: 0.85,
    throttlesPerSecond: 10,
  },
  /**
   * Requests per second below which alerts need not fire. A higher floor would disable alerts for small
   * services.
   */
  trafficFloorPerSecond: { max: 1, default: 0.2 },
  /** Minimum number of scrapes in a rate's window. */
  rateWindowScrapes: 4,
  /** Bounds of `for`, in minutes. */
  alertForMinutes: {
    critical: { min: 1, max: 15 },
    warning: { min: 2, max: 60 },
    slow: { max: 60 },
  },
  /** Official Helm repositories and OCI registries of common cluster charts. */
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

/** Limits a value to a range. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
