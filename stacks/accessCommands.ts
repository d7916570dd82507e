import { datadogUrl } from "../components/datadog/tags";
import { lokiName } from "../components/loki/urls";
import { serviceNames } from "../components/prometheus/urls";
import { defined } from "../components/shared/defined";
import { Settings } from "./config/parseConfiguration";

/** Returns port-forward commands for services that are not exposed, and the Datadog URL. */
export function accessCommands(settings: Settings): Record<string, string> {
  const forward = (service: string, local: number, remote: number) =>
    `kubectl port-forward -n ${settings.namespaces.monitoring} svc/${service} ${local}:${remote}  # http://localhost:${local}`;
  const services = settings.prometheus && serviceNames(settings.prometheus);
  return defined({
    grafana: services && forward(services.grafana, 3000, 80),
    prometheus: services && forward(services.prometheus, 9090, 9090),
    alertmanager: services && forward(services.alertmanager, 9093, 9093),
    loki: settings.loki && forward(lokiName, 3100, 3100),
    datadog: settings.datadog && datadogUrl(settings.datadog.site),
  });
}
