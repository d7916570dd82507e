// The chart derives these names from the Helm release `prometheus`: it truncates
// `<release>-<chart>` to 26 characters. The documentation uses these names in its commands.

export const prometheusService = "prometheus-kube-prometheus-prometheus";
export const alertmanagerService = "prometheus-kube-prometheus-alertmanager";
export const grafanaService = "prometheus-grafana";

/** URL of Prometheus inside the cluster. */
export function prometheusUrl(namespace: string): string {
  return `http://${prometheusService}.${namespace}.svc.cluster.local:9090`;
}

/**
 * Remote-write URL of each replica inside the cluster. The URLs address pods, because the Service
 * would send each replica only a part of the samples.
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
