import { MetricKey, grpcCodeIn, grpcServerErrors } from "../../../policies/shared/metricNames";
import { alertNames } from "../../alerting/alertNames";
import { labels, value } from "../../alerting/annotations";
import { formatNumber, serviceMatchers } from "../../alerting/promql";
import { withThreshold } from "../../alerting/ruleThresholds";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../alerting/rules";
import { longProvenErrorRatio, provenErrorRatio, shortProvenErrorRatio } from "./errorEvidence";
import {
  Histogram,
  ServiceMetricNames,
  histogramOf,
  observationRate,
  quantile,
  requestRate,
} from "../settings/histograms";
import { exceedsLatency } from "./latencyBuckets";
import { noTrafficRules } from "./noTraffic";
import { protocols, recorded } from "./recordedSeries";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, metricVariants, severityVariants, thresholdVariants } from "./thresholdVariants";

/** Returns rules that record the evidence of errors over 30 minutes. */
export function evidenceRules({ namespace }: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${namespace}.evidence`,
    subjectLabel: "service",
    // These rules read the most samples, and two minutes is short compared to their 30-minute window.
    intervalSeconds: 120,
    rules: protocols.map((protocol) => ({
      record: protocol.longErrorRatio,
      expr: longProvenErrorRatio(protocol, `namespace="${namespace}"`),
    })),
  };
}

/** Returns rules for the HTTP and gRPC errors, latency and traffic of the services in one namespace. */
export function serviceRules(settings: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${settings.namespace}.services`,
    subjectLabel: "service",
    rules: [
      ...recordings(settings),
      ...protocols.map((protocol) => ({
        record: protocol.shortErrorRatio,
        expr: shortProvenErrorRatio(protocol, `namespace="${settings.namespace}"`),
      })),
      ...thresholdVariants(settings, "minimumRequestsPerSecond", Severity.Critical).flatMap(
        ({ scope, threshold }) =>
          protocols.map((protocol) => ({
            record: protocol.errorRatio,
            expr: provenErrorRatio(
              protocol,
              serviceMatchers(settings.namespace, scope),
              `namespace="${settings.namespace}"`,
              threshold,
            ),
          })),
      ),
      ...thresholdVariants(settings, "errorRatePercent", Severity.Critical).map((variant) =>
        mostRequestsFailing(settings, variant),
      ),
      ...severityVariants(settings, "errorRatePercent").map((variant) =>
        highErrorRate(settings, variant),
      ),
      ...severityVariants(settings, "p99LatencyMs").map((variant) =>
        highLatency(settings, variant),
      ),
      ...noTrafficRules(settings),
    ],
  };
}

/** Metrics of each protocol, and the matcher for its failed requests. */
const protocolMetrics = [
  {
    series: recorded.http,
    counter: "httpRequests",
    label: "httpStatusLabel",
    duration: "httpDuration",
    // 5.. also matches "5xx", which some Python instrumentations use.
    failed: (label: string) => `${label}=~"5.."`,
  },
  {
    series: recorded.grpc,
    counter: "grpcRequests",
    label: "grpcCodeLabel",
    duration: "grpcDuration",
    failed: (label: string) =>
      `${label}=~"${grpcServerErrors.map((code) => grpcCodeIn(label, code)).join("|")}"`,
  },
] as const;

function recordings(settings: MonitoredServicesSettings): RecordingRule[] {
  const inNamespace = `namespace="${settings.namespace}"`;
  const sumOf = (calculation: string) => `sum by (namespace, service) (${calculation})`;
  /** Returns a rule for each group of services that expose these metrics in the same way. */
  const record = (
    name: string,
    keys: readonly MetricKey[],
    exprOf: (metrics: ServiceMetricNames, scope: string) => string,
  ) =>
    metricVariants(settings, keys).map(({ metrics, scope }) => ({
      record: name,
      expr: exprOf(metrics, serviceMatchers(settings.namespace, scope)),
    }));
  const requestRates = (
    all: "requests" | "requestsNow",
    failing: "failed" | "failedNow",
    range: string,
    rate: "rate" | "irate",
  ) =>
    protocolMetrics.flatMap(({ series, counter, label, failed }) => {
      const sum = (metrics: ServiceMetricNames, matchers: string) =>
        sumOf(requestRate(metrics, counter, matchers, range, rate));
      return [
        ...record(series[all], [counter], sum),
        ...record(series[failing], [counter, label], (metrics, scope) =>
          sum(metrics, `${scope}, ${failed(metrics[label])}`),
        ),
      ];
    });
  const http = `${recorded.http.requests}{${inNamespace}}`;
  const grpc = `${recorded.grpc.requests}{${inNamespace}}`;
  return [
    ...requestRates("requests", "failed", "5m", "rate"),
    ...requestRates("requestsNow", "failedNow", "2m", "irate"),
    ...record(recorded.requests, [], () => `(${http} or 0 * ${grpc}) + (${grpc} or 0 * ${http})`),
    ...protocolMetrics.flatMap(({ series, duration }) => [
      // The range is shorter than the 5-minute `for`, so two slow minutes have left it before the alert
      // can fire.
      ...record(series.p99, [duration], (metrics, scope) =>
        quantile(0.99, histogramOf(metrics, duration), scope, "4m", ["namespace", "service"]),
      ),
      ...record(series.timed, [duration], (metrics, scope) =>
        sumOf(observationRate(histogramOf(metrics, duration), scope, "5m")),
      ),
    ]),
  ];
}

