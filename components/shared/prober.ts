/** Port of the blackbox exporter, which requests the URLs of probes. */
export const proberPort = 9115;

/** Module of the exporter that sends a request and requires a 2xx status, after redirects. */
export const httpModule = "http_2xx";

/** Returns the name of the Deployment and Service of a PrometheusStack's blackbox exporter. */
export function proberName(releaseName: string): string {
  return `${releaseName}-blackbox-exporter`;
}

/** Returns the address of a PrometheusStack's blackbox exporter, as `host:port`. */
export function proberAddress(release: { releaseName: string; namespace: string }): string {
  return `${proberName(release.releaseName)}.${release.namespace}.svc.cluster.local:${proberPort}`;
}
