import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type GrafanaModel, panelsOf } from "../../components/dashboards/grafanaModels";
import { scaledExpression } from "./scaledTime";

/** A query of a dashboard, with the place to name in a failure. */
export interface DashboardQuery {
  place: string;
  type: string;
  expr: string;
  instant: boolean;
}

/** A service that the variables of a dashboard select. */
export interface SelectedService {
  namespace: string;
  service: string;
}

/** Where to send queries. `startedAt` is the start of their range, in seconds since 1970. */
export interface DataSources {
  prometheusUrl: string;
  lokiUrl: string;
  startedAt: number;
}

/** The dashboards in the output folder of a preview. */
export function dashboardsIn(out: string): GrafanaModel[] {
  const folder = path.join(out, "dashboards");
  return fs
    .readdirSync(folder)
    .map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as GrafanaModel);
}

/** The queries of all panels, variables and annotations. */
export function queriesOf(models: GrafanaModel[]): DashboardQuery[] {
  return models.flatMap((model) => [
    ...panelsOf(model).flatMap(({ title, datasource, targets = [] }) =>
      targets.map(({ expr, instant = false }) => ({
        place: `${model.uid}: ${title}`,
        type: datasource.type,
        expr,
        instant,
      })),
    ),
    ...model.templating.list.map(({ name, query }) => ({
      place: `${model.uid}: $${name}`,
      type: "prometheus",
      expr: query.query.replace(/^label_values\((.+), \w+\)$/, "$1"),
      instant: true,
    })),
    ...(model.annotations?.list ?? []).map(({ expr }) => ({
      place: `${model.uid}: annotation`,
      type: "prometheus",
      expr,
      instant: false,
    })),
  ]);
}

/** The expression that Grafana sends for the selected service, and for all values elsewhere. */
function interpolated(expr: string, { namespace, service }: SelectedService): string {
  return expr
    .replaceAll(/=~"\$\w+"/g, '=~".+"')
    .replaceAll("$namespace", namespace)
    .replaceAll("$service", service)
    .replaceAll(/\$__(rate_interval|auto)/g, "5m");
}

/** Series or streams that contain a line, or a value that is a number. */
function withData(response: any): Record<string, string>[] {
  const { resultType, result } = response.data ?? {};
  const isPresent = ({ value, values = [value] }: any): boolean =>
    resultType === "streams"
      ? values.length > 0
      : values.some(([, sample]: [number, string]) => sample !== "NaN");
  return (result ?? []).filter(isPresent).map(({ metric, stream }: any) => metric ?? stream);
}

async function get(url: string, parameters: Record<string, string>): Promise<any> {
  const response = await fetch(`${url}?${String(new URLSearchParams(parameters))}`);
  assert.equal(response.status, 200, `${parameters["query"]}: ${await response.clone().text()}`);
  return response.json();
}

/** Labels of the series or streams with which the servers answer a query in scaled time. */
export async function seriesOf(
  query: Omit<DashboardQuery, "place">,
  selected: SelectedService,
  sources: DataSources,
): Promise<Record<string, string>[]> {
  return withData(await answerTo(query, selected, sources));
}

/** The answer of the servers to a query in scaled time. */
export async function answerTo(
  { type, expr, instant }: Omit<DashboardQuery, "place">,
  selected: SelectedService,
  { prometheusUrl, lokiUrl, startedAt }: DataSources,
): Promise<any> {
  const query = scaledExpression(interpolated(expr, selected));
  const range = { start: String(startedAt), end: String(Date.now() / 1000), step: "1" };
  if (type === "loki") return await get(`${lokiUrl}/loki/api/v1/query_range`, { query, ...range });
  const url = `${prometheusUrl}/api/v1/query`;
  return instant ? await get(url, { query }) : await get(`${url}_range`, { query, ...range });
}
