import { LogCollector } from "../logs/options";
import { MonitoredServicesSettings } from "../services/settings";
import type * as grafana from "./grafana";
import type { DataSourceUids } from "./grafana";
import { clusterDashboard, nodesDashboard, podsDashboard } from "./kubernetesDashboards";
import { DashboardModel } from "./model";
import { deliveryDashboard, lokiDashboard, prometheusDashboard } from "./platformDashboards";
import { objectivesDashboard, serviceDashboard, servicesDashboard } from "./serviceDashboards";

/** What the dashboards show. */
export interface DashboardSettings {
  /** The monitored services. Default: none, and no dashboards of services. */
  services?: MonitoredServicesSettings | undefined;
  /** Collector of Loki. Default: no Loki. */
  collector?: LogCollector | undefined;
  dataSources: DataSourceUids;
}

/** The dashboards of this library that have data with these settings. */
export function dashboardModels({ services, collector }: DashboardSettings): DashboardModel[] {
  const hasLogs = collector !== undefined;
  return [
    ...(services === undefined
      ? []
      : [
          servicesDashboard(services),
          serviceDashboard(services, hasLogs),
          ...objectivesDashboard(services),
        ]),
    clusterDashboard(),
    nodesDashboard(),
    podsDashboard(services),
    prometheusDashboard(),
    deliveryDashboard(),
    ...(hasLogs ? [lokiDashboard(collector)] : []),
  ];
}

/** JSON of the dashboards, by UID. Loads the SDK of Grafana, which takes longer than building them. */
export function dashboardJson(settings: DashboardSettings): Map<string, string> {
  const { grafanaDashboard } = require("./grafana") as typeof grafana;
  return new Map(
    dashboardModels(settings).map((model) => [
      model.uid,
      JSON.stringify(grafanaDashboard(model, settings.dataSources)),
    ]),
  );
}
