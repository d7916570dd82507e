import { readDashboards } from "../components/dashboards/readDashboards";
import { Checked, Problem, check } from "../components/internal/problems";
import { DatadogSettings, datadogSettings } from "../components/settings/datadog";
import { LokiSettings, lokiSettings } from "../components/settings/loki";
import { PrometheusSettings, prometheusSettings } from "../components/settings/prometheus";
import { MonitoredServicesSettings, servicesSettings } from "../components/settings/services";
import { SlackSettings, slackSettings } from "../components/settings/slack";
import { configSecretName, webhookSecretName } from "../components/alerting/alertmanagerConfig";
import { lokiUrl } from "../components/values/lokiUrl";
import { mergeValues } from "../components/values/mergeValues";
import { alertmanagerUrl } from "../components/values/prometheusUrls";
import { dev } from "./dev";
import { Preset } from "./preset";
import { prod } from "./prod";
import { ClusterMode, ClusterSettings, Configuration, PresetName, configurationSchema } from "./settings";

/** Keys that hold secrets; all others are plain. */
export const secretKeys = ["datadogApiKey", "datadogAppKey", "slackWebhookUrl"] as const;
export type SecretKey = (typeof secretKeys)[number];

/** The configuration of a stack as found, without the namespace of its keys. */
export interface RawConfiguration {
  /** Every plain key; lists and maps already parsed. */
  values: Record<string, unknown>;
  /** Which secrets are set. */
  secrets: SecretKey[];
  /** The region of the AWS provider, `aws:region`. */
  region?: string | undefined;
}

/** Everything that decides what is deployed; plain, complete and checked. */
export interface Settings {
  preset: PresetName;
  cluster: ClusterSettings;
  namespaces: Configuration["namespaces"];
  storage: { className: string; create: boolean };
  labels: Record<string, string>;
  protectData: boolean;
  prometheus: PrometheusSettings;
  loki?: LokiSettings;
  datadog?: DatadogSettings;
  slack?: SlackSettings;
  services: MonitoredServicesSettings;
}

const presets: Record<PresetName, Preset> = { dev, prod };

/**
 * Configuration to Settings: the preset, under the user's own values, checked by the components
 * that will receive them. Everything that is wrong is reported at once, in the user's own keys.
 */
export function parseConfiguration(raw: RawConfiguration): Checked<Settings> {
  const structure = check(configurationSchema, raw.values);
  const problems = [...(structure.problems ?? [])];
  const top = structure.settings ?? readableParts(raw.values);
  const preset = presets[top.environment];
  const environment = top.environmentName ?? top.environment;
  const storage = storageOf(top);
  const { monitoring, application } = top.namespaces;

  const shared = {
    cluster: top.cluster.name,
    environment,
    labels: top.labels,
  };
  const charted = {
    ...shared,
    ...(top.imageRegistry === undefined ? {} : { imageRegistry: top.imageRegistry }),
  };
  const accept = <T>(part: string, checked: Checked<T>): T | undefined => {
    if (checked.problems === undefined) return checked.settings;
    problems.push(...checked.problems.map((problem) => inConfiguration(part, problem)));
    return undefined;
  };
  const given = (secret: SecretKey) => (raw.secrets.includes(secret) ? true : undefined);
  const own = (part: PartName, presetValues: Record<string, unknown> = {}) => {
    const values = top[part] ?? {};
    problems.push(...reservedKeys(part, values));
    return mergeValues(presetValues, withoutReserved(values));
  };

  const slack =
    top.slack &&
    accept(
      "slack",
      slackSettings({
        ...own("slack"),
        ...shared,
        namespace: monitoring,
        webhookUrl: given("slackWebhookUrl"),
      }),
    );
  const prometheus = accept(
    "prometheus",
    prometheusSettings({
      ...own("prometheus", preset.prometheus),
      alertmanager: {
        ...own("alertmanager", preset.alertmanager),
        ...(top.slack && {
          configSecretName,
          mountedSecretNames: [slack?.existingSecret ?? webhookSecretName],
        }),
      },
      grafana: withDashboardIds(own("grafana")),
      ...charted,
      namespace: monitoring,
      storageClassName: storage.className,
      ...(top.loki && { lokiUrl: lokiUrl(monitoring) }),
    }),
  );
  const folder = prometheus?.grafana.dashboardsFolder;
  if (folder !== undefined) accept("dashboards", readDashboards(folder));
  const loki =
    top.loki &&
    accept(
      "loki",
      lokiSettings({
        ...(raw.region === undefined ? {} : { region: raw.region }),
        ...own("loki", preset.loki),
        ...charted,
        namespace: monitoring,
        storageClassName: storage.className,
        alertmanagerUrl: alertmanagerUrl(monitoring),
        // What is unknown until the cluster answers is given to the component by the topology.
        oidcProviderArn: true,
        oidcIssuerUrl: true,
      }),
    );
  if (loki?.awsIdentity === "irsa" && top.cluster.mode === ClusterMode.Kubeconfig) {
    problems.push({
      path: ["loki", "awsIdentity"],
      value: "irsa",
      rule: "needs a cluster of the mode existing or create, which knows its OIDC provider",
      fix: { kind: "set", example: "podIdentity" },
    });
  }
  const datadog =
    top.datadog &&
    accept(
      "datadog",
      datadogSettings({
        ...own("datadog", preset.datadog),
        ...charted,
        namespace: application,
        apiKey: given("datadogApiKey"),
        appKey: given("datadogAppKey"),
      }),
    );
  const services = accept(
    "services",
    servicesSettings({
      ...shared,
      namespace: application,
      services: top.services,
      alerts: top.alerts,
    }),
  );

  if (problems.length > 0 || prometheus === undefined || services === undefined) {
    return { problems: distinct(problems) };
  }
  return {
    settings: {
      preset: top.environment,
      cluster: top.cluster,
      namespaces: top.namespaces,
      storage,
      labels: top.labels,
      protectData: prometheus.protectData,
      prometheus,
      ...(loki && { loki }),
      ...(datadog && { datadog }),
      ...(slack && { slack }),
      services,
    },
  };
}

