import { ports } from "../shared/ports";
import { PrometheusSettings } from "./settings";

/** Settings that determine the names of the chart's objects. */
export type Release = Pick<PrometheusSettings, "releaseName" | "namespace">;

/**
 * Returns the names of the Services. Commands in the documentation use the names for the release
 * `prometheus`.
 */
export function serviceNames({ releaseName }: Pick<Release, "releaseName">) {
  const chart = chartFullname(releaseName);
  return {
    prometheus: `${chart}-prometheus`,
    alertmanager: `${chart}-alertmanager`,
    grafana: releaseName.includes("grafana") ? releaseName : `${releaseName}-grafana`,
  };
}

/** Returns the name prefix of the chart's objects, which the chart truncates to 26 characters. */
export function chartFullname(releaseName: string): string {
  const chart = "kube-prometheus-stack";
  const fullname = releaseName.includes(chart) ? releaseName : `${releaseName}-${chart}`;
  return fullname.slice(0, 26).replace(/-$/, "");
}

/** Returns the URL of Prometheus inside the cluster. */
export function prometheusUrl(release: Release): string {
  return `http://${serviceNames(release).prometheus}.${release.namespace}.svc.cluster.local:${ports.prometheus}`;
}

/**
 * Returns each replica's remote-write URL inside the cluster. The URLs address pods, because the
 * Service would send each replica only some of the samples.
 */
export function remoteWriteUrls(release: Release, replicas: number): string[] {
  const pod = (index: number) => `prometheus-${serviceNames(release).prometheus}-${index}`;
  return Array.from(
    { length: replicas },
    (_, index) =>
      `http://${pod(index)}.prometheus-operated.${release.namespace}.svc.cluster.local:${ports.prometheus}/api/v1/write`,
  );
}

/** Returns the URL of Alertmanager inside the cluster. */
export function alertmanagerUrl(release: Release): string {
  return `http://${serviceNames(release).alertmanager}.${release.namespace}.svc.cluster.local:${ports.alertmanager}`;
}

/**
 * Returns the URL of a namespace's Alertmanagers, through the Service that the operator creates for
 * them.
 */
export function operatedAlertmanagerUrl({ namespace }: Pick<Release, "namespace">): string {
  return `http://alertmanager-operated.${namespace}.svc.cluster.local:${ports.alertmanager}`;
}

/** Returns the URL of Grafana inside the cluster. */
export function grafanaUrl(release: Release): string {
  return `http://${serviceNames(release).grafana}.${release.namespace}.svc.cluster.local`;
}
