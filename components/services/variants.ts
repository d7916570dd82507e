import { MonitoredServicesSettings, ServiceSettings, Thresholds } from "./settings";
import { Severity } from "../alerting/rules";
import { Scope } from "../alerting/promql";

/** A threshold that some services share, and the services it is for. */
export interface Variant {
  severity: Severity;
  thresholds: Thresholds;
  threshold: number;
  scope: Scope;
}

/** Thresholds that may have a laxer sibling among the warnings. */
type Tiered = keyof Thresholds["warning"];
type Plain = Exclude<
  {
    [K in keyof Thresholds]: Thresholds[K] extends number | undefined ? K : never;
  }[keyof Thresholds],
  undefined
>;

/** Settings that change an expression beside its threshold. */
const beside: Partial<Record<Plain, Plain[]>> = {
  errorRatePercent: ["minimumRequestsPerSecond"],
  p99LatencyMs: ["minimumRequestsPerSecond"],
  dynamodbP99Ms: ["minimumRequestsPerSecond"],
  redisP99Ms: ["minimumRequestsPerSecond"],
  redisPoolPercent: ["redisPoolMaximum"],
};

/** What applies to a service: its own settings over those of all. */
export function thresholdsOf(
  { alerts }: MonitoredServicesSettings,
  service?: ServiceSettings,
): Thresholds {
  const { enabled: _enabled, expectsRequests: _expected, ...own } = service?.alerts ?? {};
  const merged = { ...alerts, ...own };
  // A warning of all that would come after the page of this service has nothing to say.
  const earlier = Object.entries(alerts.warning).filter(
    ([key, warns]) => Number(warns) < Number(merged[key as keyof Thresholds["warning"]]),
  );
  return { ...merged, warning: { ...Object.fromEntries(earlier), ...own.warning } };
}

/**
 * The rules that one threshold needs: one for every service that is not named, and one for each
 * other value, however many services share it. So the number of rules follows the number of
 * values, not of services.
 */
export function variantsOf(
  settings: MonitoredServicesSettings,
  key: Plain,
  severity: Severity,
): Variant[] {
  return variants(settings, severity, [key, ...(beside[key] ?? [])], (each) => each[key]);
}

/** Both tiers of a threshold: the second one warns, under the same name, where it is set. */
export function tiersOf(settings: MonitoredServicesSettings, key: Tiered): Variant[] {
  const further = beside[key] ?? [];
  return [
    ...variants(settings, Severity.Critical, [key, ...further], (each) => each[key]),
    ...variants(settings, Severity.Warning, further, (each) => each.warning[key]),
  ];
}

function variants(
  settings: MonitoredServicesSettings,
  severity: Severity,
  keys: Plain[],
  thresholdOf: (thresholds: Thresholds) => number | undefined,
): Variant[] {
  const keyOf = (thresholds: Thresholds) =>
    JSON.stringify([thresholdOf(thresholds), ...keys.map((key) => thresholds[key])]);
  const common = thresholdsOf(settings);
  const others = new Map<string, { thresholds: Thresholds; only: string[] }>();
  const except: string[] = [];
  for (const service of settings.services) {
    if (service.alerts === undefined) continue;
    const thresholds = thresholdsOf(settings, service);
    const key = keyOf(thresholds);
    const off = service.alerts.enabled === false;
    if (!off && key === keyOf(common)) continue;
    except.push(service.name);
    if (off) continue;
    const same = others.get(key);
    if (same === undefined) others.set(key, { thresholds, only: [service.name] });
    else same.only.push(service.name);
  }
  const all: { thresholds: Thresholds; scope: Scope }[] = [
    { thresholds: common, scope: { except: except.sort() } },
    ...[...others]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { thresholds, only }]) => ({ thresholds, scope: { only: only.sort() } })),
  ];
  return all.flatMap(({ thresholds, scope }) => {
    const threshold = thresholdOf(thresholds);
    return threshold === undefined ? [] : [{ severity, thresholds, threshold, scope }];
  });
}

/** Every service but those whose alerts are off. */
export function watchedServices({ services }: MonitoredServicesSettings): Scope {
  return {
    except: services
      .filter(({ alerts }) => alerts?.enabled === false)
      .map(({ name }) => name)
      .sort(),
  };
}