type PartName = "prometheus" | "alertmanager" | "grafana" | "loki" | "datadog" | "slack";

/** Arguments that the stack gives to a component, and the key that decides each of them. */
const reserved: Record<string, string> = {
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
  oidcProviderArn: "cluster",
  oidcIssuerUrl: "cluster",
  alertmanager: "alertmanager",
  grafana: "grafana",
};

function reservedKeys(part: PartName, values: Record<string, unknown>): Problem[] {
  return Object.keys(values)
    .filter((key) => Object.hasOwn(reserved, key))
    .map((key) => ({
      path: [part, key],
      value: values[key],
      rule: `is decided by monitoring:${reserved[key]}`,
      fix: { kind: "remove" },
    }));
}

function withoutReserved(values: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => !Object.hasOwn(reserved, key)),
  );
}

/** In the configuration a community dashboard may be given by its number alone. */
function withDashboardIds(grafana: Record<string, unknown>): Record<string, unknown> {
  const { communityDashboards } = grafana;
  if (!Array.isArray(communityDashboards)) return grafana;
  return {
    ...grafana,
    communityDashboards: communityDashboards.map((dashboard: unknown) =>
      typeof dashboard === "number" ? { id: dashboard } : dashboard,
    ),
  };
}

/** What can be judged of a configuration whose structure is wrong, so that all of it is judged. */
function readableParts(values: Record<string, unknown>): Configuration {
  const readable: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(configurationSchema.shape)) {
    const result = schema.safeParse(values[key]);
    if (result.success) readable[key] = result.data;
  }
  return {
    environment: "dev",
    cluster: { name: "unknown", mode: ClusterMode.Existing },
    namespaces: { monitoring: "monitoring", application: "ticketing", existing: [] },
    storage: {},
    labels: {},
    prometheus: {},
    alertmanager: {},
    grafana: {},
    alerts: {},
    services: [],
    ...readable,
  };
}

function storageOf({ cluster, storage }: Configuration): Settings["storage"] {
  return {
    className: storage.className ?? (cluster.mode === ClusterMode.Kubeconfig ? "" : "gp3"),
    create: storage.create ?? cluster.mode === ClusterMode.Create,
  };
}

/** A component's problem, told in the keys of the configuration. */
function inConfiguration(part: string, problem: Problem): Problem {
  const [first, ...rest] = problem.path;
  const secrets: Record<string, SecretKey> = {
    apiKey: "datadogApiKey",
    appKey: "datadogAppKey",
    webhookUrl: "slackWebhookUrl",
  };
  if (part === "dashboards") return { ...problem, path: ["grafana", "dashboardsFolder", ...problem.path] };
  if (first === "imageRegistry") return { ...problem, path: ["imageRegistry"] };
  if (first === "storageClassName") return { ...problem, path: ["storage", "className"] };
  const secret = secrets[String(first)];
  if (secret !== undefined) return { ...problem, path: [secret] };
  const atTop = part === "services" || first === "alertmanager" || first === "grafana";
  return { ...problem, path: atTop && first !== undefined ? [first, ...rest] : [part, ...problem.path] };
}

function distinct(problems: Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [JSON.stringify([problem.path, problem.rule]), problem])).values(),
  ];
}
