import { ports } from "../shared/ports";

/** Name of Loki's Helm release, Service and service account. */
export const lokiName = "loki";

/** Returns Loki's URL inside the cluster, for a Grafana data source. */
export function lokiUrl(namespace: string): string {
  return `http://${lokiName}.${namespace}.svc.cluster.local:${ports.loki}`;
}

/** Returns the URL that collectors push log lines to. */
export function lokiPushUrl(namespace: string): string {
  return `${lokiUrl(namespace)}/loki/api/v1/push`;
}
