/**
 * The one table of Helm charts this library deploys: exact versions, and the repository that
 * open-source users install from today. A chart is only upgraded here, together with the key lists
 * in `test/charts` and an entry in CHANGELOG.md.
 */
export interface Chart {
  /** Name of the chart in its repository. */
  name: string;
  /** Exact chart version. */
  version: string;
  /** Helm repository (`https://…`) or OCI registry (`oci://…`) that serves the chart. */
  repository: string;
}

export const charts = {
  kubePrometheusStack: {
    name: "kube-prometheus-stack",
    version: "88.5.3",
    repository: "https://prometheus-community.github.io/helm-charts",
  },
  // The chart of the same name at grafana.github.io is for Grafana Enterprise Logs only since
  // 2026-03-16; open-source Loki moved to the community repository.
  loki: {
    name: "loki",
    version: "18.11.0",
    repository: "https://grafana-community.github.io/helm-charts",
  },
  alloy: {
    name: "alloy",
    version: "1.11.1",
    repository: "https://grafana.github.io/helm-charts",
  },
  // End of life since 2026-03-02; kept for teams that are not ready to move to Alloy.
  promtail: {
    name: "promtail",
    version: "6.17.1",
    repository: "https://grafana.github.io/helm-charts",
  },
  datadog: {
    name: "datadog",
    version: "3.240.0",
    repository: "https://helm.datadoghq.com",
  },
} as const satisfies Record<string, Chart>;
