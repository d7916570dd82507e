import { DatadogSite } from "./enums";

/** Returns the URL of a site's web application. Sites with a two-label domain use the prefix `app.`. */
export function datadogUrl(site: DatadogSite): string {
  return `https://${site.split(".").length === 2 ? `app.${site}` : site}/`;
}

/** Returns the URL of a trace in a site's web application, with the placeholder `{traceId}`. */
export function datadogTraceUrl(site: DatadogSite): string {
  return `${datadogUrl(site)}apm/trace/{traceId}`;
}

/** Converts a cluster name to the form that Datadog accepts: lowercase, at most 80 characters. */
export function datadogClusterName(cluster: string): string {
  return cluster.toLowerCase().slice(0, 80);
}

/** Returns the tag that a cluster's agents add to all data. */
export function clusterTag(cluster: string): string {
  return `kube_cluster_name:${datadogClusterName(cluster)}`;
}
