import { secrets } from "../../components/secrets/secrets";

/**
 * Component arguments that the stack sets, each with the configuration key that determines it. An entry
 * that starts with the name of a part applies only to that part, and takes precedence.
 */
const argumentKeys: Record<string, string> = {
  cluster: "cluster.name",
  environment: "environmentName",
  namespace: "namespaces",
  labels: "labels",
  imageRegistry: "imageRegistry",
  networkPolicies: "networkPolicies",
  nodeSelector: "placement.nodeSelector",
  tolerations: "placement.tolerations",
  priorityClassName: "placement.priorityClassName",
  storageClassName: "storage.className",
  lokiUrl: "loki",
  traceUrl: "datadog",
  remoteWriteReceiver: "loki.logMetricNamespaces",
  blackboxExporter: "services[].probe",
  remoteWriteUrls: "loki.logMetricNamespaces",
  oidcProviderArn: "cluster",
  oidcIssuerUrl: "cluster",
  alertRules: "alerts.rules",
  runbookBaseUrl: "alerts.runbookBaseUrl",
  dashboardBaseUrl: "alerts.dashboardBaseUrl",
  alertmanagerUrl: "alertmanager",
  "slack.alertmanagerUrl": "alertmanager.externalUrl",
  "slack.prometheusUrl": "prometheus.externalUrl",
  "slack.receivers": "receivers",
  "slack.grafanaUrl": "grafana.externalUrl",
  "services.retentionDays": "prometheus.retentionDays",
  "services.prober": "prometheus.releaseName",
  selectorLabels: "existingPrometheus.labels",
  ampWorkspaceArn: "existingPrometheus.ampWorkspaceArn",
  prometheusNamespace: "existingPrometheus.namespace",
  alertmanager: "alertmanager",
  grafana: "grafana",
  services: "services",
  alerts: "alerts",
  ...Object.fromEntries(secrets.map(({ argument, key }) => [argument, key])),
};

/**
 * Returns the configuration key that determines an argument, or undefined if the part itself sets the
 * argument.
 */
export function keyOfArgument(part: string, argument: unknown): string | undefined {
  const name = String(argument);
  const key = [`${part}.${name}`, name].find((candidate) => Object.hasOwn(argumentKeys, candidate));
  return key === undefined ? undefined : argumentKeys[key];
}
