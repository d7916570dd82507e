import { type DashboardsSettings, dashboardsSettings } from "../../../components/dashboards/settings";
import { dashboardJson } from "../../../components/dashboards/build";

/** A dashboard in the format of Grafana. */
export interface GrafanaModel {
  uid: string;
  title: string;
  panels: GrafanaPanel[];
  templating: { list: { name: string; query: { query: string } }[] };
  annotations?: { list: { expr: string }[] };
}

export interface GrafanaPanel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource: { type: string; uid: string };
  targets?: { refId: string; expr: string; legendFormat?: string; instant?: boolean }[];
  fieldConfig?: { defaults: { unit?: string } };
  gridPos: { x: number; y: number; w: number; h: number };
}

/** Services in every language, with every kind of objective and different thresholds. */
export const servicesInAllLanguages = {
  namespace: "ticketing",
  alerts: { redisPoolMaximum: 50 },
  services: [
    {
      name: "inventory-service",
      language: "go",
      slo: { availabilityPercent: 99.9, latencyMs: 250, latencyPercent: 99 },
      probe: "https://inventory.example.com/health",
    },
    { name: "auth-service", language: "python", alerts: { p99LatencyMs: 400, memoryPercent: 80 } },
    { name: "order-service", language: "java" },
    { name: "web", language: "node" },
    { name: "nightly-report", kind: "job" },
  ],
};

export function settingsOf(args: object): DashboardsSettings {
  const { settings, problems } = dashboardsSettings(args);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
}

export function modelsOf(args: object): GrafanaModel[] {
  return [...dashboardJson(settingsOf(args)).values()].map((json) => JSON.parse(json) as GrafanaModel);
}

/** All panels with queries. */
export function panelsOf({ panels }: GrafanaModel): GrafanaPanel[] {
  return panels.filter(({ type }) => type !== "row");
}
