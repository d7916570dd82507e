import { labels, value } from "../alerting/annotations";
import { formatNumber, serviceMatchers } from "../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";
import { MonitoredServicesSettings } from "./settings";
import { Variant, severityVariants, thresholdVariants } from "./variants";

/** Alerts on the dependencies of the services in one namespace: DynamoDB and Redis. */
export function dependencyAlerts(settings: MonitoredServicesSettings): AlertGroup {
  const { metrics } = settings.alerts;
  const warnings = (name: "dynamodbP99Ms" | "redisP99Ms" | "redisPoolPercent") =>
    thresholdVariants(settings, name, Severity.Warning);
  return {
    name: `${settings.namespace}.dependencies`,
    rules: [
      ...severityVariants(settings, "dynamodbThrottlesPerSecond").map((variant) =>
        throttling(settings, variant),
      ),
      ...warnings("dynamodbP99Ms").map((variant) =>
        highLatency(settings, variant, {
          alert: "DynamoDBHighLatencyP99",
          dependency: "DynamoDB",
          histogram: metrics.dynamodbDuration,
        }),
      ),
      ...warnings("redisP99Ms").map((variant) =>
        highLatency(settings, variant, {
          alert: "RedisHighLatencyP99",
          dependency: "Redis",
          histogram: metrics.redisDuration,
        }),
      ),
      ...warnings("redisPoolPercent").flatMap((variant) => poolSaturated(settings, variant)),
    ],
  };
}

function throttling(
  { namespace, alerts }: MonitoredServicesSettings,
  { scope, threshold, severity }: Variant,
): AlertRule {
  return {
    alert: "DynamoDBThrottling",
    expr: [
      `sum by (namespace, service) (rate(${alerts.metrics.dynamodbThrottles}{${serviceMatchers(namespace, scope)}}[5m]))`,
      `> ${formatNumber(threshold)}`,
    ].join("\n"),
    forMinutes: 5,
    severity,
    subjectLabel: "service",
    summary: `${labels.service}: DynamoDB is throttling requests`,
    description: `DynamoDB throttled ${value.number} requests per second from ${labels.service} in ${labels.namespace} over the last 5 minutes (threshold: ${threshold}). Retries slow down requests, and then requests fail.`,
  };
}

function highLatency(
  { namespace }: MonitoredServicesSettings,
  { scope, threshold, thresholds, severity }: Variant,
  { alert, dependency, histogram }: { alert: string; dependency: string; histogram: string },
): AlertRule {
  const bucketRate = (extraMatchers: string[] = []) =>
    `(rate(${histogram}_bucket{${serviceMatchers(namespace, scope, extraMatchers)}}[5m]))`;
  return {
    alert,
    expr: [
      `histogram_quantile(0.99, sum by (namespace, service, le) ${bucketRate()})`,
      // `>=`, because a quantile is never above the last bucket, which may end at the threshold.
      `>= ${formatNumber(threshold / 1000)}`,
      `and`,
      `sum by (namespace, service) ${bucketRate(['le="+Inf"'])} > ${formatNumber(thresholds.minimumRequestsPerSecond)}`,
    ].join("\n"),
    forMinutes: 10,
    // A cause; HighLatencyP99 pages if users notice.
    severity,
    subjectLabel: "service",
    summary: `${labels.service}: p99 latency of ${dependency} calls is ${value.duration}`,
    description: `The p99 latency of calls from ${labels.service} in ${labels.namespace} to ${dependency} was ${value.duration} over the last 5 minutes (threshold: ${threshold} ms). Requests that wait for ${dependency} are slow.`,
  };
}

function poolSaturated(
  { namespace, alerts }: MonitoredServicesSettings,
  { scope, threshold, thresholds, severity }: Variant,
): AlertRule[] {
  const maximum = thresholds.redisPoolMaximum;
  // No metric exposes the size of the pool.
  if (maximum === undefined) return [];
  return [
    {
      alert: "RedisPoolSaturated",
      expr: [
        `max by (namespace, service) (${alerts.metrics.redisPoolActive}{${serviceMatchers(namespace, scope)}})`,
        `/ ${formatNumber(maximum)} > ${formatNumber(threshold / 100)}`,
      ].join("\n"),
      forMinutes: 10,
      severity,
      subjectLabel: "service",
      summary: `${labels.service}: Redis connection pool is nearly exhausted`,
      description: `A pod of ${labels.service} in ${labels.namespace} uses ${value.percentage} of its ${maximum} Redis connections (threshold: ${threshold}%). When the pool is exhausted, requests wait for a connection and then fail.`,
    },
  ];
}
