/** Labels and annotation by which Grafana's sidecars load ConfigMaps, as in the chart. */
export const sidecar = {
  dashboardLabels: { grafana_dashboard: "1" },
  dataSourceLabels: { grafana_datasource: "1" },
  folderAnnotation: "grafana_folder",
} as const;
