import { metricsRead } from "../../policies/shared/metricsRead";
import { isPlainMap } from "../../policies/shared/mergeValues";
import type { DashboardModel } from "./model";

/** The PromQL expressions of a dashboard of this library. */
export function expressionsOf({ rows, variables, deployments }: DashboardModel): string[] {
  const panels = rows.flatMap((row) => row.panels).filter(({ source }) => source !== "loki");
  return [
    ...panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
    ...variables.map(({ series }) => series),
    ...(deployments === undefined ? [] : [deployments]),
  ];
}

/**
 * The PromQL expressions of panels, variables and annotations in the JSON of a dashboard, and of rules,
 * at any depth. Expressions for Loki data sources are skipped.
 */
export function expressionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(expressionsIn);
  if (!isPlainMap(value) || isLoki(value["datasource"])) return [];
  const { expr, query, type } = value as Record<string, unknown>;
  return [
    ...(typeof expr === "string" ? [expr] : []),
    ...(type === "query" ? variableExpressions(isPlainMap(query) ? query["query"] : query) : []),
    ...Object.values(value).flatMap(expressionsIn),
  ];
}

/** Whether a data source, or a data source name, is a Loki data source. */
export function isLoki(dataSource: unknown): boolean {
  const names = isPlainMap(dataSource) ? [dataSource["type"], dataSource["uid"]] : [dataSource];
  return names.some((name) => typeof name === "string" && /loki/i.test(name));
}

/** The expression in the query of a variable: `label_values(up, job)`, `query_result(up)`. */
function variableExpressions(query: unknown): string[] {
  if (typeof query !== "string") return [];
  const call = /^\s*(label_values|query_result)\s*\((.*)\)\s*$/s.exec(query);
  if (call === null) return [];
  const [, name, body = ""] = call;
  if (name === "query_result") return [body];
  const label = body.lastIndexOf(",");
  return label === -1 ? [] : [body.slice(0, label)];
}

/** Replaces a Grafana variable in an expression. */
export const VARIABLE = "GRAFANA_VARIABLE";

/** The expression with each Grafana variable replaced by a name. */
export function withoutVariables(expr: string): string {
  return expr
    .replace(/\[[^\]"'`[]*\$[^\]"'`]*\]/g, "[5m]")
    .replace(/\$\{\w+(:\w+)?\}|\[\[\w+(:\w+)?\]\]|\$\w+/g, VARIABLE);
}

/**
 * The metrics that an expression of a dashboard reads, as regular expressions: like `metricsRead`, but
 * a Grafana variable matches any part of a name. A name that is only a variable is unknown, so it is
 * not part of the result.
 */
export function metricsReadByGrafana(expr: string): string[] {
  return metricsRead(withoutVariables(expr))
    .filter((name) => name !== VARIABLE)
    .map((name) => name.replaceAll(VARIABLE, ".*"));
}

/** Whether only variables name the metrics of an expression. */
export function isNamedByVariable(expr: string): boolean {
  const names = metricsRead(withoutVariables(expr));
  return names.length > 0 && names.every((name) => [VARIABLE, `(?:${VARIABLE})`].includes(name));
}
