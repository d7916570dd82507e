/**
 * The numbers that components, presets and policies share. A component's default, a preset and a
 * policy's bound for the same thing always come from here.
 */
export const limits = {
  /** Days that Prometheus keeps its samples. */
  prometheusRetentionDays: { min: 7, max: 90, minInProd: 15, default: 15 },
  /** Days that Loki keeps its logs. */
  lokiRetentionDays: { min: 7, max: 90, default: 15 },
  /** The part of a volume that Prometheus may fill before its oldest blocks go. */
  retentionSizeRatio: 0.85,
  /** Seconds between two scrapes. */
  scrapeIntervalSeconds: { min: 15, max: 60, default: 30 },
  /** Most samples that one scrape may bring before Prometheus refuses it. */
  samplesPerScrape: { default: 100_000, max: 1_000_000 },
  /** What Prometheus writes: the bytes of a sample on disk, and the fewest samples to reckon with. */
  prometheusSamples: { bytes: 2, perSecond: 5_000 },
  /** Days that CloudWatch keeps the events of a log group. */
  logGroupRetentionDays: { min: 14, max: 365 },
  /** How notifications are grouped, in seconds. */
  grouping: {
    waitSeconds: { min: 10, max: 60 },
    intervalSeconds: { min: 60, max: 900 },
    repeatSeconds: { min: 3_600, max: 86_400 },
  },
  /** Days after which a bucket drops what nobody needs, and the margin beyond Loki's retention. */
  bucketLifecycleDays: { maxAbort: 7, maxNoncurrent: 30, margin: 7 },
  /** Fewest replicas in production. */
  replicasInProd: { prometheus: 2, alertmanager: 2, lokiReplication: 2 },
  /** The laxest threshold that still counts as an alert on each of the base signals. */
  alertThresholds: {
    errorRatio: 0.05,
    p99LatencySeconds: 0.5,
    memoryRatio: 0.9,
    cpuRatio: 0.85,
    throttlesPerSecond: 10,
  },
  /** Requests a second below which an alert may stay silent; more than that hides small services. */
  trafficFloorPerSecond: { max: 1, default: 0.2 },
  /** Scrapes that the window of a rate must hold at least. */
  rateWindowScrapes: 4,
  /** Minutes that an alert waits before it fires. */
  alertForMinutes: { critical: { min: 1, max: 15 }, warning: { min: 2, max: 60 } },
  /** Helm repositories that charts are installed from. */
  chartRepositories: [
    "https://prometheus-community.github.io/helm-charts",
    "https://grafana-community.github.io/helm-charts",
    "https://grafana.github.io/helm-charts",
    "https://helm.datadoghq.com",
  ],
  /** Days that an exception by annotation may last. */
  exceptionDays: { max: 366 },
} as const;

/** The value within bounds that is nearest to `value`. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
