import { metricsRead } from "../../policies/shared/metricsRead";
import { isPlainMap } from "../../policies/shared/mergeValues";
import type { DashboardModel } from "./model";

/** Returns the PromQL expressions in one of this library's dashboards. */
export function expressionsOf({ rows, variables, deployments }: DashboardModel): string[] {
  const panels = rows.flatMap((row) => row.panels).filter(({ source }) => source !== "loki");
  return [
    ...panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
    ...variables.map(({ series }) => series),
    ...(deployments === undefined ? [] : [deployments]),
  ];
}

/**
 * Returns the PromQL expressions in a dashboard's JSON (panels, variables and annotations at any depth)
 * or in rules. Skips expressions for Loki data sources.
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

/** Whether a data source, given as an object or by name, is a Loki data source. */
export function isLoki(dataSource: unknown): boolean {
  const names = isPlainMap(dataSource) ? [dataSource["type"], dataSource["uid"]] : [dataSource];
  return names.some((name) => typeof name === "string" && /loki/i.test(name));
}

/**
 * Returns the expression in a variable's query, such as `label_values(up, job)` or `query_result(up)`.
 */
function variableExpressions(query: unknown): string[] {
  if (typeof query !== "string") return [];
  const call = /^\s*(label_values|query_result)\s*\((.*)\)\s*$/s.exec(query);
  if (call === null) return [];
  const [, name, body = ""] = call;
  if (name === "query_result") return [body];
  const label = body.lastIndexOf(",");
  return label === -1 ? [] : [body.slice(0, label)];
}

/** Name that replaces a Grafana variable in an expression. */
export const VARIABLE = "GRAFANA_VARIABLE";

/** Replaces each Grafana variable in an expression with a name, so that the expression can be parsed. */
export function withoutVariables(expr: string): string {
  return expr
    .replace(/\[[^\]"'`[]*\$[^\]"'`]*\]/g, "[5m]")
    .replace(/\$\{\w+(:\w+)?\}|\[\[\w+(:\w+)?\]\]|\$\w+/g, VARIABLE);
}

/**
 * Returns the metrics that a dashboard's expression reads, as regular expressions. Works like
 * `metricsRead`, except that a Grafana variable matches any part of a name, and that a name that is
 * only a variable is omitted.
 */
export function metricsReadByGrafana(expr: string): string[] {
  return metricsRead(withoutVariables(expr))
    .filter((name) => name !== VARIABLE)
    .map((name) => name.replaceAll(VARIABLE, ".*"));
}

/** Whether the expression names its metrics only through variables. */
export function isNamedByVariable(expr: string): boolean {
  const names = metricsRead(withoutVariables(expr));
  return names.length > 0 && names.every((name) => [VARIABLE, `(?:${VARIABLE})`].includes(name));
}
