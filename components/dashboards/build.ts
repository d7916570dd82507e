import type * as grafana from "./grafana";
import { jobDashboard } from "./jobDashboard";
import { clusterDashboard, nodesDashboard, podsDashboard } from "./kubernetesDashboards";
import { DashboardModel } from "./model";
import { metricsOf } from "./queries";
import { deliveryDashboard, lokiDashboard, prometheusDashboard } from "./platformDashboards";
import { objectivesDashboard, serviceDashboard, servicesDashboard } from "./serviceDashboards";
import { DashboardsSettings } from "./settings";

/** Returns the dashboards that have data with the given settings. */
export function dashboardModels({
  services,
  logCollector,
}: Pick<DashboardsSettings, "services" | "logCollector">): DashboardModel[] {
  const hasLogs = logCollector !== undefined;
  const metrics = metricsOf(services);
  return [
    ...(metrics === undefined
      ? []
      : [
          servicesDashboard(services),
          serviceDashboard(services, metrics, hasLogs),
          ...objectivesDashboard(services),
          ...jobDashboard(services),
        ]),
    clusterDashboard(),
    nodesDashboard(),
    podsDashboard(services),
    prometheusDashboard(),
    deliveryDashboard(),
    ...(hasLogs ? [lokiDashboard(logCollector)] : []),
  ];
}

/**
 * Returns the dashboards as JSON, keyed by UID. Loads the Grafana SDK only when called, because loading
 * it takes longer than building the dashboards.
 */
export function dashboardJson(settings: DashboardsSettings): Map<string, string> {
  const { grafanaDashboard } = require("./grafana") as typeof grafana;
  const { prometheusUid: prometheus, lokiUid: loki } = settings;
  return new Map(
    dashboardModels(settings).map((model) => [
      model.uid,
      JSON.stringify(grafanaDashboard(model, { prometheus, loki })),
    ]),
  );
}
