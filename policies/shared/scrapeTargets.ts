/** A target that kube-prometheus-stack scrapes. */
export interface ScrapeTarget {
  name: string;
  /** Path of the target's metric relabelings in the chart values. */
  relabelings: string[];
  /** Matches the names of metrics that no other target exposes, except targets with the same prefix. */
  owns: RegExp;
  /** Whether the target exists once per cluster, so only one stack should scrape it. */
  isOfCluster: boolean;
}

/** Targets that kube-prometheus-stack scrapes on a managed cluster. */
export const scrapeTargets: ScrapeTarget[] = [
  target("kubelet", "kubelet.serviceMonitor.metricRelabelings", /^(kubelet|apiserver)_/),
  target("cAdvisor", "kubelet.serviceMonitor.cAdvisorMetricRelabelings", /^(container|machine)_/),
  target("kubelet probes", "kubelet.serviceMonitor.probesMetricRelabelings", /^prober_/),
  target(
    "kube-state-metrics",
    "kube-state-metrics.prometheus.monitor.http.metricRelabelings",
    // The API server and the scheduler expose metrics with the same prefix.
    /^kube_(?!apiserver_|pod_resource_)/,
  ),
  target(
    "node-exporter",
    "prometheus-node-exporter.prometheus.monitor.metricRelabelings",
    // The API server and the controller manager expose metrics with the same prefix.
    /^node_(?!authorizer_|collector_|ipam_)/,
  ),
  target("API server", "kubeApiServer.serviceMonitor.metricRelabelings", /^apiserver_/),
  target("CoreDNS", "coreDns.serviceMonitor.metricRelabelings", /^coredns_/),
  target(
    "Prometheus operator",
    "prometheusOperator.serviceMonitor.metricRelabelings",
    /^prometheus_operator_/,
  ),
  ...[
    target(
      "Prometheus",
      "prometheus.serviceMonitor.metricRelabelings",
      /^prometheus_(?!operator_)/,
    ),
    target("Alertmanager", "alertmanager.serviceMonitor.metricRelabelings", /^alertmanager_/),
    target("Grafana", "grafana.serviceMonitor.metricRelabelings", /^grafana_/),
  ].map((each) => ({ ...each, isOfCluster: false })),
];

function target(name: string, relabelings: string, owns: RegExp): ScrapeTarget {
  return { name, relabelings: relabelings.split("."), owns, isOfCluster: true };
}

/**
 * Returns the targets that may expose a metric: those that own its name, or all targets if none does.
 */
export function targetsWith(metric: string): ScrapeTarget[] {
  const owners = scrapeTargets.filter(({ owns }) => owns.test(metric));
  return owners.length > 0 ? owners : scrapeTargets;
}
