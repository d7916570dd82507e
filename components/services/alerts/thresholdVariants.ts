import { MetricKey } from "../../../policies/shared/metricNames";
import { Severity } from "../../alerting/rules";
import { Scope } from "../../alerting/promql";
import { groupBy } from "../../shared/groupBy";
import { ServiceMetricNames, isNative } from "../settings/histograms";
import { WorkloadKind } from "../settings/enums";
import { MonitoredServicesSettings, ServiceSettings } from "../settings/settings";
import { Thresholds } from "../settings/thresholdSettings";

/** A threshold, and the services that share it. */
export interface Variant {
  severity: Severity;
  thresholds: Thresholds;
  threshold: number;
  metrics: ServiceMetricNames;
  scope: Scope;
}

/** Thresholds that can have a stricter warning threshold. */
type WarningName = keyof Thresholds["warning"];
export type ThresholdName = Exclude<keyof Thresholds, "warning">;

/** Settings that appear in an expression in addition to its threshold. */
const relatedSettings: Partial<Record<ThresholdName, ThresholdName[]>> = {
  errorRatePercent: ["minimumRequestsPerSecond"],
  p99LatencyMs: ["minimumRequestsPerSecond"],
  dynamodbP99Ms: ["minimumRequestsPerSecond"],
  redisP99Ms: ["minimumRequestsPerSecond"],
  redisPoolPercent: ["redisPoolMaximum"],
};

/** Metrics that appear in an expression in addition to its threshold. */
const relatedMetrics: Partial<Record<ThresholdName, MetricKey[]>> = {
  p99LatencyMs: ["httpDuration", "grpcDuration"],
  dynamodbThrottlesPerSecond: ["dynamodbThrottles"],
  dynamodbP99Ms: ["dynamodbDuration"],
  redisP99Ms: ["redisDuration"],
  redisPoolPercent: ["redisPoolActive"],
};

/** Returns a service's metric names: its own names, or else the names for all services. */
export function metricsFor(
  { alerts }: Pick<MonitoredServicesSettings, "alerts">,
  service?: ServiceSettings,
): ServiceMetricNames {
  return { ...alerts.metrics, ...service?.metrics };
}

/** Returns a service's thresholds: its overrides, merged into the thresholds for all services. */
export function thresholdsFor(
  { alerts }: Pick<MonitoredServicesSettings, "alerts">,
  service?: ServiceSettings,
): Thresholds {
  const {
    enabled: _enabled,
    expectsRequests: _expected,
    reason: _reason,
    rules: _rules,
    ...overrides
  } = service?.alerts ?? {};
  const merged = { ...alerts, ...overrides };
  // Drops a warning threshold for all services if it is not stricter than this service's critical
  // threshold, because the warning would not fire first.
  const stricter = Object.entries(alerts.warning).filter(
    ([name, warning]) => Number(warning) < Number(merged[name as WarningName]),
  );
  return { ...merged, warning: { ...Object.fromEntries(stricter), ...overrides.warning } };
}

/**
 * Returns the variants of a threshold: one for its default and one for each distinct override. The
 * number of rules therefore depends on the number of distinct values, not on the number of services.
 */
export function thresholdVariants(
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  severity: Severity,
): Variant[] {
  return variants(settings, name, severity, (thresholds) => thresholds[name]);
}

/**
 * Returns the variants of a threshold for critical alerts and, if a warning threshold is set, for
 * warnings.
 */
export function severityVariants(
  settings: MonitoredServicesSettings,
  name: WarningName,
): Variant[] {
  return [
    ...thresholdVariants(settings, name, Severity.Critical),
    ...variants(settings, name, Severity.Warning, ({ warning }) => warning[name]),
  ];
}

function variants(
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  severity: Severity,
  thresholdOf: (thresholds: Thresholds) => number | undefined,
): Variant[] {
  const related = relatedSettings[name] ?? [];
  const named = relatedMetrics[name] ?? [];
  const variantOf = (service?: ServiceSettings) => ({
    thresholds: thresholdsFor(settings, service),
    metrics: metricsFor(settings, service),
  });
  const scopes = scopesBy(settings, (service) => {
    if (service !== undefined && !hasAlerts(service)) return undefined;
    const { thresholds, metrics } = variantOf(service);
    return JSON.stringify([
      thresholdOf(thresholds),
      ...related.map((other) => thresholds[other]),
      ...named.map((metric) => identityOf(metrics, metric)),
    ]);
  });
  return scopes.flatMap(({ service, scope }) => {
    const variant = variantOf(service);
    const threshold = thresholdOf(variant.thresholds);
    return threshold === undefined ? [] : [{ severity, ...variant, threshold, scope }];
  });
}

/**
 * Returns metric names with the services that use them: the names for all services, and each distinct
 * override of one of the given metrics.
 */
export function metricVariants(
  settings: MonitoredServicesSettings,
  keys: readonly MetricKey[],
): { metrics: ServiceMetricNames; scope: Scope }[] {
  const keyOf = (service?: ServiceSettings) => {
    const metrics = metricsFor(settings, service);
    return JSON.stringify(keys.map((key) => identityOf(metrics, key)));
  };
  return scopesBy(settings, keyOf).map(({ service, scope }) => ({
    metrics: metricsFor(settings, service),
    scope,
  }));
}

/** Returns the settings that determine the expressions on a metric. */
function identityOf(metrics: ServiceMetricNames, key: MetricKey) {
  return [metrics[key], isNative(metrics, key)];
}

/**
 * Returns one scope for all services that share the default key, and one scope for each other key, with
 * a service as an example. Services with the key `undefined` are not in any scope.
 */
function scopesBy(
  { services }: MonitoredServicesSettings,
  keyOf: (service?: ServiceSettings) => string | undefined,
): { service?: ServiceSettings; scope: Scope }[] {
  const excluded = "";
  const exceptions = groupBy(
    services.filter(({ alerts, metrics }) => alerts !== undefined || metrics !== undefined),
    (service) => keyOf(service) ?? excluded,
  ).filter(([key]) => key !== keyOf());
  return [
    { scope: { except: sortedNames(exceptions.flatMap(([, members]) => members)) } },
    ...exceptions.flatMap(([key, members]) =>
      members[0] === undefined || key === excluded
        ? []
        : [{ service: members[0], scope: { only: sortedNames(members) } }],
    ),
  ];
}

/** Whether the alerts of a service are enabled. */
export function hasAlerts({ alerts }: ServiceSettings): boolean {
  return alerts?.enabled !== false;
}

/**
 * Whether Prometheus scrapes the service. It does not scrape scheduled jobs, or services that are only
 * probed.
 */
export function isScraped({ kind }: ServiceSettings): boolean {
  return kind !== WorkloadKind.Job && kind !== WorkloadKind.Probe;
}

/** Whether the blackbox exporter requests a URL of a service. */
export function hasProbe({ probe }: Pick<ServiceSettings, "probe">): boolean {
  return probe !== undefined;
}

/** Whether it is a problem if the service has no targets. */
export function mustBeUp(service: ServiceSettings): boolean {
  return hasAlerts(service) && isScraped(service);
}

/** Returns a scope with all services in the namespace, except services whose alerts are disabled. */
export function alertingScope({ services }: MonitoredServicesSettings): Scope {
  return { except: sortedNames(services.filter((service) => !hasAlerts(service))) };
}

export function sortedNames(services: ServiceSettings[]): string[] {
  return services.map(({ name }) => name).sort();
}
