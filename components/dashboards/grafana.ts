import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { type DataSourceRef, ReduceDataOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import * as logsPanel from "@grafana/grafana-foundation-sdk/logs";
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as statPanel from "@grafana/grafana-foundation-sdk/stat";
import * as tablePanel from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { DashboardUid, linkedPanels } from "../alerting/dashboardLinks";
import { DashboardModel, Panel, Query, Variable } from "./model";
import { thresholdLegend } from "./queries";
import { serviceRowLink } from "./serviceDashboards";

/** Grafana UIDs of the data sources that dashboards query. */
export interface DataSourceUids {
  prometheus: string;
  loki: string;
}

/** Tag on every dashboard, which the links between dashboards use. */
const tag = "observability";
/** First ID for rows and for panels that no alert links to. Linked panels have lower IDs. */
const firstFreeId = 101;

/** Renders a dashboard in the format that Grafana loads. */
export function grafanaDashboard(model: DashboardModel, uids: DataSourceUids): sdk.Dashboard {
  const metrics = dataSource("prometheus", uids);
  const builder = new sdk.DashboardBuilder(model.title)
    .uid(model.uid)
    .description(model.description)
    .tags([tag])
    .readonly()
    .timezone("browser")
    .refresh("1m")
    .time({ from: model.from ?? "now-6h", to: "now" })
    .tooltip(sdk.DashboardCursorSync.Crosshair)
    .variables(model.variables.map((variable) => variableBuilder(variable, metrics)))
    .link(
      new sdk.DashboardLinkBuilder("Dashboards")
        .type(sdk.DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .keepTime(true),
    );
  if (model.deployments !== undefined) {
    builder.annotation(
      new sdk.AnnotationQueryBuilder()
        .name("Deployments")
        .datasource(metrics)
        .enable(true)
        .iconColor("blue")
        .expr(model.deployments)
        .titleFormat("{{container}}")
        .textFormat("{{image}}"),
    );
  }
  let nextId = firstFreeId;
  for (const { title, panels } of model.rows) {
    builder.withRow(new sdk.RowBuilder(title).id(nextId++));
    for (const panel of panels) {
      builder.withPanel(panelBuilder(panel, panelId(panel, model.uid) ?? nextId++, uids));
    }
  }
  return builder.build();
}

function panelId({ link }: Panel, uid: DashboardUid): number | undefined {
  const target = link && linkedPanels[link];
  return target?.dashboard === uid ? target.id : undefined;
}

function dataSource(type: keyof DataSourceUids, uids: DataSourceUids): DataSourceRef {
  return { type, uid: uids[type] };
}

function variableBuilder({ name, series, multiple = false }: Variable, metrics: DataSourceRef) {
  const builder = new sdk.QueryVariableBuilder(name)
    .datasource(metrics)
    .query({ query: `label_values(${series}, ${name})`, refId: name })
    .refresh(sdk.VariableRefresh.OnTimeRangeChanged)
    .sort(sdk.VariableSort.AlphabeticalAsc)
    .multi(multiple)
    .includeAll(multiple);
  return multiple ? builder.current({ text: "All", value: "$__all" }) : builder;
}

function panelBuilder(panel: Panel, id: number, uids: DataSourceUids): Builder<sdk.Panel> {
  const builder = { graph, stat, table, logs }[panel.kind](panel)
    .id(id)
    .title(panel.title)
    .datasource(dataSource(panel.source ?? "prometheus", uids))
    .targets(panel.queries.map((query, index) => target(panel, query, index)));
  if (panel.width !== undefined) builder.span(panel.width);
  return panel.description === undefined ? builder : builder.description(panel.description);
}

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

function target(panel: Panel, { expr, legend }: Query, index: number): Builder<Dataquery> {
  if (panel.source === "loki") {
    return new loki.DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend);
  }
  const query = new prometheus.DataqueryBuilder().refId(refId(index)).expr(expr);
  if (panel.kind === "graph") return query.range().legendFormat(legend);
  return panel.kind === "table"
    ? query.instant().format(prometheus.PromQueryFormat.Table)
    : query.instant();
}

function graph({ unit }: Panel) {
  return new timeseries.PanelBuilder()
    .unit(unit)
    .span(6)
    .height(8)
    .axisSoftMin(0)
    .overrideByName(thresholdLegend, [
      { id: "color", value: { mode: "fixed", fixedColor: "red" } },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
    ]);
}

function stat({ unit }: Panel) {
  return new statPanel.PanelBuilder()
    .unit(unit)
    .span(4)
    .height(4)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
}

/**
 * Renders a table. Grafana names each query's value `Value #<refId>`, so the columns are renamed to the
 * legends.
 */
function table({ queries, unit }: Panel) {
  const renamed = queries.map(({ legend }, index): [string, string] => [
    `Value #${refId(index)}`,
    legend,
  ]);
  const builder = new tablePanel.PanelBuilder()
    .unit(unit)
    .span(24)
    .height(10)
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: { Time: true, __name__: true },
        renameByName: Object.fromEntries(renamed),
      },
    })
    .overrideByName("service", [
      { id: "links", value: [{ title: "Dashboard of the service", url: serviceRowLink }] },
    ]);
  for (const { legend, unit: columnUnit } of queries) {
    if (columnUnit !== undefined) builder.overrideByName(legend, [{ id: "unit", value: columnUnit }]);
  }
  return builder;
}

function logs() {
  return new logsPanel.PanelBuilder().span(24).height(12).showTime(true).wrapLogMessage(true);
}
