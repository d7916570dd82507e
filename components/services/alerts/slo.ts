import { alertNames } from "../../alerting/alertNames";
import { first, labels, value } from "../../alerting/annotations";
import { formatNumber, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../alerting/rules";
import { groupBy } from "../../shared/groupBy";
import { BurnRatePair, burnRatePairs, burnRateWindows, sloWindowDays } from "../settings/burnRates";
import { atMostTwoPerSlot, errorEvidence, exceedsChance, recentErrorRatio } from "./errorEvidence";
import { histogramOf, slowRate } from "../settings/histograms";
import { protocols, recorded } from "./recordedSeries";
import { MonitoredServicesSettings, ServiceSettings } from "../settings/settings";
import { hasAlerts, metricsFor, sortedNames } from "./thresholdVariants";

/** Builds rules for the services that have an objective. */
type RulesFor<T> = (settings: MonitoredServicesSettings, members: ServiceSettings[]) => T[];

/** A kind of objective: what counts as a request and as a bad request. */
export interface ObjectiveKind {
  /** Name of the kind, which is part of the names of its series. */
  name: "availability" | "latency";
  alert: string;
  objectivePercent: (service: ServiceSettings) => number | undefined;
  /** Records the rate of bad requests to services with an objective of this kind. */
  badRequests: RulesFor<RecordingRule>;
  /** Name of the series that records the rate of all requests. */
  requests: string;
  /** Returns the ratio of bad requests over the last 2 minutes, for each protocol that records it. */
  recentRatios?: (inNamespace: string) => string[];
  /** Returns alerts on objectives that cannot be measured. */
  unmeasured?: RulesFor<AlertRule>;
}

/** All kinds of objectives. */
export const objectiveKinds: readonly ObjectiveKind[] = [
  {
    name: "availability",
    alert: alertNames.availabilityBudgetBurn,
    objectivePercent: ({ slo }) => slo?.availabilityPercent,
    badRequests: failedRequests,
    requests: recorded.requests,
    recentRatios: (inNamespace) =>
      protocols.map(
        (protocol) =>
          `label_replace(${recentErrorRatio(protocol, inNamespace)}, "record", "${protocol.failed}", "", "")`,
      ),
  },
  {
    name: "latency",
    alert: alertNames.latencyBudgetBurn,
    objectivePercent: ({ slo }) => slo?.latencyPercent,
    badRequests: slowRequests,
    requests: recorded.http.timed,
    unmeasured: unmeasuredObjectives,
  },
];

/**
 * Returns rules that record the remaining error budget and alert on budgets that burn too fast. Budgets
 * are recorded series, so one expression covers every objective, and the number of rules depends on the
 * number of distinct objectives, not on the number of services.
 */
export function sloRules(settings: MonitoredServicesSettings): AlertGroup[] {
  return objectiveKinds.flatMap((kind) => {
    const members = settings.services.filter(
      (service) => hasAlerts(service) && kind.objectivePercent(service) !== undefined,
    );
    return members.length === 0 ? [] : objectiveGroups(settings, kind, members);
  });
}

function objectiveGroups(
  settings: MonitoredServicesSettings,
  kind: ObjectiveKind,
  members: ServiceSettings[],
): AlertGroup[] {
  const { namespace } = settings;
  const inNamespace = `{namespace="${namespace}"}`;
  const byWindow = groupBy(members, (service) => sloWindowDays(service, settings)).map(
    ([days, services], _, { length }) => ({
      days,
      selector: length === 1 ? inNamespace : selectorOf(namespace, services),
    }),
  );
  const budgetRatio = `${sloSeries(kind.name, "error_budget:ratio")}${inNamespace}`;
  return [
    {
      name: `${namespace}.slo.${kind.name}`,
      subjectLabel: "service",
      rules: [
        ...budgets(namespace, kind, members),
        ...kind.badRequests(settings, members),
        {
          record: sloSeries(kind.name, "requests:rate5m"),
          expr: `${kind.requests}${selectorOf(namespace, members)}`,
        },
        ...(kind.unmeasured?.(settings, members) ?? []),
        // At a burn rate of 1, the budget lasts exactly as long as the SLO window.
        ...burnRateWindows.map(({ name, range }) => ({
          record: sloSeries(kind.name, `burn_rate:ratio_rate${name}`),
          expr: `${badRatio(kind, "rate5m", range, inNamespace)} / ${budgetRatio}`,
        })),
        {
          record: sloSeries(kind.name, recentBurnRate),
          expr: `(\n${recentRatio(kind, namespace)}\n) / ${budgetRatio}`,
        },
        ...byWindow.flatMap(({ days, selector }) =>
          [Severity.Critical, Severity.Warning].map((severity) =>
            burnRateAlert(settings, kind, severity, days, selector),
          ),
        ),
      ],
    },
    {
      name: `${namespace}.slo.${kind.name}.period`,
      subjectLabel: "service",
      // These rules read the most samples, and their results change slowly.
      intervalSeconds: 300,
      rules: [
        ...["bad_requests", "requests"].map((name) => ({
          record: sloSeries(kind.name, `${name}:rate1h`),
          expr: `avg_over_time(${sloSeries(kind.name, `${name}:rate5m`)}${inNamespace}[1h])`,
        })),
        ...byWindow.map(({ days, selector }) => ({
          record: sloSeries(kind.name, "error_budget:remaining_ratio"),
          expr: [
            "1 -",
            badRatio(kind, "rate1h", `[${days}d:1h]`, selector),
            "/ on (namespace, service)",
            budgetRatio,
          ].join("\n"),
        })),
      ],
    },
  ];
}

/** Returns the name of a series that is recorded for objectives of one kind. */
export function sloSeries(kind: ObjectiveKind["name"], name: string): string {
  return `namespace_service:slo_${kind}_${name}`;
}

function selectorOf(namespace: string, services: ServiceSettings[]): string {
  return `{${serviceMatchers(namespace, { only: sortedNames(services) })}}`;
}

/** Records the error budget (the allowed ratio of bad requests) for each distinct objective. */
function budgets(
  namespace: string,
  kind: ObjectiveKind,
  members: ServiceSettings[],
): RecordingRule[] {
  const budgetOf = (service: ServiceSettings) =>
    formatNumber(1 - (kind.objectivePercent(service) ?? 100) / 100);
  return groupBy(members, budgetOf).map(([budget, services]) => ({
    record: sloSeries(kind.name, "error_budget:ratio"),
    expr: `0 * ${kind.requests}${selectorOf(namespace, services)} + ${budget}`,
  }));
}

const badRequests = "bad_requests:rate5m";

function failedRequests(
  { namespace }: MonitoredServicesSettings,
  members: ServiceSettings[],
): RecordingRule[] {
  const selector = selectorOf(namespace, members);
  // A service without failures has no failure series, so `or 0 *` fills the gap.
  const orZero = (failed: string) =>
    `(${failed}${selector} or 0 * ${recorded.requests}${selector})`;
  return [
    {
      record: sloSeries("availability", badRequests),
      expr: `${orZero(recorded.http.failed)}\n+ ${orZero(recorded.grpc.failed)}`,
    },
  ];
}

function slowRequests(
  settings: MonitoredServicesSettings,
  members: ServiceSettings[],
): RecordingRule[] {
  return byHistogram(settings, members).map(({ histogram, latencyMs, services }) => {
    const matchers = serviceMatchers(settings.namespace, { only: sortedNames(services) });
    return {
      record: sloSeries("latency", badRequests),
      expr: slowRate(histogram, matchers, "5m", latencyMs / 1000),
    };
  });
}

/**
 * Returns alerts on services whose latency objective has no series, because no bucket ends at
 * `latencyMs` or because the histogram is not native.
 */
function unmeasuredObjectives(
  settings: MonitoredServicesSettings,
  members: ServiceSettings[],
): AlertRule[] {
  const { namespace } = settings;
  return byHistogram(settings, members).map(({ histogram, latencyMs, services }) => {
    const selector = selectorOf(namespace, services);
    const problem = histogram.isNative
      ? "is not a native histogram"
      : `has no bucket that ends at ${latencyMs} ms`;
    return {
      alert: "LatencyObjectiveUnmeasured",
      expr: [
        `(${recorded.requests}${selector} or ${recorded.http.timed}${selector})`,
        `unless`,
        `${sloSeries("latency", badRequests)}{namespace="${namespace}"}`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      summary: `${labels.service}: the latency objective cannot be measured`,
      description: `${labels.service} in ${labels.namespace} receives ${value.number} requests per second, but ${histogram.name} ${problem}. LatencyBudgetBurn cannot fire.`,
    };
  });
}

/** Groups services by the latency of their objective and by their histogram. */
function byHistogram(settings: MonitoredServicesSettings, members: ServiceSettings[]) {
  const histogramFor = (service: ServiceSettings) =>
    histogramOf(metricsFor(settings, service), "httpDuration");
  return groupBy(members, ({ slo }) => slo?.latencyMs ?? 0).flatMap(([latencyMs, sameLatency]) =>
    groupBy(sameLatency, (service) => JSON.stringify(histogramFor(service))).map(
      ([, services]) => ({ histogram: histogramFor(services[0]!), latencyMs, services }),
    ),
  );
}

/** Returns the ratio of bad requests to all requests over a range. */
function badRatio(kind: ObjectiveKind, rate: string, range: string, selector: string): string {
  const sum = (name: string) => {
    const rates = `${sloSeries(kind.name, `${name}:${rate}`)}${selector}`;
    return range === "" ? rates : `sum_over_time(${rates}${range})`;
  };
  return `${sum("bad_requests")} / (${sum("requests")} > 0)`;
}

const recentBurnRate = "burn_rate:ratio_recent";

/**
 * Returns the ratio of bad requests over the last 2 minutes or, without recent requests, over the last
 * 5 minutes that had any.
 */
function recentRatio(kind: ObjectiveKind, namespace: string): string {
  const inNamespace = `namespace="${namespace}"`;
  const lastRatio = `last_over_time((${badRatio(kind, "rate5m", "", `{${inNamespace}}`)})[30m:5m])`;
  const recent = kind.recentRatios?.(inNamespace);
  if (recent === undefined) return lastRatio;
  // If a service uses both protocols, the one with the higher ratio counts.
  return `max by (namespace, service) (\n${recent.join("\nor\n")}\n)\nor\n${lastRatio}`;
}

function burnRateAlert(
  { namespace, alerts }: MonitoredServicesSettings,
  kind: ObjectiveKind,
  severity: Severity,
  days: number,
  selector: string,
): AlertRule {
  const pairs = burnRatePairs(days).filter((pair) => pair.severity === severity);
  const inNamespace = `{namespace="${namespace}"}`;
  const series = (suffix: string) => `${sloSeries(kind.name, suffix)}${inNamespace}`;
  const burnRate = (window: string) =>
    `${sloSeries(kind.name, `burn_rate:ratio_rate${window}`)}${selector}`;
  const requests = series("requests:rate5m");
  // With little traffic, a single bad request results in a high ratio. The ratio therefore counts only
  // if there are more bad requests than chance would explain at the budgeted ratio.
  const isEvident = ({ long, longHours }: BurnRatePair) => {
    const range = `[${long}:5m]`;
    const slots = longHours * 12;
    return exceedsChance(
      `${atMostTwoPerSlot(series(badRequests), range)} / ${slots}`,
      `(sum_over_time(${requests}${range}) / ${slots} * ${series("error_budget:ratio")} / ${errorEvidence.backgroundRatio})`,
      longHours * 3600,
    );
  };
  // A page requires that the budget is still burning, whereas warnings last as long as their windows.
  const continues = ({ factor }: BurnRatePair) =>
    severity === Severity.Critical
      ? [`  and`, `  ${series(recentBurnRate)} > ${formatNumber(factor / 2)}`]
      : [];
  const condition = (pair: BurnRatePair) =>
    [
      `(`,
      `  ${burnRate(pair.long)} > ${formatNumber(pair.factor)}`,
      `  and`,
      `  ${burnRate(pair.short)} > ${formatNumber(pair.factor)}`,
      ...continues(pair),
      `  and`,
      `  (${requests} > ${formatNumber(alerts.minimumRequestsPerSecond)} or ${isEvident(pair)})`,
      `)`,
    ].join("\n");
  const thresholds = pairs.map(({ factor, long }) => `${formatNumber(factor)} over ${long}`);
  const now = first(
    `${sloSeries(kind.name, recentBurnRate)}{namespace="${labels.namespace}", service="${labels.service}"}`,
  );
  return {
    alert: kind.alert,
    expr: pairs.map(condition).join("\nor\n"),
    forMinutes: severity === Severity.Critical ? 2 : 15,
    severity,
    summary: `${labels.service}: the ${kind.name} error budget is burning too fast`,
    description: `The ${days}-day ${kind.name} error budget of ${labels.service} in ${labels.namespace} burned at ${value.number} times the sustainable rate (threshold: ${thresholds.join(" or ")}); in the last minutes, at ${now} times. At the sustained rate, the service will miss its objective; below 1, the burning is over.`,
  };
}
