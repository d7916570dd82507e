/** Job of an exporter whose metrics describe pods and nodes instead of the exporter itself. */
export type Exporter = "kubelet" | "kube-state-metrics" | "node-exporter";

/** A target that kube-prometheus-stack scrapes. */
export interface ScrapeTarget {
  name: string;
  /** Path of the target's metric relabelings in the chart values. */
  relabelings: string[];
  /** Matches the names of metrics that no other target exposes, except targets with the same prefix. */
  owns: RegExp;
  exporter: Exporter | undefined;
  /** Whether the target exists once per cluster, so only one stack should scrape it. */
  isOfCluster: boolean;
}

/** Targets that kube-prometheus-stack scrapes on a managed cluster. */
export const scrapeTargets: ScrapeTarget[] = [
  target("kubelet", "kubelet.serviceMonitor.metricRelabelings", /^(kubelet|apiserver)_/, "kubelet"),
  target(
    "cAdvisor",
    "kubelet.serviceMonitor.cAdvisorMetricRelabelings",
    /^(container|machine)_/,
    "kubelet",
  ),
  target("kubelet probes", "kubelet.serviceMonitor.probesMetricRelabelings", /^prober_/, "kubelet"),
  target(
    "kube-state-metrics",
    "kube-state-metrics.prometheus.monitor.http.metricRelabelings",
    // The API server and the scheduler expose metrics with the same prefix.
    /^kube_(?!apiserver_|pod_resource_)/,
    "kube-state-metrics",
  ),
  target(
    "node-exporter",
    "prometheus-node-exporter.prometheus.monitor.metricRelabelings",
    // The API server and the controller manager expose metrics with the same prefix.
    /^node_(?!authorizer_|collector_|ipam_)/,
    "node-exporter",
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

function target(
  name: string,
  relabelings: string,
  owns: RegExp,
  exporter?: Exporter,
): ScrapeTarget {
  return { name, relabelings: relabelings.split("."), owns, exporter, isOfCluster: true };
}

/**
 * Returns the targets that may expose a metric: those that own its name, or all targets if none does.
 */
export function targetsWith(metric: string): ScrapeTarget[] {
  const owners = scrapeTargets.filter(({ owns }) => owns.test(metric));
  return owners.length > 0 ? owners : scrapeTargets;
}

/**
 * Returns the exporter that alone exposes a metric; undefined for metrics of other targets and for series
 * that a rule records.
 */
export function exporterOf(metric: string): Exporter | undefined {
  if (metric.includes(":")) return undefined;
  const [exporter, ...others] = new Set(targetsWith(metric).map((owner) => owner.exporter));
  return others.length === 0 ? exporter : undefined;
}
