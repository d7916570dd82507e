/** Port of the blackbox exporter, which requests the URLs of probes. */
export const proberPort = 9115;

/** Module of the exporter: a request that must return a 2xx status after redirects. */
export const httpModule = "http_2xx";

/** Name of the Deployment and the Service of the blackbox exporter of a PrometheusStack. */
export function proberName(releaseName: string): string {
  return `${releaseName}-blackbox-exporter`;
}

/** Address of the blackbox exporter of a PrometheusStack, in the format of a target. */
export function proberAddress(release: { releaseName: string; namespace: string }): string {
  return `${proberName(release.releaseName)}.${release.namespace}.svc.cluster.local:${proberPort}`;
}
