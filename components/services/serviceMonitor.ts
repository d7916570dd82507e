import { podVersion } from "../logs/podLabels";
import { defined } from "../shared/defined";
import { WorkloadKind } from "./options";
import { ServiceSettings } from "./settings";

/** The kind of the object that makes Prometheus scrape a service. */
export function monitorKind({ kind }: Pick<ServiceSettings, "kind">) {
  return kind === WorkloadKind.Pods ? "PodMonitor" : "ServiceMonitor";
}

/** Spec of the object that makes Prometheus scrape one service. */
export function monitorSpec(service: ServiceSettings): Record<string, unknown> {
  const { scrapeIntervalSeconds } = service;
  const interval = scrapeIntervalSeconds === undefined ? undefined : `${scrapeIntervalSeconds}s`;
  const endpoint = {
    port: service.port,
    path: service.path,
    ...defined({ interval }),
    // Keeps the configured name as `service`, even if the Kubernetes Service has another name. Targets
    // of a PodMonitor have no such label.
    relabelings: [{ targetLabel: "service", replacement: service.name }, podVersion],
  };
  return {
    selector: { matchLabels: service.selector ?? { app: service.name } },
    [monitorKind(service) === "PodMonitor" ? "podMetricsEndpoints" : "endpoints"]: [endpoint],
  };
}
