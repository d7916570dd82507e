import { Severity } from "../alerting/rules";
import { Scope } from "../alerting/promql";
import { groupBy } from "../shared/groupBy";
import { MonitoredServicesSettings, ServiceSettings, Thresholds } from "./settings";

/** A threshold and the services that share it. */
export interface Variant {
  severity: Severity;
  thresholds: Thresholds;
  threshold: number;
  scope: Scope;
}

/** Thresholds that can have a stricter warning threshold. */
type WarningName = keyof Thresholds["warning"];
export type ThresholdName = Exclude<keyof Thresholds, "warning">;

/** Settings that appear in an expression in addition to its threshold. */
const relatedSettings: Partial<Record<ThresholdName, ThresholdName[]>> = {
  p99LatencyMs: ["minimumRequestsPerSecond"],
  dynamodbP99Ms: ["minimumRequestsPerSecond"],
  redisP99Ms: ["minimumRequestsPerSecond"],
  redisPoolPercent: ["redisPoolMaximum"],
};

/** Thresholds of a service: its overrides merged into the thresholds for all services. */
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
  // Drops a warning threshold for all services if it is not stricter than the critical threshold of
  // this service: the warning would not fire first.
  const stricter = Object.entries(alerts.warning).filter(
    ([name, warning]) => Number(warning) < Number(merged[name as WarningName]),
  );
  return { ...merged, warning: { ...Object.fromEntries(stricter), ...overrides.warning } };
}

/**
 * Variants of a threshold: one for its default and one for each distinct override. The number of
 * rules therefore depends on the number of distinct values, not on the number of services.
 */
export function thresholdVariants(
  settings: MonitoredServicesSettings,
  name: ThresholdName,
  severity: Severity,
): Variant[] {
  return variants(settings, name, severity, (thresholds) => thresholds[name]);
}

/** Variants of a threshold for critical alerts and, if a warning threshold is set, for warnings. */
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
  const keyOf = (thresholds: Thresholds) =>
    JSON.stringify([thresholdOf(thresholds), ...related.map((other) => thresholds[other])]);
  const disabled = "disabled";
  const defaultKey = keyOf(thresholdsFor(settings));
  const exceptions = groupBy(
    settings.services.filter(({ alerts }) => alerts !== undefined),
    (service) => (hasAlerts(service) ? keyOf(thresholdsFor(settings, service)) : disabled),
  ).filter(([key]) => key !== defaultKey);
  const scopes: { service?: ServiceSettings | undefined; scope: Scope }[] = [
    { scope: { except: sortedNames(exceptions.flatMap(([, members]) => members)) } },
    ...exceptions
      .filter(([key]) => key !== disabled)
      .map(([, members]) => ({ service: members[0], scope: { only: sortedNames(members) } })),
  ];
  return scopes.flatMap(({ service, scope }) => {
    const thresholds = thresholdsFor(settings, service);
    const threshold = thresholdOf(thresholds);
    return threshold === undefined ? [] : [{ severity, thresholds, threshold, scope }];
  });
}

/** Whether the alerts of a service are enabled. */
export function hasAlerts({ alerts }: ServiceSettings): boolean {
  return alerts?.enabled !== false;
}

/** All services in the namespace except those whose alerts are disabled. */
export function alertingScope({ services }: MonitoredServicesSettings): Scope {
  return { except: sortedNames(services.filter((service) => !hasAlerts(service))) };
}

export function sortedNames(services: ServiceSettings[]): string[] {
  return services.map(({ name }) => name).sort();
}
