/** A cluster's name as Datadog takes it: small letters only, and 80 characters. */
export function datadogClusterName(cluster: string): string {
  return cluster.toLowerCase().slice(0, 80);
}

/** The tag that agents put on everything of a cluster. */
export function clusterTag(cluster: string): string {
  return `kube_cluster_name:${datadogClusterName(cluster)}`;
}
