import { isMap } from "../../policies/shared/isMap";
import { meantMetric } from "../../policies/promql/knownMetrics";
import { parsePromQL } from "../../policies/promql/parse";
import { VARIABLE, isLoki, metricsReadByGrafana, withoutVariables } from "./expressions";

/** A panel query that returns no data in any cluster. */
export interface QueryWithoutData {
  /** Title of the panel. */
  panel: string;
  /** Reason, phrased as a predicate with the panel as its subject. */
  reason: string;
  fix: string;
}

/**
 * Returns the queries in a dashboard's JSON that Prometheus rejects, or that read a metric that current
 * versions of Kubernetes and its exporters do not expose.
 */
export function queriesWithoutData(json: string): QueryWithoutData[] {
  return panelsIn(JSON.parse(json)).flatMap(({ title, targets, datasource }) =>
    targets
      .filter((target) => isMap(target) && isPrometheus(target["datasource"] ?? datasource))
      .flatMap((target) => problemsOf(textOf((target as Record<string, unknown>)["expr"])))
      .map((problem) => ({ panel: title, ...problem })),
  );
}

interface Panel {
  title: string;
  targets: unknown[];
  datasource: unknown;
}

/** Returns all panels, including those in collapsed rows. */
function panelsIn(value: unknown): Panel[] {
  if (Array.isArray(value)) return value.flatMap(panelsIn);
  if (!isMap(value)) return [];
  const { title, targets, datasource } = value;
  return [
    ...(Array.isArray(targets) ? [{ title: textOf(title), targets, datasource }] : []),
    ...Object.values(value).flatMap(panelsIn),
  ];
}

/** Whether a data source is Prometheus. Variables and the default data source count as Prometheus. */
function isPrometheus(dataSource: unknown): boolean {
  const type = isMap(dataSource) ? dataSource["type"] : undefined;
  return !isLoki(dataSource) && (type ?? "prometheus") === "prometheus";
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function problemsOf(expr: string): Omit<QueryWithoutData, "panel">[] {
  if (expr.trim() === "") return [];
  const query = withoutVariables(expr);
  const { error } = parsePromQL(query);
  if (error !== undefined) {
    // A variable may stand for a number, an operator or a part of a query.
    if (query.replace(/"[^"]*"|'[^']*'/g, "").includes(VARIABLE)) return [];
    return [{ reason: `has a query that ${error}: ${expr}`, fix: "correct the query" }];
  }
  return metricsReadByGrafana(expr).flatMap((metric) => {
    const suggestion = meantMetric(metric);
    if (suggestion === undefined) return [];
    return [{ reason: `reads ${metric}, which no exporter provides`, fix: `use ${suggestion}` }];
  });
}
