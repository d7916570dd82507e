import { labels, value } from "../../alerting/annotations";
import { formatNumber, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../alerting/rules";
import { Histogram } from "../settings/histograms";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, metricVariants, severityVariants, thresholdVariants } from "./thresholdVariants";

/** A series for each bucket boundary, with the boundary in the labels `le` and `boundary`. */
const boundaryLabels = "namespace_le:bucket_boundary:info";
/** The boundaries as values, because PromQL cannot compare labels with numbers. */
const boundaries = "namespace_le:bucket_boundary:seconds";
/** The boundary that determines whether a service's latency exceeds a threshold. */
const decidingBoundary = "namespace_service:bucket_boundary:nearest_seconds";

/** Latency histograms, each with its threshold and the alert that reads it. */
const latencies = [
  { histogram: "httpDuration", threshold: "p99LatencyMs", alert: "HighLatencyP99" },
  { histogram: "grpcDuration", threshold: "p99LatencyMs", alert: "HighLatencyP99" },
  { histogram: "dynamodbDuration", threshold: "dynamodbP99Ms", alert: "DynamoDBHighLatencyP99" },
  { histogram: "redisDuration", threshold: "redisP99Ms", alert: "RedisHighLatencyP99" },
] as const;

/**
 * Returns a condition that holds if a p99 latency exceeds a threshold. Within a classic bucket, a
 * quantile is an estimate, but the comparison with a bucket boundary is exact. More than 1% of the
 * requests must therefore be slower than the nearest boundary at or above the threshold. The buckets of
 * native histograms are narrow, so they support any threshold.
 */
export function exceedsLatency(
  p99: string,
  namespace: string,
  { name, isNative }: Histogram,
  thresholdMs: number,
): string {
  const seconds = formatNumber(thresholdMs / 1000);
  if (isNative) return `${p99} > ${seconds}`;
  // Uses `>=`, because a quantile never exceeds the last finite bucket, which may end at the threshold.
  return [
    p99,
    `>= on (namespace, service) ${decidingBoundaryOf(namespace, name, thresholdMs)}`,
    `>= ${seconds}`,
  ].join("\n");
}

function decidingBoundaryOf(namespace: string, histogram: string, thresholdMs: number): string {
  return `${decidingBoundary}{namespace="${namespace}", histogram="${histogram}", threshold_ms="${formatNumber(thresholdMs)}"}`;
}

/**
 * Returns rules that record which bucket boundary applies to each threshold. They warn if a histogram
 * ends below its threshold, or if a histogram is classic although the settings declare it as native.
 */
export function latencyBucketRules(settings: MonitoredServicesSettings): AlertGroup {
  const { namespace } = settings;
  return {
    name: `${namespace}.buckets`,
    subjectLabel: "service",
    // Buckets change only with a deployment, and queries look back 5 minutes.
    intervalSeconds: 240,
    rules: [
      ...knownBoundaries(settings),
      ...latencies.flatMap((latency) =>
        (latency.threshold === "p99LatencyMs"
          ? severityVariants(settings, latency.threshold)
          : thresholdVariants(settings, latency.threshold, Severity.Warning)
        )
          .filter(({ metrics }) => !metrics.nativeHistograms)
          .map((variant) =>
            nearestBoundary(namespace, variant.metrics[latency.histogram], variant),
          ),
      ),
      // A histogram that ends below a warning threshold also ends below the critical threshold.
      ...latencies.flatMap((latency) => {
        const rules = thresholdVariants(settings, latency.threshold, Severity.Warning).map(
          (variant) =>
            variant.metrics.nativeHistograms
              ? notNative(namespace, latency, variant)
              : thresholdUnmeasured(namespace, latency, variant),
        );
        // Services with the same histogram and threshold can differ in other settings.
        return [...new Map(rules.map((rule) => [rule.expr, rule])).values()];
      }),
    ],
  };
}

