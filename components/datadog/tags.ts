import { DatadogSite } from "./settings";

/** Where people of an organisation at this site find a trace. */
export function datadogTraceUrl(site: DatadogSite): string {
  // Sites of two words have their application under `app`, the others are its address themselves.
  const host = site.split(".").length === 2 ? `app.${site}` : site;
  return `https://${host}/apm/trace/{traceId}`;
}

/** A cluster's name as Datadog takes it: small letters only, and 80 characters. */
export function datadogClusterName(cluster: string): string {
  return cluster.toLowerCase().slice(0, 80);
}

/** The tag that agents put on everything of a cluster. */
export function clusterTag(cluster: string): string {
  return `kube_cluster_name:${datadogClusterName(cluster)}`;
}
