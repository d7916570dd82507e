import { Values, isPlainMap, mergeValues } from "../../policies/shared/mergeValues";
import { metricsRead } from "../../policies/shared/metricsRead";
import { ScrapeTarget, scrapeTargets, targetsWith } from "../../policies/shared/scrapeTargets";
import { dashboardModels } from "../dashboards/build";
import type { Dashboard } from "../dashboards/dashboard";
import {
  expressionsIn,
  expressionsOf,
  isNamedByVariable,
  metricsReadByGrafana,
} from "../dashboards/expressions";
import { LogCollector } from "../logs/enums";
import { serviceAlerts } from "../services/alerts/serviceAlerts";
import { MonitoredServicesSettings, servicesSettings } from "../services/settings/settings";
import { chartMetrics, chartRelabelings } from "./chartMetrics.json";
import { communityDashboards } from "./communityDashboards";
import { platformAlerts } from "./platformAlerts";
import { PrometheusSettings } from "./settings";

/** Queries in addition to this library's rules and dashboards. */
export interface FurtherQueries {
  /** JSON of the dashboards in the caller's folder. */
  dashboards: string[];
  /** The caller's chart values, which may contain rules and dashboards. */
  values: unknown;
}

/**
 * Returns chart values that make the chart's targets keep the metrics that rules and dashboards read,
 * and drop all others.
 */
export function keepListValues(settings: PrometheusSettings, otherQueries: FurtherQueries): Values {
  const metrics = metricsUsed(settings, otherQueries);
  return scrapeTargets
    .filter(({ isOfCluster }) => settings.clusterMonitoring || !isOfCluster)
    .map((target) => {
      const relabelings = [...relabelingsOfChart(target), keepList(target, metrics)];
      return target.relabelings.reduceRight<unknown>(
        (value, key) => ({ [key]: value }),
        relabelings,
      );
    })
    .reduce<Values>((all, values) => mergeValues(all, values as Values), {});
}

/** Returns the metrics that a rule or dashboard reads, as regular expressions in alphabetical order. */
export function metricsUsed(
  { metrics, grafana }: PrometheusSettings,
  { dashboards, values }: FurtherQueries,
): string[] {
  const ofGrafana = [
    ...dashboardModels({
      services: [servicesOfAllKinds()],
      logCollector: LogCollector.Alloy,
    }).flatMap(expressionsOf),
    ...expressionsIn(dashboards.map((json) => JSON.parse(json) as unknown)),
    ...expressionsIn(values),
    ...dashboardsInValues(values).flatMap(expressionsIn),
  ];
  const used = [
    ...libraryRules().flatMap(metricsRead),
    ...ofGrafana.flatMap(metricsReadByGrafana),
    ...grafana.communityDashboards.flatMap(({ id }) => communityDashboards[id]?.metrics ?? []),
    ...chartMetrics,
    ...(metrics?.also ?? []),
  ];
  return [...new Set(used)].filter(isScraped).sort();
}

/**
 * Returns the dashboards whose metrics are missing from the keep lists, each with a reason, for
 * warnings.
 */
export function unreadDashboards(
  { grafana }: PrometheusSettings,
  dashboards: Dashboard[],
): { field: string; rule: string }[] {
  return [
    ...grafana.communityDashboards.flatMap(({ id }, index) =>
      id in communityDashboards
        ? []
        : [
            {
              field: `grafana.communityDashboards[${index}]`,
              rule: `= ${id} reads unknown metrics`,
            },
          ],
    ),
    ...dashboards.flatMap(({ file, json }) =>
      expressionsIn(JSON.parse(json))
        .filter(isNamedByVariable)
        .slice(0, 1)
        .map((expr) => ({
          field: "grafana.dashboardsFolder",
          rule: `(${file}) gets a metric name from a variable: ${expr}`,
        })),
    ),
  ];
}

/**
 * Whether a metric comes from a scrape. Prometheus itself writes `up`, `scrape_*` and the series of
 * rules. A query over all metrics, such as a count of all series, has data with any keep list.
 */
function isScraped(metric: string): boolean {
  const pattern = metric.replace(/^\(\?:(.*)\)$/s, "$1");
  const isRecorded = /^[\w:|]*:[\w:|]*$/.test(pattern);
  return !isRecorded && !/^(\.[*+]|up|ALERTS(_FOR_STATE)?|scrape_\w+)$/.test(pattern);
}

function keepList(target: ScrapeTarget, metrics: string[]): Values {
  const keptMetrics = metrics.filter((metric) => targetsWith(metric).includes(target));
  return { action: "keep", sourceLabels: ["__name__"], regex: keptMetrics.join("|") };
}

/**
 * Returns the chart's default relabelings for a target. A list in the values replaces them, so it must
 * repeat them.
 */
function relabelingsOfChart({ relabelings }: ScrapeTarget): Values[] {
  return (chartRelabelings as Record<string, Values[]>)[relabelings.join(".")] ?? [];
}

/**
 * Returns services that together use every rule and panel, because the stack's own services are unknown
 * here. As a result, Prometheus keeps only a few more metrics than necessary.
 */
function servicesOfAllKinds(): MonitoredServicesSettings {
  const { settings, problems } = servicesSettings({
    namespace: "applications",
    services: [
      {
        name: "go",
        language: "go",
        slo: { availabilityPercent: 99.9, latencyMs: 250, latencyPercent: 99 },
      },
      { name: "java", language: "java" },
      { name: "node", language: "node" },
      { name: "python", language: "python" },
      { name: "job", kind: "job" },
      { name: "probe", kind: "probe", probe: "https://example.com/" },
    ],
    alerts: { redisPoolMaximum: 1 },
  });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
}

function libraryRules(): string[] {
  const groups = [
    ...platformAlerts({
      namespace: "monitoring",
      releaseName: "prometheus",
      loki: true,
      clusterMonitoring: true,
    }),
    ...serviceAlerts(servicesOfAllKinds(), "services"),
  ];
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

/** Returns the dashboards in chart values, which contain them as text in the key `json`. */
function dashboardsInValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(dashboardsInValues);
  if (!isPlainMap(value)) return [];
  return [parsed(value["json"]), ...Object.values(value).flatMap(dashboardsInValues)];
}

/** Parses JSON. Returns undefined for any other text, which cannot be a dashboard. */
function parsed(json: unknown): unknown {
  try {
    return typeof json === "string" ? (JSON.parse(json) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
