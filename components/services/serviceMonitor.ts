import { ServiceSettings } from "./settings";
import { podVersion } from "../logs/podLabels";

/** Spec of the ServiceMonitor that makes Prometheus scrape one service. */
export function serviceMonitorSpec(service: ServiceSettings): Record<string, unknown> {
  return {
    selector: { matchLabels: service.selector ?? { app: service.name } },
    endpoints: [
      {
        port: service.port,
        path: service.path,
        ...(service.scrapeIntervalSeconds === undefined
          ? {}
          : { interval: `${service.scrapeIntervalSeconds}s` }),
        // Whatever its Kubernetes Service is called, the series carry the configured name.
        relabelings: [{ targetLabel: "service", replacement: service.name }, podVersion],
      },
    ],
  };
}
