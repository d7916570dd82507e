import { DatadogSite } from "../components/datadog/options";
import {
  alertmanagerService,
  grafanaService,
  prometheusService,
} from "../components/prometheus/urls";
import { Settings } from "./config/parseConfiguration";

/** How to open each user interface: nothing is public, so each is a port-forward. */
export function accessCommands(settings: Settings): Record<string, string> {
  const forward = (service: string, local: number, remote: number) =>
    `kubectl port-forward -n ${settings.namespaces.monitoring} svc/${service} ${local}:${remote}  # http://localhost:${local}`;
  return {
    grafana: forward(grafanaService, 3000, 80),
    prometheus: forward(prometheusService, 9090, 9090),
    alertmanager: forward(alertmanagerService, 9093, 9093),
    ...(settings.datadog && { datadog: datadogUrl(settings.datadog.site) }),
  };
}

/** The oldest sites have their user interface at `app.`, the others at their own name. */
function datadogUrl(site: DatadogSite): string {
  const underApp: string[] = [DatadogSite.Us1, DatadogSite.Eu1, DatadogSite.Us1Fed];
  return underApp.includes(site) ? `https://app.${site}/` : `https://${site}/`;
}
