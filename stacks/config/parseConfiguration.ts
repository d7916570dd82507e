import { closest } from "fastest-levenshtein";
import { configSecretName } from "../../components/slack/alertmanagerConfig";
import { webhookSecretName } from "../../components/slack/secret";
import { readDashboards } from "../../components/dashboards/readDashboards";
import { HostnameSource, NodeOs } from "../../components/datadog/options";
import { Checked, Problem, check } from "../../components/shared/problems";
import { DatadogSettings, datadogSchema, datadogSettings } from "../../components/datadog/settings";
import {
  DatadogMonitorsSettings,
  datadogMonitorsSettings,
} from "../../components/datadog/monitors/settings";
import { LokiSettings, lokiSettings } from "../../components/loki/settings";
import { PrometheusSettings, prometheusSettings } from "../../components/prometheus/settings";
import { MonitoredServicesSettings, servicesSettings } from "../../components/services/settings";
import { SlackSettings, slackSettings } from "../../components/slack/settings";
import { datadogTraceUrl } from "../../components/datadog/tags";
import { lokiUrl } from "../../components/loki/urls";
import { mergeValues } from "../../components/shared/mergeValues";
import { alertmanagerUrl, remoteWriteUrls } from "../../components/prometheus/urls";
import { SecretKey } from "../../components/shared/secrets";
import { CostSettings, costSettings } from "./cost";
import { dev } from "../presets/dev";
import {
  ChartValues,
  PartName,
  ownValues,
  reservedKeys,
  settingsIn,
  withDashboardIds,
  withDecimalSettings,
  withDecimals,
} from "./parts";
import { Preset } from "../presets/preset";
import { prod } from "../presets/prod";
import { amongKeysOfStack, retold } from "./retoldProblems";
import {
  ClusterMode,
  ClusterSettings,
  Configuration,
  PresetName,
  configurationSchema,
} from "./schema";
import { withoutTooDeep } from "./tooDeep";

/** The configuration of a stack as found, without the namespace of its keys. */
export interface RawConfiguration {
  /** Every plain key; lists and maps already parsed. */
  values: Record<string, unknown>;
  /** Which secrets are set. */
  secrets: SecretKey[];
  /** The channels in `slackWebhookUrls` and whether there is a webhook for each; true for no map. */
  webhookChannels?: Record<string, boolean> | true;
  /** Which keys Datadog's provider is configured with: `datadog:apiKey`, `datadog:appKey`. */
  datadogProviderKeys?: string[];
  /** The region of the AWS provider, `aws:region`. */
  region?: string | undefined;
}

/** Everything that decides what is deployed; plain, complete and checked. */
export interface Settings {
  preset: PresetName;
  cluster: ClusterSettings;
  namespaces: Namespaces;
  storage: { className: string; create: boolean };
  labels: Record<string, string>;
  protectData: boolean;
  prometheus: PrometheusSettings;
  loki?: LokiSettings;
  datadog?: DatadogSettings;
  datadogMonitors?: DatadogMonitorsSettings;
  slack?: SlackSettings;
  services: MonitoredServicesSettings;
  /** What the estimate of retention and cost assumes. */
  cost: CostSettings;
  /** The user's own chart values, merged last. */
  chartValues: ChartValues;
}

/** Names of the namespaces. */
export interface Namespaces {
  monitoring: string;
  application: string;
  datadog: string;
  /** Those that exist already and are left as they are. */
  existing: string[];
}

const presets: Record<PresetName, Preset> = { dev, prod };

/**
 * Configuration to Settings: the preset, under the user's own values, checked by the components
 * that will receive them. Everything that is wrong is reported at once, in the user's own keys.
 */
