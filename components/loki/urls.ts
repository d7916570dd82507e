/** Name of the Helm release, the Service and the service account of Loki. */
export const lokiName = "loki";

/** URL of Loki inside the cluster, for a Grafana data source. */
export function lokiUrl(namespace: string): string {
  return `http://${lokiName}.${namespace}.svc.cluster.local:3100`;
}

/** URL to which collectors push log lines. */
export function lokiPushUrl(namespace: string): string {
  return `${lokiUrl(namespace)}/loki/api/v1/push`;
}
