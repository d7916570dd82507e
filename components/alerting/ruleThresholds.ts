import { AlertRule } from "./rules";

/** A threshold that users configure by alert name. */
export interface RuleThreshold {
  default: number;
  min: number;
  max: number;
  /** Unit, as the end of a sentence: "the alert fires at 3 times in 30 minutes". */
  unit: string;
}

/** Alerts whose threshold can be set in `rules`. */
export const ruleThresholds = {
  MostRequestsFailing: {
    default: 50,
    min: 10,
    max: 95,
    unit: "percentage of the requests between two scrapes",
  },
  MostServicesFailing: { default: 50, min: 10, max: 90, unit: "percentage of the services" },
  OOMKilled: { default: 1, min: 1, max: 10, unit: "restarts in 10 minutes" },
  PrometheusRuleFailures: { default: 1, min: 1, max: 100, unit: "evaluations in 5 minutes" },
  PrometheusCompactionsFailing: { default: 1, min: 1, max: 20, unit: "compactions in 3 hours" },
  NotificationsFailing: { default: 1, min: 1, max: 100, unit: "notifications in 15 minutes" },
  SamplesNearLimit: {
    default: 80,
    min: 10,
    max: 99,
    unit: "percentage of the sample limit of a scrape",
  },
  ScrapesFailing: { default: 3, min: 1, max: 20, unit: "times in 30 minutes" },
  VolumeNearlyFull: { default: 95, min: 50, max: 99, unit: "percentage of the space" },
  LokiRequestErrors: {
    default: 10,
    min: 1,
    max: 50,
    unit: "percentage of the requests to a route",
  },
  LogLinesDropped: { default: 0.1, min: 0.001, max: 1000, unit: "lines per second" },
  LokiPanics: { default: 1, min: 1, max: 100, unit: "panics in 15 minutes" },
  LokiCompactionNotRunning: { default: 3, min: 1, max: 24, unit: "hours" },
} as const satisfies Record<string, RuleThreshold>;
export type ThresholdAlertName = keyof typeof ruleThresholds;

/** Settings that determine the thresholds of other alerts. */
export const thresholdSettings: Record<string, string> = {
  HighErrorRate: "alerts.errorRatePercent",
  HighLatencyP99: "alerts.p99LatencyMs",
  NoTraffic: "alerts.droppedRequestsPerSecond",
  HighMemory: "alerts.memoryPercent",
  HighCPU: "alerts.cpuPercent",
  CPUThrottling: "alerts.cpuThrottlingPercent",
  DynamoDBThrottling: "alerts.dynamodbThrottlesPerSecond",
  DynamoDBHighLatencyP99: "alerts.dynamodbP99Ms",
  RedisHighLatencyP99: "alerts.redisP99Ms",
  RedisPoolSaturated: "alerts.redisPoolPercent",
  JobOverdue: "alerts.jobMaxAgeHours",
  JobSlow: "alerts.jobMaxMinutes",
  CertificateExpiring: "alerts.certificateDays",
  AvailabilityBudgetBurn: "services[].slo.availabilityPercent",
  LatencyBudgetBurn: "services[].slo.latencyPercent",
  LatencyObjectiveUnmeasured: "services[].slo.latencyMs",
  HighLogErrorRate: "logAlerts[].errorsPerMinute",
  NoLogs: "logAlerts[].silentMinutes",
};

/**
 * Returns a rule with its alert's default threshold and a function that builds it for other thresholds.
 */
export function withThreshold(
  alert: ThresholdAlertName,
  atThreshold: NonNullable<AlertRule["atThreshold"]>,
): AlertRule {
  return { alert, ...atThreshold(ruleThresholds[alert].default), atThreshold };
}
