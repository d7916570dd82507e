/** A Helm chart that this library deploys. */
export interface Chart {
  /** Name of the chart in its repository. */
  name: string;
  /** Exact chart version. */
  version: string;
  /** Helm repository (`https://…`) or OCI registry (`oci://…`) that serves the chart. */
  repository: string;
}

/**
 * Charts that this library deploys, with their exact versions and the repositories that serve their
 * open-source editions. To upgrade a chart, edit it here, update the key lists in `test/charts`, and
 * add an entry to CHANGELOG.md.
 */
export const charts = {
  kubePrometheusStack: {
    name: "kube-prometheus-stack",
    version: "88.5.3",
    repository: "https://prometheus-community.github.io/helm-charts",
  },
  // Since 2026-03-16, the chart of the same name at grafana.github.io deploys only Grafana Enterprise
  // Logs. The chart for open-source Loki moved to the community repository.
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
  // Promtail reached end of life on 2026-03-02. It remains for teams that have not moved to Alloy yet.
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
