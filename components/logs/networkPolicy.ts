import {
  Connections,
  NetworkPolicy,
  kubernetesApi,
  onlyTo,
  podsNamed,
} from "../shared/networkPolicies";
import { LogCollector } from "./options";
import { CollectorSettings } from "./settings";

const metricsPorts = { [LogCollector.Alloy]: 12345, [LogCollector.Promtail]: 3101 };

/**
 * The connections of the collector's pods. The collector reads logs from files, and pod metadata from
 * the API server.
 */
export function collectorPolicy(
  { collector, serviceMonitors, prometheusNamespace: namespace }: CollectorSettings,
  loki: Connections,
): NetworkPolicy {
  const isScraped = serviceMonitors && collector !== LogCollector.None;
  return {
    pods: podsNamed(collector),
    accepts: isScraped
      ? [{ pods: podsNamed("prometheus"), namespace, tcp: [metricsPorts[collector]] }]
      : [],
    opens: onlyTo(kubernetesApi, loki),
  };
}
