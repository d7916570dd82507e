import { DatadogSite } from "./options";

/** URL of the web application of a site. A site with two labels has the prefix `app.`. */
export function datadogUrl(site: DatadogSite): string {
  return `https://${site.split(".").length === 2 ? `app.${site}` : site}/`;
}

/** URL of a trace in the web application of a site, with `{traceId}` as the placeholder for its ID. */
export function datadogTraceUrl(site: DatadogSite): string {
  return `${datadogUrl(site)}apm/trace/{traceId}`;
}

/** Name of a cluster in the form that Datadog accepts: lowercase, at most 80 characters. */
export function datadogClusterName(cluster: string): string {
  return cluster.toLowerCase().slice(0, 80);
}

/** Tag of all data that the agents of a cluster send. */
export function clusterTag(cluster: string): string {
  return `kube_cluster_name:${datadogClusterName(cluster)}`;
}
