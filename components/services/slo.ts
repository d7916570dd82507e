import { MonitoredServicesSettings, ServiceSettings } from "./settings";
import { num, oneOf, services } from "../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../alerting/rules";
import { recorded } from "./serviceRules";
import { BurnRatePair, burnRatePairs, sloWindowDays, windows } from "./burnRates";

/** One kind of objective: what counts as a request and what as a bad one. */
interface Kind {
  /** Part of the names of its series. */
  name: "availability" | "latency";
  alert: string;
  bad: string;
  /** What an alert says of the bad requests. */
  did: string;
  budgetOf: (service: ServiceSettings) => number | undefined;
  /** Records the bad requests a second of the services that have the objective. */
  badRequests: (settings: MonitoredServicesSettings, members: ServiceSettings[]) => RecordingRule[];
  /** Recorded requests a second. */
  requests: string;
  /** Alerts where the objective cannot be measured. */
  unmeasured?: (settings: MonitoredServicesSettings, members: ServiceSettings[]) => AlertRule[];
}

const kinds: Kind[] = [
  {
    name: "availability",
    alert: "AvailabilityBudgetBurn",
    bad: "slo_availability_bad_requests",
    did: "failed",
    budgetOf: ({ slo }) => budget(slo?.availabilityPercent),
    badRequests: failedRequests,
    requests: recorded.requests,
  },
  {
    name: "latency",
    alert: "LatencyBudgetBurn",
    bad: "slo_latency_bad_requests",
    did: "took too long",
    budgetOf: ({ slo }) => budget(slo?.latencyPercent),
    badRequests: slowRequests,
    requests: recorded.httpTimed,
    unmeasured: withoutBucket,
  },
];

/** The part of the requests that may be bad. */
function budget(objectivePercent: number | undefined): number | undefined {
  return objectivePercent === undefined ? undefined : 1 - objectivePercent / 100;
}

/**
 * Error budgets: what is left of them, and alerts when they burn too fast over a long and a short
 * window at once. Budgets are series of their own, so that one expression serves every objective
 * and the number of rules follows the number of different objectives, not of services.
 */
export function sloRules(settings: MonitoredServicesSettings): AlertGroup[] {
  return kinds.flatMap((kind) => {
    const members = settings.services.filter(
      (service) => service.alerts?.enabled !== false && kind.budgetOf(service) !== undefined,
    );
    return members.length === 0 ? [] : groupsOf(settings, kind, members);
  });
}

function groupsOf(
  settings: MonitoredServicesSettings,
  kind: Kind,
  members: ServiceSettings[],
): AlertGroup[] {
  const { namespace } = settings;
  const byWindow = [...groupedBy(members, (service) => sloWindowDays(service, settings))].sort(
    ([a], [b]) => a - b,
  );
  const scopeOf = (some: ServiceSettings[]) =>
    services(namespace, byWindow.length === 1 ? {} : { only: names(some) });
  return [
    {
      name: `${namespace}.slo.${kind.name}`,
      rules: [
        ...budgets(namespace, kind, members),
        ...kind.badRequests(settings, members),
        {
          record: series(kind, "requests:rate5m"),
          expr: `${kind.requests}{${services(namespace, { only: names(members) })}}`,
        },
        ...(kind.unmeasured?.(settings, members) ?? []),
        ...windows.map((window) => burnRate(namespace, kind, window.name, window.range)),
        ...byWindow.flatMap(([days, some]) =>
          [Severity.Critical, Severity.Warning].map((severity) =>
            burnAlert(settings, kind, severity, days, scopeOf(some)),
          ),
        ),
      ],
    },
    {
      name: `${namespace}.slo.${kind.name}.period`,
      // It moves slowly and reads the most.
      intervalSeconds: 300,
      rules: [
        ...["bad_requests", "requests"].map((of) => ({
          record: series(kind, `${of}:rate1h`),
          expr: `avg_over_time(${series(kind, `${of}:rate5m`)}{namespace="${namespace}"}[1h])`,
        })),
        ...byWindow.map(([days, some]) => ({
          record: series(kind, "error_budget:remaining_ratio"),
          expr: [
            "1 -",
            ratio(kind, "rate1h", `[${days}d:1h]`, scopeOf(some)),
            "/ on (namespace, service)",
            `${series(kind, "error_budget:ratio")}{namespace="${namespace}"}`,
          ].join("\n"),
        })),
      ],
    },
  ];
}

function series(kind: Kind, of: string): string {
  return `namespace_service:slo_${kind.name}_${of}`;
}

function budgets(namespace: string, kind: Kind, members: ServiceSettings[]): RecordingRule[] {
  return [...groupedBy(members, (service) => num(kind.budgetOf(service) ?? 0))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([ratioOfBudget, some]) => ({
      record: series(kind, "error_budget:ratio"),
      expr: `0 * ${kind.requests}{${services(namespace, { only: names(some) })}} + ${ratioOfBudget}`,
    }));
}

function failedRequests(
  { namespace }: MonitoredServicesSettings,
  members: ServiceSettings[],
): RecordingRule[] {
  const matchers = services(namespace, { only: names(members) });
  // Without a failure there is no series of failures, and without `or 0` no ratio.
  const failed = (part: string, all: string) => `(${part}{${matchers}} or 0 * ${all}{${matchers}})`;
  return [
    {
      record: "namespace_service:slo_availability_bad_requests:rate5m",
      expr: [
        failed(recorded.httpFailed, recorded.requests),
        failed(recorded.grpcFailed, recorded.requests),
      ].join("\n+ "),
    },
  ];
}

