import { MetricKey, MetricNames } from "../../policies/shared/metricNames";
import { alertNames } from "../alerting/alertNames";
import { labels, value } from "../alerting/annotations";
import { formatNumber, serviceMatchers } from "../alerting/promql";
import { withThreshold } from "../alerting/ruleThresholds";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../alerting/rules";
import { configuredServices } from "./configuredServices";
import { longProvenErrorRatio, provenErrorRatio, shortProvenErrorRatio } from "./errorEvidence";
import { exceedsLatency } from "./latencyBuckets";
import { MonitoredServicesSettings } from "./settings";
import { Variant, metricVariants, severityVariants, thresholdVariants } from "./thresholdVariants";

/** Names of the series recorded for each service, which rules and dashboards share. */
export const recorded = {
  httpRequests: "namespace_service:http_requests:rate5m",
  httpFailed: "namespace_service:http_requests_failed:rate5m",
  grpcRequests: "namespace_service:grpc_requests:rate5m",
  grpcFailed: "namespace_service:grpc_requests_failed:rate5m",
  httpRequestsNow: "namespace_service:http_requests:irate2m",
  httpFailedNow: "namespace_service:http_requests_failed:irate2m",
  grpcRequestsNow: "namespace_service:grpc_requests:irate2m",
  grpcFailedNow: "namespace_service:grpc_requests_failed:irate2m",
  httpErrorRatio: "namespace_service:http_requests_failed:proven_ratio",
  grpcErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio",
  httpShortErrorRatio: "namespace_service:http_requests_failed:proven_ratio5m",
  grpcShortErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio5m",
  httpLongErrorRatio: "namespace_service:http_requests_failed:proven_ratio30m",
  grpcLongErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio30m",
  /** HTTP and gRPC requests together. */
  requests: "namespace_service:requests:rate5m",
  httpP99: "namespace_service:http_request_duration_seconds:p99_rate4m",
  httpTimed: "namespace_service:http_request_duration_seconds_count:rate5m",
  grpcP99: "namespace_service:grpc_request_duration_seconds:p99_rate4m",
  grpcTimed: "namespace_service:grpc_request_duration_seconds_count:rate5m",
  /** Request rate one hour before traffic stopped. Do not rename the series: queries rely on it. */
  requestsBeforeStop: "namespace_service:requests_before_silence:rate5m",
} as const;

/** The recorded series of each protocol. */
export const protocols = [
  {
    requests: recorded.httpRequests,
    failed: recorded.httpFailed,
    requestsNow: recorded.httpRequestsNow,
    failedNow: recorded.httpFailedNow,
    errorRatio: recorded.httpErrorRatio,
    shortErrorRatio: recorded.httpShortErrorRatio,
    longErrorRatio: recorded.httpLongErrorRatio,
  },
  {
    requests: recorded.grpcRequests,
    failed: recorded.grpcFailed,
    requestsNow: recorded.grpcRequestsNow,
    failedNow: recorded.grpcFailedNow,
    errorRatio: recorded.grpcErrorRatio,
    shortErrorRatio: recorded.grpcShortErrorRatio,
    longErrorRatio: recorded.grpcLongErrorRatio,
  },
];

/** gRPC codes that indicate a server error; clients can cause the other codes. */
const grpcServerErrors = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss";

