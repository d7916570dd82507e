// The names follow from the Helm release `prometheus`: the chart cuts `<release>-<chart>` at 26
// characters. They are the ones that the port-forward commands of the documentation use.

export const prometheusService = "prometheus-kube-prometheus-prometheus";
export const alertmanagerService = "prometheus-kube-prometheus-alertmanager";
export const grafanaService = "prometheus-grafana";

/** URL of Prometheus inside the cluster. */
export function prometheusUrl(namespace: string): string {
  return `http://${prometheusService}.${namespace}.svc.cluster.local:9090`;
}

/**
 * URL of each replica that takes remote writes, inside the cluster. By their pods: the Service would
 * give each of them a part.
 */
export function remoteWriteUrls(namespace: string, replicas: number): string[] {
  const pod = (index: number) => `prometheus-${prometheusService}-${index}`;
  return Array.from(
    { length: replicas },
    (_, index) =>
      `http://${pod(index)}.prometheus-operated.${namespace}.svc.cluster.local:9090/api/v1/write`,
  );
}

/** URL of Alertmanager inside the cluster. */
export function alertmanagerUrl(namespace: string): string {
  return `http://${alertmanagerService}.${namespace}.svc.cluster.local:9093`;
}

/** URL of Grafana inside the cluster. */
export function grafanaUrl(namespace: string): string {
  return `http://${grafanaService}.${namespace}.svc.cluster.local`;
}
