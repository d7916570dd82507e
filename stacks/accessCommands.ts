import { datadogUrl } from "../components/datadog/tags";
import { lokiName } from "../components/loki/urls";
import { serviceNames } from "../components/prometheus/urls";
import { defined } from "../components/shared/defined";
import { ports } from "../components/shared/ports";
import { Settings } from "./config/parseConfiguration";

/** Returns port-forward commands for services that are not exposed, and the Datadog URL. */
export function accessCommands(settings: Settings): Record<string, string> {
  const forward = (service: string, port: number, local = port) =>
    `kubectl port-forward -n ${settings.namespaces.monitoring} svc/${service} ${local}:${port}  # http://localhost:${local}`;
  const services = settings.prometheus && serviceNames(settings.prometheus);
  return defined({
    grafana: services && forward(services.grafana, 80, 3000),
    prometheus: services && forward(services.prometheus, ports.prometheus),
    alertmanager: services && forward(services.alertmanager, ports.alertmanager),
    loki: settings.loki && forward(lokiName, ports.loki),
    datadog: settings.datadog && datadogUrl(settings.datadog.site),
  });
}
