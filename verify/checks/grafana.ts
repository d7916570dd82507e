import { dashboardModels } from "../../components/dashboards/build";
import { readDashboards } from "../../components/dashboards/readDashboards";
import type { SettingsWithPrometheus } from "../../stacks/config/parseConfiguration";
import { type Check, listed, pass } from "./check";
import { podLogs } from "./podLogs";

/** Checks that Grafana can reach each data source. */
export function dataSourceChecks({ namespaces, loki }: SettingsWithPrometheus): Check[] {
  return ["prometheus", ...(loki === undefined ? [] : ["loki"])].map((uid) => ({
    name: `data source ${uid}`,
    next: podLogs(namespaces.monitoring, "grafana", "grafana"),
    run: async ({ grafana: open }) => {
      const grafana = await open();
      const path = `/api/datasources/uid/${uid}`;
      if ((await grafana.find(path)) === undefined) {
        return { status: "fail", evidence: "does not exist in Grafana" };
      }
      // Grafana responds with status 400 if the data source is unhealthy.
      const { text } = await grafana.send(`${path}/health`);
      const { status, message = "" } = JSON.parse(text) as { status?: string; message?: string };
      return status === "OK"
        ? pass(message)
        : { status: "fail", evidence: `${status}: ${message}` };
    },
  }));
}

interface FoundDashboard {
  uid: string;
  title: string;
  folderTitle?: string;
}

/**
 * Checks that Grafana has the dashboards of this library and of `dashboardsFolder`, and as many
 * community dashboards as configured.
 */
export function dashboardsCheck(settings: SettingsWithPrometheus): Check {
  const { namespaces, prometheus, services, loki } = settings;
  const builtIn = dashboardModels({
    services,
    ...(loki !== undefined && { logCollector: loki.collector }),
  }).map(({ uid }) => uid);
  const { dashboardsFolder, communityDashboards } = prometheus.grafana;
  return {
    name: "dashboards",
    next: podLogs(namespaces.monitoring, "grafana", "grafana-sc-dashboard"),
    run: async ({ grafana: open }) => {
      const loaded = await (
        await open()
      ).json<FoundDashboard[]>("/api/search?type=dash-db&limit=5000");
      const configured = dashboardsFolder === undefined ? [] : titlesIn(dashboardsFolder);
      const missing = [
        ...builtIn.filter((uid) => !loaded.some((dashboard) => dashboard.uid === uid)),
        ...configured.filter((title) => !loaded.some((dashboard) => dashboard.title === title)),
      ];
      if (missing.length > 0) {
        return { status: "fail", evidence: `Grafana does not have ${listed(missing)}` };
      }
      const community = loaded.filter(({ folderTitle }) => folderTitle === "Community").length;
      const evidence = `${builtIn.length} built-in, ${configured.length} of your own, ${community} of ${communityDashboards.length} community dashboards`;
      if (community >= communityDashboards.length) return pass(evidence);
      return {
        status: "warn",
        evidence: `${evidence}: Grafana downloads them from grafana.com when it starts`,
        next: podLogs(namespaces.monitoring, "grafana", "download-dashboards"),
      };
    },
  };
}

function titlesIn(folder: string): string[] {
  const { settings = [] } = readDashboards(folder);
  return settings.map(({ json }) => (JSON.parse(json) as { title: string }).title);
}