/** Joins one condition per protocol, each limited to services above the minimum request rate. */
function withMinimumTraffic(
  { namespace }: MonitoredServicesSettings,
  { thresholds, scope }: Variant,
  conditions: [condition: string, requests: string][],
): string {
  const minimum = formatNumber(thresholds.minimumRequestsPerSecond);
  return conditions
    .map(
      ([condition, requests]) =>
        `(\n  ${condition}\n  and\n  ${requests}{${serviceMatchers(namespace, scope)}} > ${minimum}\n)`,
    )
    .join("\nor\n");
}

/**
 * Returns the alert that fires while more than half of the requests between two scrapes fail, which
 * indicates an outage. It inhibits HighErrorRate, which has a longer `for`. Below the minimum rate,
 * there are too few requests between two scrapes to judge.
 */
function mostRequestsFailing(
  { namespace }: MonitoredServicesSettings,
  { scope, threshold, thresholds, severity }: Variant,
): AlertRule {
  const matchers = serviceMatchers(namespace, scope);
  const condition = (
    { requests, requestsNow, failedNow, errorRatio }: (typeof protocols)[number],
    failingPercent: number,
  ) =>
    [
      `(`,
      `  (${failedNow}{${matchers}} > 0) / (${requestsNow}{namespace="${namespace}"} > 0) > ${formatNumber(failingPercent / 100)}`,
      `  and`,
      `  ${errorRatio}{namespace="${namespace}"} > ${formatNumber(threshold / 100)}`,
      `  and`,
      `  ${requests}{namespace="${namespace}"} > ${formatNumber(thresholds.minimumRequestsPerSecond)}`,
      `)`,
    ].join("\n");
  return withThreshold(alertNames.mostRequestsFailing, (failingPercent) => ({
    expr: protocols.map((protocol) => condition(protocol, failingPercent)).join("\nor\n"),
    forMinutes: 1,
    // HighErrorRate and AvailabilityBudgetBurn still count an outage's failures for 2 minutes after it
    // ends.
    keepFiringMinutes: 3,
    severity,
    summary: `${labels.service}: most requests are failing`,
    description: `${value.percentage} of requests to ${labels.service} in ${labels.namespace} failed between the last two scrapes (threshold: ${failingPercent}%). Most users see errors.`,
  }));
}

function highErrorRate(
  { namespace }: MonitoredServicesSettings,
  { scope, threshold, severity }: Variant,
): AlertRule {
  const matchers = serviceMatchers(namespace, scope);
  return {
    alert: alertNames.highErrorRate,
    expr: protocols
      .map(({ errorRatio }) => `${errorRatio}{${matchers}} > ${formatNumber(threshold / 100)}`)
      .join("\nor\n"),
    forMinutes: 5,
    // This alert inhibits AvailabilityBudgetBurn, which has a lower threshold and resolves later.
    keepFiringMinutes: 1,
    severity,
    summary: `${labels.service}: ${value.percentage} of requests are failing`,
    description: `${value.percentage} of requests to ${labels.service} in ${labels.namespace} are failing (threshold: ${threshold}%), more than chance explains. Users see errors.`,
  };
}

function highLatency(settings: MonitoredServicesSettings, variant: Variant): AlertRule {
  const { namespace } = settings;
  const { metrics } = variant;
  const matchers = serviceMatchers(namespace, variant.scope);
  const slow = (p99: string, histogram: Histogram) =>
    exceedsLatency(`${p99}{${matchers}}`, namespace, histogram, variant.threshold);
  return {
    alert: alertNames.highLatencyP99,
    expr: withMinimumTraffic(settings, variant, [
      [slow(recorded.http.p99, histogramOf(metrics, "httpDuration")), recorded.http.timed],
      [slow(recorded.grpc.p99, histogramOf(metrics, "grpcDuration")), recorded.grpc.timed],
    ]),
    forMinutes: 5,
    severity: variant.severity,
    summary: `${labels.service}: p99 latency is ${value.duration}`,
    description: `The p99 latency of requests to ${labels.service} in ${labels.namespace} was about ${value.duration} over the last 4 minutes (threshold: ${variant.threshold} ms). Users wait for responses, and callers may time out.`,
  };
}
