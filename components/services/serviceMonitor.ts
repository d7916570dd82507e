import { podVersion } from "../logs/podLabels";
import { defined } from "../shared/defined";
import { ServiceSettings } from "./settings";

/** Spec of the ServiceMonitor that makes Prometheus scrape one service. */
export function serviceMonitorSpec(service: ServiceSettings): Record<string, unknown> {
  const { scrapeIntervalSeconds } = service;
  const interval = scrapeIntervalSeconds === undefined ? undefined : `${scrapeIntervalSeconds}s`;
  return {
    selector: { matchLabels: service.selector ?? { app: service.name } },
    endpoints: [
      {
        port: service.port,
        path: service.path,
        ...defined({ interval }),
        // Keeps the configured name as `service`, even if the Kubernetes Service has another name.
        relabelings: [{ targetLabel: "service", replacement: service.name }, podVersion],
      },
    ],
  };
}