/** Records the evidence of errors over 30 minutes. */
export function evidenceRules({ namespace }: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${namespace}.evidence`,
    subjectLabel: "service",
    // These rules read the most samples, and two minutes are a small part of their window.
    intervalSeconds: 120,
    rules: protocols.map((protocol) => ({
      record: protocol.longErrorRatio,
      expr: longProvenErrorRatio(protocol, `namespace="${namespace}"`),
    })),
  };
}

/** Rules for the HTTP and gRPC errors, latency and traffic of the services in one namespace. */
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
      ...thresholdVariants(settings, "droppedRequestsPerSecond", Severity.Critical).map((variant) =>
        requestsBeforeStop(settings, variant),
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
      {
        alert: alertNames.noTraffic,
        expr: `${recorded.requestsBeforeStop}{namespace="${settings.namespace}"}`,
        forMinutes: 10,
        severity: Severity.Critical,
        summary: `${labels.service}: no requests are arriving`,
        description: `${labels.service} in ${labels.namespace} has received no requests over the last 5 minutes; one hour before they stopped, it received ${value.number} per second. Users may be unable to reach it.`,
      },
    ],
  };
}

function recordings(settings: MonitoredServicesSettings): RecordingRule[] {
  const inNamespace = `namespace="${settings.namespace}"`;
  const sumOf = (calculation: string) => `sum by (namespace, service) (${calculation})`;
  const rate = (metric: string, matchers: string) => sumOf(`rate(${metric}{${matchers}}[5m])`);
  const rateNow = (metric: string, matchers: string) => sumOf(`irate(${metric}{${matchers}}[2m])`);
  // 5.. also matches "5xx", which some Python instrumentations write.
  const httpFailures = (of: string, label: string) => `${of}, ${label}=~"5.."`;
  const grpcFailures = (of: string, label: string) => `${of}, ${label}=~"${grpcServerErrors}"`;
  // With a range below the `for` of 5 minutes, two slow minutes are over before the alert can fire.
  const p99 = (histogram: string, of: string) =>
    `histogram_quantile(0.99, sum by (namespace, service, le) (rate(${histogram}_bucket{${of}}[4m])))`;
  const timed = (histogram: string, of: string) => rate(`${histogram}_bucket`, `${of}, le="+Inf"`);
  const http = `${recorded.httpRequests}{${inNamespace}}`;
  const grpc = `${recorded.grpcRequests}{${inNamespace}}`;
  const httpLabeled = ["httpRequests", "httpStatusLabel"] as const;
  const grpcLabeled = ["grpcRequests", "grpcCodeLabel"] as const;
  /** The expression for services with the same names of these metrics. */
  type Expression = [
    name: keyof typeof recorded,
    keys: readonly MetricKey[],
    exprOf: (metrics: MetricNames, services: string) => string,
  ];
  const expressions: Expression[] = [
    ["httpRequests", ["httpRequests"], (name, of) => rate(name.httpRequests, of)],
    [
      "httpFailed",
      httpLabeled,
      (name, of) => rate(name.httpRequests, httpFailures(of, name.httpStatusLabel)),
    ],
    ["grpcRequests", ["grpcRequests"], (name, of) => rate(name.grpcRequests, of)],
    [
      "grpcFailed",
      grpcLabeled,
      (name, of) => rate(name.grpcRequests, grpcFailures(of, name.grpcCodeLabel)),
    ],
    ["httpRequestsNow", ["httpRequests"], (name, of) => rateNow(name.httpRequests, of)],
    [
      "httpFailedNow",
      httpLabeled,
      (name, of) => rateNow(name.httpRequests, httpFailures(of, name.httpStatusLabel)),
    ],
    ["grpcRequestsNow", ["grpcRequests"], (name, of) => rateNow(name.grpcRequests, of)],
    [
      "grpcFailedNow",
      grpcLabeled,
      (name, of) => rateNow(name.grpcRequests, grpcFailures(of, name.grpcCodeLabel)),
    ],
    ["requests", [], () => `(${http} or 0 * ${grpc}) + (${grpc} or 0 * ${http})`],
    ["httpP99", ["httpDuration"], (name, of) => p99(name.httpDuration, of)],
    ["httpTimed", ["httpDuration"], (name, of) => timed(name.httpDuration, of)],
    ["grpcP99", ["grpcDuration"], (name, of) => p99(name.grpcDuration, of)],
    ["grpcTimed", ["grpcDuration"], (name, of) => timed(name.grpcDuration, of)],
  ];
  return expressions.flatMap(([name, keys, exprOf]) =>
    metricVariants(settings, keys).map(({ metrics, scope }) => ({
      record: recorded[name],
      expr: exprOf(metrics, serviceMatchers(settings.namespace, scope)),
    })),
  );
}

/** Joins one condition per protocol, each limited to services above the minimum request rate. */
function withMinimumTraffic(
  { namespace }: MonitoredServicesSettings,
  { thresholds }: Variant,
  conditions: [condition: string, requests: string][],
): string {
  const minimum = formatNumber(thresholds.minimumRequestsPerSecond);
  return conditions
    .map(
      ([condition, requests]) =>
        `(\n  ${condition}\n  and\n  ${requests}{namespace="${namespace}"} > ${minimum}\n)`,
    )
    .join("\nor\n");
}

/**
 * Fires while more than half of the requests between two scrapes fail, which is an outage. It does not
 * wait for as long as HighErrorRate, which it inhibits. Below the minimum rate, requests between two
 * scrapes are too few to judge.
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
      `  ${failedNow}{${matchers}} / (${requestsNow}{namespace="${namespace}"} > 0) > ${formatNumber(failingPercent / 100)}`,
      `  and`,
      `  ${errorRatio}{namespace="${namespace}"} > ${formatNumber(threshold / 100)}`,
      `  and`,
      `  ${requests}{namespace="${namespace}"} > ${formatNumber(thresholds.minimumRequestsPerSecond)}`,
      `)`,
    ].join("\n");
  return withThreshold(alertNames.mostRequestsFailing, (failingPercent) => ({
    expr: protocols.map((protocol) => condition(protocol, failingPercent)).join("\nor\n"),
    forMinutes: 1,
    // HighErrorRate and AvailabilityBudgetBurn see the failures of an outage for 2 minutes after its end.
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
    // AvailabilityBudgetBurn, which it inhibits, has a lower threshold and resolves later.
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
  const slow = (p99: string, histogram: string) =>
    exceedsLatency(`${p99}{${matchers}}`, namespace, histogram, variant.threshold);
  return {
    alert: alertNames.highLatencyP99,
    expr: withMinimumTraffic(settings, variant, [
      [slow(recorded.httpP99, metrics.httpDuration), recorded.httpTimed],
      [slow(recorded.grpcP99, metrics.grpcDuration), recorded.grpcTimed],
    ]),
    forMinutes: 5,
    severity: variant.severity,
    summary: `${labels.service}: p99 latency is ${value.duration}`,
    description: `The p99 latency of requests to ${labels.service} in ${labels.namespace} was about ${value.duration} over the last 4 minutes (threshold: ${variant.threshold} ms). Users wait for responses, and callers may time out.`,
  };
}

/**
 * Records the request rate that a service had one hour before its traffic stopped, until requests
 * arrive again. An expression with `offset 1h` alone would resolve the alert after an hour.
 */
function requestsBeforeStop(
  { namespace }: MonitoredServicesSettings,
  variant: Variant,
): RecordingRule {
  const matchers = serviceMatchers(namespace, variant.scope);
  const inNamespace = `namespace="${namespace}"`;
  return {
    record: recorded.requestsBeforeStop,
    expr: [
      `(`,
      `  (`,
      // The window bridges a restart of Prometheus. A service that is removed from the configuration,
      // or an unconfigured one that is no longer scraped, ends the series.
      `    last_over_time(${recorded.requestsBeforeStop}{${matchers}}[15m])`,
      `    and on (namespace, service) (${configuredServices}{${inNamespace}} or up{${inNamespace}})`,
      `  )`,
      `  or`,
      `  ${recorded.requests}{${matchers}} offset 1h`,
      `) > ${formatNumber(variant.threshold)}`,
      `unless`,
      // A missing series also means no traffic: a counter reappears only with the next request.
      `${recorded.requests}{${inNamespace}} > 0`,
    ].join("\n"),
  };
}
