import {
  Connections,
  NetworkPolicy,
  kubernetesApi,
  onlyTo,
  podsNamed,
} from "../shared/networkPolicies";
import { collectorMetrics } from "./collectorMetrics";
import { LogCollector } from "./enums";
import { CollectorSettings } from "./settings";

/**
 * Returns the connections of the collector's pods. The collector reads logs from files, and pod
 * metadata from the API server.
 */
export function collectorPolicy(
  { collector, serviceMonitors, prometheusNamespace: namespace }: CollectorSettings,
  loki: Connections,
): NetworkPolicy {
  const isScraped = serviceMonitors && collector !== LogCollector.None;
  return {
    pods: podsNamed(collector),
    accepts: isScraped
      ? [{ pods: podsNamed("prometheus"), namespace, tcp: [collectorMetrics[collector].port] }]
      : [],
    opens: onlyTo(kubernetesApi, loki),
  };
}