/** Returns rules that record the boundaries of all classic buckets. */
function knownBoundaries(settings: MonitoredServicesSettings): RecordingRule[] {
  const inNamespace = `namespace="${settings.namespace}"`;
  const finiteBuckets = latencies.flatMap(({ histogram }) =>
    metricVariants(settings, [histogram])
      .filter(({ metrics }) => !metrics.nativeHistograms)
      .map(
        ({ metrics }) =>
          `group by (namespace, le) (${metrics[histogram]}_bucket{${inNamespace}, le!="+Inf"})`,
      ),
  );
  if (finiteBuckets.length === 0) return [];
  const known = `${boundaryLabels}{${inNamespace}}`;
  return [
    {
      record: boundaryLabels,
      expr: `label_replace(\n${finiteBuckets.join("\nor\n")},\n"boundary", "$1", "le", "(.+)"\n)`,
    },
    {
      record: boundaries,
      // If a histogram has only one finite bucket, the maximum is that bucket's boundary.
      expr: [
        `label_replace(`,
        `  histogram_quantile(1, ${known} or label_replace(${known}, "le", "+Inf", "", "")),`,
        `  "le", "$1", "boundary", "(.+)"`,
        `)`,
      ].join("\n"),
    },
  ];
}

function nearestBoundary(
  namespace: string,
  histogram: string,
  { scope, threshold }: Variant,
): RecordingRule {
  const all = `${boundaries}{namespace="${namespace}"}`;
  const times = (values: string) => `* on (namespace, le) group_left () ${values}`;
  return {
    record: decidingBoundary,
    labels: { histogram, threshold_ms: formatNumber(threshold) },
    // Ranks boundaries at or above the threshold by their reciprocal, which is greatest for the nearest
    // one. Lower boundaries rank after them, by their negative reciprocal, which is greatest for the
    // last one. This way, Prometheus reads the buckets only once.
    expr: [
      `max by (namespace, service) (`,
      `  group by (namespace, service, le) (`,
      `    topk by (namespace, service) (1,`,
      `      group by (namespace, service, le) (${histogram}_bucket{${serviceMatchers(namespace, scope)}})`,
      `      ${times(`(1 / (${all} >= ${formatNumber(threshold / 1000)}) or -1 / ${all})`)}`,
      `    )`,
      `  )`,
      `  ${times(all)}`,
      `)`,
    ].join("\n"),
  };
}

function thresholdUnmeasured(
  namespace: string,
  latency: (typeof latencies)[number],
  { threshold, severity, metrics }: Variant,
): AlertRule {
  const histogram = metrics[latency.histogram];
  const boundary = decidingBoundaryOf(namespace, histogram, threshold);
  return {
    alert: "LatencyThresholdUnmeasured",
    expr: `max by (namespace, service, histogram) (${boundary}) < ${formatNumber(threshold / 1000)}`,
    forMinutes: 60,
    severity,
    summary: `${labels.service}: ${latency.alert} cannot fire`,
    description: `The last bucket of ${histogram} of ${labels.service} in ${labels.namespace} ends at ${value.duration}, below the threshold of ${threshold} ms, so Prometheus cannot tell which requests are slower. Add a bucket that ends at ${threshold} ms or higher, or set services[].alerts.${latency.threshold} to the end of a bucket.`,
  };
}

/** Returns alerts on services whose histogram is classic although the settings declare it as native. */
function notNative(
  namespace: string,
  latency: (typeof latencies)[number],
  { scope, severity, metrics }: Variant,
): AlertRule {
  const histogram = metrics[latency.histogram];
  const matchers = serviceMatchers(namespace, scope);
  return {
    alert: "LatencyThresholdUnmeasured",
    expr: [
      `label_replace(`,
      `  group by (namespace, service) (${histogram}_bucket{${matchers}, le="+Inf"})`,
      `  unless group by (namespace, service) (${histogram}{${matchers}}),`,
      `  "histogram", "${histogram}", "", ""`,
      `)`,
    ].join("\n"),
    forMinutes: 60,
    severity,
    summary: `${labels.service}: ${latency.alert} cannot fire`,
    description: `${labels.service} in ${labels.namespace} exposes ${histogram} with classic buckets only (buckets that end at +Inf: ${value.plain}), and nativeHistograms is set in its metrics. Update its client library so that it exposes a native histogram, or remove nativeHistograms.`,
  };
}
