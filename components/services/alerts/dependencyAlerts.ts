import { labels, list, value } from "../../alerting/annotations";
import { formatNumber, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../../alerting/rules";
import { Histogram, histogramOf, observationRate, quantile } from "../settings/histograms";
import { exceedsLatency } from "./latencyBuckets";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, severityVariants, thresholdVariants } from "./thresholdVariants";

const service = `${labels.service} in ${labels.namespace}`;

/** Number of tables that the throttling alert lists by name. */
const namedTables = 5;

/** Returns alerts on the dependencies of the services in one namespace: DynamoDB and Redis. */
export function dependencyAlerts(settings: MonitoredServicesSettings): AlertGroup {
  const { namespace } = settings;
  const warnings = (name: "dynamodbP99Ms" | "redisP99Ms" | "redisPoolPercent") =>
    thresholdVariants(settings, name, Severity.Warning);
  return {
    name: `${namespace}.dependencies`,
    // Evaluated less often, because these rules read every bucket of the services' histograms. The
    // alerts have a `for` of 5 minutes or longer.
    intervalSeconds: 120,
    subjectLabel: "service",
    rules: [
      ...severityVariants(settings, "dynamodbThrottlesPerSecond").map(
        ({ scope, threshold, severity, metrics }): AlertRule => ({
          alert: "DynamoDBThrottling",
          expr: [
            `sum by (namespace, service) (rate(${metrics.dynamodbThrottles}{${serviceMatchers(namespace, scope)}}[5m]))`,
            `> ${formatNumber(threshold)}`,
            `and`,
            stillCounting(`${metrics.dynamodbThrottles}{namespace="${namespace}"}`),
          ].join("\n"),
          forMinutes: 5,
          severity,
          summary: `${labels.service}: DynamoDB is throttling requests`,
          description: `DynamoDB throttled ${value.number} requests per second from ${service} over the last 5 minutes (threshold: ${threshold}), on the tables ${list(
            `sum by (table) (rate(${metrics.dynamodbThrottles}{namespace="${labels.namespace}", service="${labels.service}"}[5m])) > 0`,
            "table",
            namedTables,
          )}. Retries slow down requests, and then requests fail.`,
        }),
      ),
      ...warnings("dynamodbP99Ms").map((variant) => ({
        alert: "DynamoDBHighLatencyP99",
        ...highLatency(
          namespace,
          variant,
          "DynamoDB",
          histogramOf(variant.metrics, "dynamodbDuration"),
        ),
      })),
      ...warnings("redisP99Ms").map((variant) => ({
        alert: "RedisHighLatencyP99",
        ...highLatency(namespace, variant, "Redis", histogramOf(variant.metrics, "redisDuration")),
      })),
      ...warnings("redisPoolPercent").flatMap(
        ({ scope, threshold, thresholds, severity, metrics }) => {
          const maximum = thresholds.redisPoolMaximum;
          // No metric exposes the pool size, so the alert requires the setting.
          if (maximum === undefined) return [];
          const rule: AlertRule = {
            alert: "RedisPoolSaturated",
            expr: [
              `max by (namespace, service) (${metrics.redisPoolActive}{${serviceMatchers(namespace, scope)}})`,
              `/ ${formatNumber(maximum)} > ${formatNumber(threshold / 100)}`,
            ].join("\n"),
            forMinutes: 10,
            severity,
            summary: `${labels.service}: Redis connection pool is nearly exhausted`,
            description: `A pod of ${service} uses ${value.percentage} of its ${maximum} Redis connections (threshold: ${threshold}%). When the pool is exhausted, requests wait for a connection and then fail.`,
          };
          return [rule];
        },
      ),
    ],
  };
}

/**
 * Selects services whose counter has changed in the last 3 minutes. A 2-minute burst is therefore over
 * before an alert with a `for` of 5 minutes can fire. A rate over 3 minutes would cover too few
 * scrapes.
 */
function stillCounting(counter: string): string {
  return `group by (namespace, service) (last_over_time(${counter}[4m]) != last_over_time(${counter}[4m] offset 3m))`;
}

function highLatency(
  namespace: string,
  { scope, threshold, thresholds, severity }: Variant,
  dependency: string,
  histogram: Histogram,
): Omit<AlertRule, "alert"> {
  const matchers = serviceMatchers(namespace, scope);
  return {
    expr: [
      exceedsLatency(
        quantile(0.99, histogram, matchers, "5m", ["namespace", "service"]),
        namespace,
        histogram,
        threshold,
      ),
      `and`,
      `sum by (namespace, service) (${observationRate(histogram, matchers, "5m")}) > ${formatNumber(thresholds.minimumRequestsPerSecond)}`,
    ].join("\n"),
    forMinutes: 10,
    // Only a warning, because this is a cause, not a symptom. HighLatencyP99 pages if users are affected.
    severity,
    summary: `${labels.service}: p99 latency of ${dependency} calls is ${value.duration}`,
    description: `The p99 latency of calls from ${service} to ${dependency} was ${value.duration} over the last 5 minutes (threshold: ${threshold} ms). Requests that wait for ${dependency} are slow.`,
  };
}