export function parseConfiguration(raw: RawConfiguration): Checked<Settings> {
  const values = withoutTooDeep(raw.values);
  const structure = check(configurationSchema, values.readable);
  const problems = [
    ...values.problems,
    ...(structure.problems ?? []).map((problem) => amongKeysOfStack(problem, raw)),
  ];
  const top = structure.settings ?? readableParts(values.readable);
  const preset = presets[top.environment];
  const environment = top.environmentName ?? top.environment;
  const storage = storageOf(top);
  if (storage.create && storage.className === "") {
    problems.push({
      path: ["storage", "className"],
      rule: "must be the name of the class to create",
      fix: { kind: "set", example: "gp3" },
    });
  }
  const { monitoring, application, datadog: agentNamespace = application } = top.namespaces;

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
    problems.push(...checked.problems.map((problem) => retold(part, problem, top)));
    return undefined;
  };
  const given = (secret: SecretKey) => (raw.secrets.includes(secret) ? true : undefined);
  const own = (part: PartName, presetValues: Record<string, unknown> = {}) => {
    const values = top[part] ?? {};
    problems.push(...reservedKeys(part, values));
    return mergeValues(presetValues, settingsIn(part, values));
  };
  const chartValues: ChartValues = {
    ...accept("prometheus", ownValues("prometheus", top.prometheus)),
    ...accept("loki", ownValues("loki", top.loki)),
    ...accept("datadog", ownValues("datadog", top.datadog)),
  };

  const slack =
    top.slack &&
    accept(
      "slack",
      slackSettings({
        ...own("slack"),
        ...shared,
        namespace: monitoring,
        // Links are for people, so they need the addresses that people use.
        grafanaUrl: top.loki && top.grafana["externalUrl"],
        prometheusUrl: top.prometheus["externalUrl"],
        alertmanagerUrl: top.alertmanager["externalUrl"],
        webhookUrl: given("slackWebhookUrl"),
        webhookUrls: raw.webhookChannels,
        botToken: given("slackBotToken"),
        heartbeatUrl: given("heartbeatUrl"),
        pagerDutyRoutingKey: given("pagerDutyRoutingKey"),
        criticalWebhookUrl: given("criticalWebhookUrl"),
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
      runbookBaseUrl: top.alerts["runbookBaseUrl"],
      ...charted,
      namespace: monitoring,
      storageClassName: storage.className,
      ...(top.loki && { lokiUrl: lokiUrl(monitoring) }),
      remoteWriteReceiver: recordsLogMetrics(top),
      traceUrl: traceUrlOf(top),
    }),
  );
  const folder = top.grafana["dashboardsFolder"];
  if (typeof folder === "string" && folder !== "") accept("dashboards", readDashboards(folder));
  const alertLinks = {
    runbookBaseUrl: top.alerts["runbookBaseUrl"],
    dashboardBaseUrl: top.alerts["dashboardBaseUrl"] ?? prometheus?.grafana.externalUrl,
  };
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
        ...(recordsLogMetrics(top) && {
          remoteWriteUrls: remoteWriteUrls(monitoring, prometheus?.replicas ?? 1),
        }),
        ...alertLinks,
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
        // The agent never injects tracing libraries into its own namespace; into the services' it
        // does by default, where it has one to itself.
        ...(agentNamespace === application || top.datadog?.["apm"] === false
          ? {}
          : { instrumentedNamespaces: [application] }),
        // A secret is one wherever its line goes.
        ...(loki && {
          disabledRedactions: loki.disabledRedactions,
          redactionPatterns: loki.redactionPatterns,
        }),
        // The nodes of Auto Mode, whose pods reach no instance metadata.
        ...(top.cluster.mode === ClusterMode.Create && {
          nodeOs: NodeOs.Bottlerocket,
          hostnameSource: HostnameSource.NodeFile,
        }),
        ...own("datadog", preset.datadog),
        ...charted,
        namespace: agentNamespace,
        apiKey: given("datadogApiKey"),
        appKey: given("datadogAppKey"),
      }),
    );
  const services = accept(
    "services",
    servicesSettings({
      ...shared,
      namespace: application,
      services: top.services.map(withDecimalSettings),
      alerts: {
        dashboardBaseUrl: alertLinks.dashboardBaseUrl,
        ...(withDecimals(top.alerts) as Record<string, unknown>),
      },
      ...(prometheus && { retentionDays: prometheus.retentionDays }),
    }),
  );

  const datadogMonitors =
    top.datadogMonitors &&
    accept(
      "datadogMonitors",
      datadogMonitorsSettings({
        ...own("datadogMonitors"),
        // What is wrong with the services is said already; which there are is not known then.
        ...(services ?? { ...shared, namespace: application, overrides: {} }),
      }),
    );
  if (top.datadogMonitors) problems.push(...missingForMonitors(top, raw));

  const cost = accept("cost", costSettings(withDecimals(top.cost) as object));
  if (slack && services) problems.push(...unknownServices(slack, services));

  if (
    problems.length > 0 ||
    prometheus === undefined ||
    services === undefined ||
    cost === undefined
  ) {
    return { problems: distinct(problems) };
  }
  return {
    settings: {
      preset: top.environment,
      cluster: top.cluster,
      namespaces: { ...top.namespaces, datadog: agentNamespace },
      storage,
      labels: top.labels,
      protectData: prometheus.protectData,
      prometheus,
      ...(loki && { loki }),
      ...(datadog && { datadog }),
      ...(datadogMonitors && { datadogMonitors }),
      ...(slack && { slack }),
      services,
      cost,
      chartValues,
    },
  };
}