const slowBadRequests = "namespace_service:slo_latency_bad_requests:rate5m";

function byLatency(members: ServiceSettings[]): [latencyMs: number, only: string[]][] {
  return [...groupedBy(members, ({ slo }) => slo?.latencyMs ?? 0)]
    .sort(([a], [b]) => a - b)
    .map(([latencyMs, some]) => [latencyMs, names(some)]);
}

function slowRequests(
  { namespace, alerts }: MonitoredServicesSettings,
  members: ServiceSettings[],
): RecordingRule[] {
  const { httpDuration } = alerts.metrics;
  return byLatency(members).map(([latencyMs, only]) => {
    const timed = (le: string) =>
      `sum by (namespace, service) (rate(${httpDuration}_bucket{${services(namespace, { only }, [le])}}[5m]))`;
    return {
      record: slowBadRequests,
      // What was not fast; counted exactly, where a quantile would be a guess between buckets. Both
      // are read at the same moment, or a change of pace would look like slow requests.
      expr: [timed('le="+Inf"'), timed(boundary(latencyMs / 1000))].join("\n- "),
    };
  });
}

/** Requests that no bucket of the histogram tells slow from fast: the objective would just be absent. */
function withoutBucket(
  { namespace, alerts }: MonitoredServicesSettings,
  members: ServiceSettings[],
): AlertRule[] {
  return byLatency(members).map(([latencyMs, only]) => {
    const matchers = services(namespace, { only });
    return {
      alert: "LatencyObjectiveUnmeasured",
      expr: [
        `(${recorded.requests}{${matchers}} or ${recorded.httpTimed}{${matchers}})`,
        `unless`,
        `${slowBadRequests}{namespace="${namespace}"}`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      about: ["namespace", "service"],
      summary: "The latency objective of {{ $labels.service }} is not measured",
      description: `{{ $labels.service }} in {{ $labels.namespace }} has {{ $value | humanize }} requests a second, but no bucket of ${alerts.metrics.httpDuration} that ends at ${latencyMs} ms: LatencyBudgetBurn cannot fire.`,
    };
  });
}

/** Clients write a whole number as 1 or 1.0. */
function boundary(seconds: number): string {
  const text = num(seconds);
  return oneOf("le", text.includes(".") ? [text] : [text, `${text}\\\\.0`], "=");
}

/** Bad requests in parts of all, over a window. */
function ratio(kind: Kind, rate: string, range: string, matchers: string): string {
  const sum = (of: string) => {
    const rates = `${series(kind, `${of}:${rate}`)}{${matchers}}`;
    return range === "" ? rates : `sum_over_time(${rates}${range})`;
  };
  return `${sum("bad_requests")} / (${sum("requests")} > 0)`;
}

/** How many times faster than allowed a budget burns; at 1 it lasts exactly its window. */
function burnRate(namespace: string, kind: Kind, name: string, range: string): RecordingRule {
  const inNamespace = `namespace="${namespace}"`;
  const budgetRatio = `${series(kind, "error_budget:ratio")}{${inNamespace}}`;
  return {
    record: series(kind, `burn_rate:ratio_rate${name}`),
    expr: `${ratio(kind, "rate5m", range, inNamespace)} / ${budgetRatio}`,
  };
}

function burnAlert(
  { namespace, alerts }: MonitoredServicesSettings,
  kind: Kind,
  severity: Severity,
  days: number,
  matchers: string,
): AlertRule {
  const pairs = burnRatePairs(days).filter((pair) => pair.severity === severity);
  const burns = ({ long, short, factor }: BurnRatePair) =>
    [
      `(`,
      `  ${series(kind, `burn_rate:ratio_rate${long}`)}{${matchers}} > ${num(factor)}`,
      `  and`,
      `  ${series(kind, `burn_rate:ratio_rate${short}`)}{${matchers}} > ${num(factor)}`,
      `)`,
    ].join("\n");
  return {
    alert: kind.alert,
    expr: [
      "(",
      pairs.map(burns).join("\nor\n"),
      ")",
      // One bad request of three at night is a third of them and nothing to wake up for.
      `and ${series(kind, "requests:rate5m")}{namespace="${namespace}"} > ${num(alerts.minimumRequestsPerSecond)}`,
    ].join("\n"),
    forMinutes: severity === Severity.Critical ? 2 : 15,
    severity,
    about: ["namespace", "service"],
    summary: `{{ $labels.service }} uses up its error budget (${kind.name})`,
    description: `So many requests to {{ $labels.service }} in {{ $labels.namespace }} ${kind.did} that its error budget of ${days} days burns {{ $value | humanize }} times too fast (threshold ${pairs.map(({ factor, long }) => `${num(factor)} over ${long}`).join(" or ")}).`,
  };
}

function names(some: ServiceSettings[]): string[] {
  return some.map(({ name }) => name).sort();
}

function groupedBy<K>(some: ServiceSettings[], keyOf: (service: ServiceSettings) => K) {
  const groups = new Map<K, ServiceSettings[]>();
  for (const service of some) {
    const key = keyOf(service);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [service]);
    else same.push(service);
  }
  return groups;
}
