import { hideSecrets } from "../../components/shared/hideSecrets";
import { Checked, Problem } from "../../components/shared/problems";
import { Values } from "../../components/shared/mergeValues";
import { isMap } from "../../policies/shared/isMap";

// The parts of the configuration: what each may set, and how the CLI writes it.

/** Chart values by the release they are for. */
export interface ChartValues {
  prometheus?: Values;
  loki?: Values;
  collector?: Values;
  datadog?: Values;
}

export type PartName =
  "prometheus" | "alertmanager" | "grafana" | "loki" | "datadog" | "datadogMonitors" | "slack";

/** Arguments that the stack gives to a component, and the key that decides each of them. */
export const reserved: Record<string, string> = {
  cluster: "cluster.name",
  environment: "environmentName",
  namespace: "namespaces",
  labels: "labels",
  imageRegistry: "imageRegistry",
  storageClassName: "storage.className",
  lokiUrl: "loki",
  alertmanagerUrl: "alertmanager",
  apiKey: "datadogApiKey",
  appKey: "datadogAppKey",
  webhookUrl: "slackWebhookUrl",
  webhookUrls: "slackWebhookUrls",
  botToken: "slackBotToken",
  heartbeatUrl: "heartbeatUrl",
  pagerDutyRoutingKey: "pagerDutyRoutingKey",
  criticalWebhookUrl: "criticalWebhookUrl",
  grafanaUrl: "grafana.externalUrl",
  prometheusUrl: "prometheus.externalUrl",
  runbookBaseUrl: "alerts.runbookBaseUrl",
  dashboardBaseUrl: "alerts.dashboardBaseUrl",
  remoteWriteReceiver: "loki.logMetricNamespaces",
  remoteWriteUrls: "loki.logMetricNamespaces",
  traceUrl: "datadog",
  oidcProviderArn: "cluster",
  oidcIssuerUrl: "cluster",
  alertmanager: "alertmanager",
  grafana: "grafana",
  services: "services",
  alerts: "alerts",
};

/** What is wrong with keys that the stack decides elsewhere. */
export function reservedKeys(part: PartName, values: Record<string, unknown>): Problem[] {
  return Object.keys(values)
    .filter((key) => Object.hasOwn(reserved, key))
    .map((key) => ({
      path: [part, key],
      value: hideSecrets([part, key], values[key]),
      rule: `is decided by monitoring:${reserved[key]}`,
      fix: { kind: "remove" },
    }));
}

/** The keys of a part that hold chart values, and the release that these are for. */
export const valuesKeys = {
  prometheus: { values: "prometheus" },
  loki: { values: "loki", collectorValues: "collector" },
  datadog: { values: "datadog" },
} as const;

export type ChartPart = keyof typeof valuesKeys;

/** The chart values of a part, by release. */
export function ownValues(
  part: ChartPart,
  given: Record<string, unknown> = {},
): Checked<ChartValues> {
  const entries = Object.entries(valuesKeys[part]).filter(([key]) => given[key] !== undefined);
  const problems = entries
    .filter(([key]) => !isMap(given[key]))
    .map(([key]): Problem => {
      const fix: Problem["fix"] = { kind: "remove" };
      const value = hideSecrets([part, key], given[key]);
      return { path: [key], value, rule: "must be a map of chart values", fix };
    });
  if (problems.length > 0) return { problems };
  return { settings: Object.fromEntries(entries.map(([key, release]) => [release, given[key]])) };
}

/** What a part sets itself: neither decided elsewhere nor chart values. */
export function settingsIn(
  part: PartName,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const elsewhere = { ...reserved, ...(part in valuesKeys && valuesKeys[part as ChartPart]) };
  return Object.fromEntries(
    Object.entries(given).filter(([key]) => !Object.hasOwn(elsewhere, key)),
  );
}

/**
 * `pulumi config set --path` keeps a fraction as a text unless told its type. Thresholds and
 * objectives are all numbers.
 */
export function withDecimals(value: unknown): unknown {
  if (typeof value === "string") return /^\d+\.\d+$/.test(value) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(withDecimals);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, withDecimals(item)]),
  );
}

/** The same, for the numbers of one service. */
export function withDecimalSettings(service: unknown): unknown {
  if (typeof service !== "object" || service === null) return service;
  const numeric = Object.entries(service).filter(([key]) => key === "slo" || key === "alerts");
  return {
    ...service,
    ...Object.fromEntries(numeric.map(([key, value]) => [key, withDecimals(value)])),
  };
}

/** In the configuration a community dashboard may be given by its number alone. */
export function withDashboardIds(grafana: Record<string, unknown>): Record<string, unknown> {
  const { communityDashboards } = grafana;
  if (!Array.isArray(communityDashboards)) return grafana;
  return {
    ...grafana,
    communityDashboards: communityDashboards.map((dashboard: unknown) =>
      typeof dashboard === "number" ? { id: dashboard } : dashboard,
    ),
  };
}
