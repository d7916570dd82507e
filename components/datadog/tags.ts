import { DatadogSite } from "./options";

/** URL of the web application of a site. A site with two labels has the prefix `app.`. */
export function datadogUrl(site: DatadogSite): string {
  return `https://${site.split(".").length === 2 ? `app.${site}` : site}/`;
}

/** URL of a trace in the web application of a site, with `{traceId}` as the placeholder of its id. */
export function datadogTraceUrl(site: DatadogSite): string {
  return `${datadogUrl(site)}apm/trace/{traceId}`;
}

/** A cluster's name as Datadog takes it: small letters only, and 80 characters. */
export function datadogClusterName(cluster: string): string {
  return cluster.toLowerCase().slice(0, 80);
}

/** The tag that agents put on everything of a cluster. */
export function clusterTag(cluster: string): string {
  return `kube_cluster_name:${datadogClusterName(cluster)}`;
}