/** Where a trace is found, if Datadog takes any and the site is one. */
function traceUrlOf({ datadog }: Configuration): string | undefined {
  if (datadog === undefined || datadog["apm"] === false) return undefined;
  const site = datadogSchema.shape.site.safeParse(datadog["site"]);
  return site.success ? datadogTraceUrl(site.data) : undefined;
}

/** Whether Loki writes series to Prometheus; Prometheus takes writes from nobody else. */
function recordsLogMetrics({ loki }: Configuration): boolean {
  const namespaces = loki?.["logMetricNamespaces"];
  return Array.isArray(namespaces) && namespaces.length > 0;
}

/** What can be judged of a configuration whose structure is wrong, so that all of it is judged. */
function readableParts(values: Record<string, unknown>): Configuration {
  const readable: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(configurationSchema.shape)) {
    const result = schema.safeParse(values[key]);
    if (result.success) readable[key] = result.data;
  }
  const mode = (values["cluster"] as { mode?: unknown } | null | undefined)?.mode;
  return {
    environment: "dev",
    cluster: {
      name: "unknown",
      mode: Object.values(ClusterMode).find((known) => known === mode) ?? ClusterMode.Existing,
    },
    namespaces: { monitoring: "monitoring", application: "ticketing", existing: [] },
    storage: {},
    labels: {},
    prometheus: {},
    alertmanager: {},
    grafana: {},
    alerts: {},
    cost: {},
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

/** Datadog's API takes a monitor only with both keys, and what is watched comes from the agents. */
function missingForMonitors({ datadog }: Configuration, raw: RawConfiguration): Problem[] {
  if (datadog === undefined) {
    return [
      {
        path: ["datadog"],
        rule: "is required with datadogMonitors, which watch what its agents send",
        fix: { kind: "set", example: { site: "datadoghq.com" } },
      },
    ];
  }
  const keys = { apiKey: "datadogApiKey", appKey: "datadogAppKey" } as const;
  const missing = Object.entries(keys).filter(
    ([key, secret]) => !raw.datadogProviderKeys?.includes(key) && !raw.secrets.includes(secret),
  );
  return missing.map(([key, secret]) =>
    datadog["existingSecret"] === undefined
      ? {
          path: [secret],
          rule: "is required with datadogMonitors: Datadog's API takes no monitor without it",
          fix: { kind: "do", text: "set it" },
        }
      : {
          path: ["datadogMonitors"],
          rule: `needs datadog:${key}: Datadog's provider cannot read the Secret of datadog.existingSecret`,
          fix: { kind: "do", text: `pulumi config set --secret datadog:${key}` },
        },
  );
}

/** A route to a service that does not exist would never be taken, and nobody would notice. */
function unknownServices(
  { routes }: SlackSettings,
  { services }: MonitoredServicesSettings,
): Problem[] {
  const names = services.map(({ name }) => name);
  return routes.flatMap(({ service }, index): Problem[] =>
    service === undefined || names.includes(service)
      ? []
      : [
          {
            path: ["slack", "routes", index, "service"],
            value: service,
            rule: `is not a service (services: ${names.join(", ") || "none"})`,
            fix:
              names.length > 0
                ? { kind: "set", example: closest(service, names) }
                : { kind: "do", text: "name the service in monitoring:services" },
          },
        ],
  );
}

function distinct(problems: Problem[]): Problem[] {
  return [
    ...new Map(
      problems.map((problem) => [JSON.stringify([problem.path, problem.rule]), problem]),
    ).values(),
  ];
}
