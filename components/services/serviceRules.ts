import { MonitoredServicesSettings } from "./settings";
import { num, services } from "../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../alerting/rules";
import { Variant, tiersOf, variantsOf } from "./variants";

/** What is recorded of every service, each once for all rules and dashboards that read it. */
export const recorded = {
  httpRequests: "namespace_service:http_requests:rate5m",
  httpFailed: "namespace_service:http_requests_failed:rate5m",
  grpcRequests: "namespace_service:grpc_requests:rate5m",
  grpcFailed: "namespace_service:grpc_requests_failed:rate5m",
  /** HTTP and gRPC together. */
  requests: "namespace_service:requests:rate5m",
  httpP99: "namespace_service:http_request_duration_seconds:p99_rate5m",
  httpTimed: "namespace_service:http_request_duration_seconds_count:rate5m",
  grpcP99: "namespace_service:grpc_request_duration_seconds:p99_rate5m",
  grpcTimed: "namespace_service:grpc_request_duration_seconds_count:rate5m",
  /** Of the services that receive nothing any more. */
  beforeSilence: "namespace_service:requests_before_silence:rate5m",
} as const;

/** gRPC codes that are the server's fault; the others are answers a client may well provoke. */
const grpcServerErrors = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss";

/** Errors, latency and traffic of the services of one namespace, over HTTP and gRPC. */
export function serviceRules(settings: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${settings.namespace}.services`,
    rules: [
      ...recordings(settings),
      ...variantsOf(settings, "droppedRequestsPerSecond", Severity.Critical).map((variant) =>
        beforeSilence(settings, variant),
      ),
      ...tiersOf(settings, "errorRatePercent").map((variant) => errorRate(settings, variant)),
      ...tiersOf(settings, "p99LatencyMs").map((variant) => latency(settings, variant)),
      noTraffic(settings),
    ],
  };
}

function recordings({ namespace, alerts: { metrics } }: MonitoredServicesSettings) {
  const inNamespace = `namespace="${namespace}"`;
  const rate = (metric: string, further = "") =>
    `sum by (namespace, service) (rate(${metric}{${inNamespace}${further}}[5m]))`;
  const p99 = (histogram: string) =>
    `histogram_quantile(0.99, sum by (namespace, service, le) (rate(${histogram}_bucket{${inNamespace}}[5m])))`;
  const record = (name: keyof typeof recorded, expr: string): RecordingRule => ({
    record: recorded[name],
    expr,
  });
  const http = `${recorded.httpRequests}{${inNamespace}}`;
  const grpc = `${recorded.grpcRequests}{${inNamespace}}`;
  return [
    record("httpRequests", rate(metrics.httpRequests)),
    // 5.. takes the spelling 5xx of some Python instrumentations too.
    record("httpFailed", rate(metrics.httpRequests, `, ${metrics.httpStatusLabel}=~"5.."`)),
    record("grpcRequests", rate(metrics.grpcRequests)),
    record(
      "grpcFailed",
      rate(metrics.grpcRequests, `, ${metrics.grpcCodeLabel}=~"${grpcServerErrors}"`),
    ),
    record("requests", `(${http} or 0 * ${grpc}) + (${grpc} or 0 * ${http})`),
    record("httpP99", p99(metrics.httpDuration)),
    record("httpTimed", rate(`${metrics.httpDuration}_bucket`, ', le="+Inf"')),
    record("grpcP99", p99(metrics.grpcDuration)),
    record("grpcTimed", rate(`${metrics.grpcDuration}_bucket`, ', le="+Inf"')),
  ];
}

function errorRate({ namespace }: MonitoredServicesSettings, variant: Variant): AlertRule {
  const matchers = services(namespace, variant.scope);
  const floor = num(variant.thresholds.minimumRequestsPerSecond);
  const inNamespace = `namespace="${namespace}"`;
  // The floor on traffic keeps one failed request at night from paging; 0/0 would be NaN. Services
  // are picked once: with many names, a second list would only be long.
  const branch = (failed: string, all: string) =>
    [
      `(`,
      `  ${failed}{${matchers}} / (${all}{${inNamespace}} > 0) > ${num(variant.threshold / 100)}`,
      `  and`,
      `  ${all}{${inNamespace}} > ${floor}`,
      `)`,
    ].join("\n");
  return {
    alert: "HighErrorRate",
    expr: [
      branch(recorded.httpFailed, recorded.httpRequests),
      branch(recorded.grpcFailed, recorded.grpcRequests),
    ].join("\nor\n"),
    forMinutes: 5,
    severity: variant.severity,
    about: ["namespace", "service"],
    summary: "{{ $labels.service }} fails too many requests",
    description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} in {{ $labels.namespace }} failed over the last 5 minutes (threshold ${variant.threshold} %).`,
  };
}

function latency({ namespace }: MonitoredServicesSettings, variant: Variant): AlertRule {
  const matchers = services(namespace, variant.scope);
  const floor = num(variant.thresholds.minimumRequestsPerSecond);
  const branch = (p99: string, all: string) =>
    [
      `(`,
      // Not only more: a quantile ends with the last bucket, which may be the threshold.
      `  ${p99}{${matchers}} >= ${num(variant.threshold / 1000)}`,
      `  and`,
      `  ${all}{namespace="${namespace}"} > ${floor}`,
      `)`,
    ].join("\n");
  return {
    alert: "HighLatencyP99",
    expr: [
      branch(recorded.httpP99, recorded.httpTimed),
      branch(recorded.grpcP99, recorded.grpcTimed),
    ].join("\nor\n"),
    forMinutes: 5,
    severity: variant.severity,
    about: ["namespace", "service"],
    summary: "{{ $labels.service }} answers slowly",
    description: `1 % of the requests to {{ $labels.service }} in {{ $labels.namespace }} took longer than {{ $value | humanizeDuration }} over the last 5 minutes (threshold ${variant.threshold} ms).`,
  };
}

/**
 * Remembers, of a service that receives nothing any more, what it received before: as long as it
 * stays silent, where a look an hour back would forget the fault after that hour.
 */
function beforeSilence({ namespace }: MonitoredServicesSettings, variant: Variant): RecordingRule {
  const matchers = services(namespace, variant.scope);
  const inNamespace = `namespace="${namespace}"`;
  return {
    record: recorded.beforeSilence,
    expr: [
      `(`,
      `  (`,
      // A restart of Prometheus does not end a silence; removing the service does.
      `    last_over_time(${recorded.beforeSilence}{${matchers}}[15m])`,
      `    and on (namespace, service) up{${inNamespace}}`,
      `  )`,
      `  or`,
      `  ${recorded.requests}{${matchers}} offset 1h`,
      `) > ${num(variant.threshold)}`,
      `unless`,
      // A series that is gone is no traffic either: a counter only comes back with its first request.
      `${recorded.requests}{${inNamespace}} > 0`,
    ].join("\n"),
  };
}

function noTraffic({ namespace }: MonitoredServicesSettings): AlertRule {
  return {
    alert: "NoTraffic",
    expr: `${recorded.beforeSilence}{namespace="${namespace}"}`,
    forMinutes: 10,
    severity: Severity.Critical,
    about: ["namespace", "service"],
    summary: "{{ $labels.service }} receives no requests any more",
    description: `{{ $labels.service }} in {{ $labels.namespace }} receives no requests; before they stopped it had {{ $value | humanize }} a second.`,
  };
}
