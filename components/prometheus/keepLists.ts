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
import { LogCollector } from "../logs/options";
import { serviceAlerts } from "../services/serviceAlerts";
import { MonitoredServicesSettings, servicesSettings } from "../services/settings";
import { chartMetrics, chartRelabelings } from "./chartMetrics.json";
import { communityMetrics } from "./communityMetrics";
import { platformAlerts } from "./platformAlerts";
import { PrometheusSettings } from "./settings";

/** Queries of a stack in addition to the rules and dashboards of this library. */
export interface FurtherQueries {
  /** JSON of the dashboards in the caller's folder. */
  dashboards: string[];
  /** The caller's chart values, which may contain rules and dashboards. */
  values: unknown;
}

/** Chart values that make the chart's targets keep the metrics that are read, and drop all others. */
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

/** The metrics that a rule or a dashboard reads, as regular expressions in alphabetical order. */
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
    ...grafana.communityDashboards.flatMap(({ id }) => communityMetrics[id] ?? []),
    ...chartMetrics,
    ...(metrics?.also ?? []),
  ];
  return [...new Set(used)].filter(isScraped).sort();
}

/** Dashboards whose metrics are missing from the lists, each with the reason, for warnings. */
export function unreadDashboards(
  { grafana }: PrometheusSettings,
  dashboards: Dashboard[],
): { field: string; rule: string }[] {
  return [
    ...grafana.communityDashboards.flatMap(({ id }, index) =>
      id in communityMetrics
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
          rule: `(${file}) takes the name of a metric from a variable: ${expr}`,
        })),
    ),
  ];
}

/**
 * Whether a metric comes from a scrape. Prometheus itself writes `up`, `scrape_*` and the series of
 * rules. A query of every metric, such as a count of all series, has data with any keep list.
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

/** The chart's default relabelings for a target, which a list in the values replaces. */
function relabelingsOfChart({ relabelings }: ScrapeTarget): Values[] {
  return (chartRelabelings as Record<string, Values[]>)[relabelings.join(".")] ?? [];
}

/**
 * Services that together have every rule and panel, because a stack's services are not known here. This
 * keeps only a few metrics more than necessary.
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

/** The dashboards in chart values, which contain them as text under the key `json`. */
function dashboardsInValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(dashboardsInValues);
  if (!isPlainMap(value)) return [];
  return [parsed(value["json"]), ...Object.values(value).flatMap(dashboardsInValues)];
}

/** Parses JSON. Returns undefined for other text, which is not a dashboard. */
function parsed(json: unknown): unknown {
  try {
    return typeof json === "string" ? (JSON.parse(json) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
