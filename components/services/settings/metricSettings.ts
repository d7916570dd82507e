import { z } from "zod";
import {
  MetricKey,
  MetricNames,
  defaultMetricNames,
  metricKeys,
  requestMetricNames,
} from "../../../policies/shared/metricNames";
import { defined } from "../../shared/defined";
import { example } from "../../shared/problems";
import type { ServiceMetricNames } from "./histograms";
import { MetricConvention } from "./enums";

/** Name of a metric. An invalid name would cause a syntax error in every expression that uses it. */
const metricName = example(
  z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be a metric name"),
  "http_requests_total",
);
/** Name of a histogram, without the suffixes that the expressions add to get the names of its series. */
const histogramName = example(
  metricName.regex(/(?<!_bucket|_sum|_count)$/, "must not end with _bucket, _sum or _count"),
  "http_request_duration_seconds",
);
const labelName = example(
  z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be a label name"),
  "status",
);
const matchers = example(
  z
    .string()
    .regex(
      /^([a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"[^"\\{}]*"(, ?(?=[a-zA-Z_])|$))*$/,
      'must be matchers like job="kubelet", metrics_path="/metrics/cadvisor"',
    ),
  'job="kubelet"',
);

function named(name: z.ZodString, key: MetricKey, description: string) {
  return example(name, defaultMetricNames[key]).optional().meta({ description });
}

/** Names of the service metrics and labels that alert expressions use. */
const metricNames = {
  httpRequests: named(metricName, "httpRequests", "Counter of HTTP requests."),
  httpStatusLabel: named(
    labelName,
    "httpStatusLabel",
    "Label of that counter that contains the HTTP status code.",
  ),
  httpDuration: named(
    histogramName,
    "httpDuration",
    "Histogram of HTTP latency, without `_bucket`.",
  ),
  grpcRequests: named(metricName, "grpcRequests", "Counter of gRPC requests."),
  grpcCodeLabel: named(
    labelName,
    "grpcCodeLabel",
    "Label of that counter that contains the gRPC status code.",
  ),
  grpcDuration: named(
    histogramName,
    "grpcDuration",
    "Histogram of gRPC latency, without `_bucket`.",
  ),
  dynamodbThrottles: named(
    metricName,
    "dynamodbThrottles",
    "Counter of throttled DynamoDB requests.",
  ),
  dynamodbDuration: named(
    histogramName,
    "dynamodbDuration",
    "Histogram of DynamoDB latency, without `_bucket`.",
  ),
  redisDuration: named(
    histogramName,
    "redisDuration",
    "Histogram of Redis latency, without `_bucket`.",
  ),
  redisPoolActive: named(metricName, "redisPoolActive", "Gauge of Redis connections in use."),
} satisfies Record<MetricKey, z.ZodType>;

const convention = z.enum(MetricConvention);
const nativeHistograms = z.boolean();
const nativeHistogramsText =
  "Whether latency histograms are native: one sample contains all buckets. Requires Prometheus 3.8.";

/** Metric names for all services: the names of a convention, and names that are set individually. */
export const metricsSchema = z
  .strictObject({
    convention: convention
      .default(MetricConvention.Prometheus)
      .describe(
        "Naming convention for request metrics and labels: the Prometheus client libraries (the defaults below) or OpenTelemetry.",
      ),
    ...(Object.fromEntries(
      metricKeys.map((key) => {
        const defaultText = `\`${defaultMetricNames[key]}\``;
        return [key, metricNames[key].meta({ ...metricNames[key].meta(), defaultText })];
      }),
    ) as typeof metricNames),
    nativeHistograms: nativeHistograms.default(false).describe(nativeHistogramsText),
    containerSelector: matchers
      .default("")
      .describe('Additional matchers for container metrics, such as `job="kubelet"`.'),
    kubeStateSelector: matchers
      .default("")
      .describe("Additional matchers for metrics from kube-state-metrics."),
  })
  .transform(
    ({ convention, nativeHistograms, containerSelector, kubeStateSelector, ...names }) => ({
      ...defaultMetricNames,
      ...namesOf(convention, names),
      nativeHistograms,
      containerSelector,
      kubeStateSelector,
    }),
  );

/** Metrics of one service. Pod metrics have the same names for all services. */
export const serviceMetricsSchema = z
  .strictObject({
    convention: example(convention, MetricConvention.OpenTelemetry).optional().meta({
      description: "Naming convention for request metrics and labels.",
      defaultText: "`monitoring:alerts.metrics.convention`",
    }),
    ...metricNames,
    nativeHistograms: example(nativeHistograms, true).optional().meta({
      description: nativeHistogramsText,
      defaultText: "`monitoring:alerts.metrics.nativeHistograms`",
    }),
  })
  .transform(({ convention, nativeHistograms, ...names }): Partial<ServiceMetricNames> => ({
    ...namesOf(convention, names),
    ...defined({ nativeHistograms }),
  }));

function namesOf(
  convention: MetricConvention | undefined,
  names: { [K in MetricKey]?: string | undefined },
): Partial<MetricNames> {
  return { ...(convention && requestMetricNames[convention]), ...defined(names) };
}
