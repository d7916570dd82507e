/** Name of the release, of its service, and of the service account of Loki. */
export const lokiName = "loki";

/** URL of Loki inside the cluster, as a Grafana data source takes it. */
export function lokiUrl(namespace: string): string {
  return `http://${lokiName}.${namespace}.svc.cluster.local:3100`;
}

/** URL that collectors push log lines to. */
export function lokiPushUrl(namespace: string): string {
  return `${lokiUrl(namespace)}/loki/api/v1/push`;
}
