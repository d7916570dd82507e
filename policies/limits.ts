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
} as const;
