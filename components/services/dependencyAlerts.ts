import { MonitoredServicesSettings } from "./settings";
import { num, services } from "../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";
import { Variant, tiersOf, variantsOf } from "./variants";

const by = "sum by (namespace, service)";
const about = ["namespace", "service"];

/** Alerts on what the services of one namespace depend on: DynamoDB and Redis. */
export function dependencyAlerts(settings: MonitoredServicesSettings): AlertGroup {
  const { metrics } = settings.alerts;
  const p99 = [
    ["DynamoDBHighLatencyP99", "DynamoDB", "dynamodbP99Ms", metrics.dynamodbDuration],
    ["RedisHighLatencyP99", "Redis", "redisP99Ms", metrics.redisDuration],
  ] as const;
  return {
    name: `${settings.namespace}.dependencies`,
    rules: [
      ...tiersOf(settings, "dynamodbThrottlesPerSecond").map((each) => throttles(settings, each)),
      ...p99.flatMap(([alert, what, key, histogram]) =>
        variantsOf(settings, key, Severity.Warning).map((variant) =>
          slow(settings, variant, alert, what, histogram),
        ),
      ),
      ...variantsOf(settings, "redisPoolPercent", Severity.Warning).flatMap((variant) =>
        poolSaturated(settings, variant),
      ),
    ],
  };
}

function throttles({ namespace, alerts }: MonitoredServicesSettings, variant: Variant): AlertRule {
  const { dynamodbThrottles } = alerts.metrics;
  return {
    alert: "DynamoDBThrottling",
    expr: [
      `${by} (rate(${dynamodbThrottles}{${services(namespace, variant.scope)}}[5m]))`,
      `> ${num(variant.threshold)}`,
    ].join("\n"),
    forMinutes: 5,
    severity: variant.severity,
    about,
    summary: "DynamoDB throttles {{ $labels.service }}",
    description: `DynamoDB refuses {{ $value | humanize }} requests a second of {{ $labels.service }} in {{ $labels.namespace }} (threshold ${variant.threshold}).`,
  };
}

function slow(
  { namespace }: MonitoredServicesSettings,
  { scope, threshold, thresholds, severity }: Variant,
  alert: string,
  what: string,
  histogram: string,
): AlertRule {
  const buckets = (further: string[]) =>
    `${histogram}_bucket{${services(namespace, scope, further)}}`;
  return {
    alert,
    expr: [
      `histogram_quantile(0.99, sum by (namespace, service, le) (rate(${buckets([])}[5m])))`,
      // Not only more: a quantile ends with the last bucket, which may be the threshold.
      `>= ${num(threshold / 1000)}`,
      `and`,
      `${by} (rate(${buckets(['le="+Inf"'])}[5m])) > ${num(thresholds.minimumRequestsPerSecond)}`,
    ].join("\n"),
    forMinutes: 10,
    // A cause: whether users notice is for HighLatencyP99 to say.
    severity,
    about,
    summary: `${what} is slow for {{ $labels.service }}`,
    description: `1 % of the calls of {{ $labels.service }} in {{ $labels.namespace }} to ${what} took longer than {{ $value | humanizeDuration }} over the last 5 minutes (threshold ${threshold} ms).`,
  };
}

function poolSaturated(
  { namespace, alerts }: MonitoredServicesSettings,
  { scope, threshold, thresholds, severity }: Variant,
): AlertRule[] {
  const maximum = thresholds.redisPoolMaximum;
  // No metric tells how many there may be.
  if (maximum === undefined) return [];
  return [
    {
      alert: "RedisPoolSaturated",
      expr: [
        `max by (namespace, service) (${alerts.metrics.redisPoolActive}{${services(namespace, scope)}})`,
        `/ ${num(maximum)} > ${num(threshold / 100)}`,
      ].join("\n"),
      forMinutes: 10,
      severity,
      about,
      summary: "{{ $labels.service }} runs out of connections to Redis",
      description: `A pod of {{ $labels.service }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its ${maximum} connections to Redis (threshold ${threshold} %).`,
    },
  ];
}
