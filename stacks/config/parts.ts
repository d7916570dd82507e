import {
  logAlertNames,
  monitoredServicesAlertNames,
  platformAlertNames,
} from "../../components/alerting/alertNames";
import {
  RulesSettings,
  rulesSettings,
  unknownAlerts,
} from "../../components/alerting/alertSettings";
import { AlertLinks } from "../../components/alerting/rules";
import { dashboardUids } from "../../components/alerting/dashboardLinks";
import { readDashboards } from "../../components/dashboards/readDashboards";
import {
  DatadogMonitorsSettings,
  datadogMonitorsSettings,
} from "../../components/datadog/monitors/settings";
import { HostnameSource, NodeOs } from "../../components/datadog/enums";
import { DatadogSettings, datadogSchema, datadogSettings } from "../../components/datadog/settings";
import { datadogTraceUrl } from "../../components/datadog/tags";
import { AwsIdentity } from "../../components/loki/enums";
import { LokiSettings, lokiSettings, oidcExamples } from "../../components/loki/settings";
import { lokiUrl } from "../../components/loki/urls";
import { ingressSchema, ingressUrl } from "../../components/prometheus/grafanaIngress";
import {
  PrometheusSettings,
  alertsOfChart,
  prometheusSettings,
  reviewedRevisions,
} from "../../components/prometheus/settings";
import { LongTermKind } from "../../components/prometheus/enums";
import {
  alertmanagerUrl,
  operatedAlertmanagerUrl,
  remoteWriteUrls,
} from "../../components/prometheus/urls";
import {
  MonitoredServicesSettings,
  unknownService,
} from "../../components/services/settings/settings";
import { isMap } from "../../policies/shared/isMap";
import { mergeValues } from "../../policies/shared/mergeValues";
import { Checked, Problem, check } from "../../components/shared/problems";
import { secretsOf } from "../../components/secrets/secrets";
import { configSecretName } from "../../components/slack/settings";
import { webhookSecretName } from "../../components/slack/credentialFiles";
import { SlackSettings, slackSettings } from "../../components/slack/settings";
import { defined } from "../../components/shared/defined";
import { ampProblems, usesAmp, withoutUnavailable } from "./amp";
import { Context, secretFlags } from "./context";
import { CostSettings, costSettings } from "./cost";
import { ExistingPrometheusSettings, existingPlatformAlertNames } from "./existingPrometheus";
import { existingPrometheusProblems, externalUrlProblems } from "./existingPrometheusProblems";
import { parseFractions } from "./fractions";
import { ChartValues, PartName, readPart } from "./readPart";
import { ClusterMode, Configuration } from "./schema";
import { translateProblem } from "./translateProblem";

/** Result of parsing a part: its settings, if valid, and all of its problems. */
export interface Parsed<T> {
  settings?: T | undefined;
  chartValues?: ChartValues;
  problems: Problem[];
}

const absent = { problems: [] };

export function parseSlack(context: Context): Parsed<SlackSettings> {
  const { configuration, namespaces, raw } = context;
  const { slack = {}, receivers, loki, grafana, prometheus, alertmanager } = configuration;
  if (!sendsNotifications(configuration)) return absent;
  if (usesAmp(configuration)) {
    return parsePart("slack", withoutUnavailable("slack", slack), slackSettings, {
      labels: context.identity.labels,
      // Amazon Q Developer uses one credential for all channels.
      botToken: true,
    });
  }
  return parsePart("slack", slack, slackSettings, {
    labels: context.identity.labels,
    receivers,
    ...secretFlags(raw, "slack"),
    namespace: configuration.existingPrometheus?.namespace ?? namespaces.monitoring,
    // Users follow these links, so they must be external URLs.
    grafanaUrl: loki && (grafana["externalUrl"] ?? grafanaIngressUrl(grafana)),
    prometheusUrl: prometheus["externalUrl"],
    alertmanagerUrl: alertmanager["externalUrl"],
  });
}

/** Returns the URL of Grafana's ingress. The part `grafana` reports problems with the ingress. */
function grafanaIngressUrl({ ingress }: Record<string, unknown>): string | undefined {
  return ingressUrl(ingressSchema.safeParse(ingress).data);
}

/** Whether the stack has its own Alertmanager configuration. */
function sendsNotifications({ slack, receivers }: Configuration): boolean {
  return slack !== undefined || receivers !== undefined;
}

/** Whether any service has a probe URL. The service may have other problems. */
function hasProbes({ services }: Configuration): boolean {
  return services.some((service) => isMap(service) && service["probe"] !== undefined);
}

export function parsePrometheus(
  context: Context,
  slack: SlackSettings | undefined,
): Parsed<PrometheusSettings> {
  const { configuration, preset, namespaces } = context;
  if (configuration.existingPrometheus !== undefined) return absent;
  const alertmanager = readPart("alertmanager", configuration.alertmanager);
  const grafana = readPart("grafana", configuration.grafana);
  const parsed = parsePart(
    "prometheus",
    configuration.prometheus,
    prometheusSettings,
    {
      ...context.chart,
      namespace: namespaces.monitoring,
      storageClassName: context.storage.className,
      alertmanager: {
        ...mergeValues(preset.alertmanager, alertmanager.args),
        ...(sendsNotifications(configuration) && {
          configSecretName,
          mountedSecretNames: [slack?.existingSecret ?? webhookSecretName],
        }),
      },
      grafana: withDashboardObjects(grafana.args),
      alertRules: rulesOf(configuration, [...platformAlertNames, ...alertsOfChart]),
      runbookBaseUrl: alertLinks(configuration, undefined).runbookBaseUrl,
      lokiUrl: configuration.loki && lokiUrl(namespaces.monitoring),
      remoteWriteReceiver: recordsLogMetrics(configuration),
      blackboxExporter: hasProbes(configuration),
      traceUrl: traceUrl(configuration),
    },
    preset.prometheus,
  );
  return {
    ...parsed,
    problems: [
      ...alertmanager.problems,
      ...grafana.problems,
      ...parsed.problems.map((problem) => ofNumberedDashboard(problem, configuration.grafana)),
      ...dashboardsFolderProblems(configuration.grafana["dashboardsFolder"]),
      ...longTermProblems(configuration),
    ],
  };
}

/** Reports a store that requires an IAM role if the cluster's pods cannot have one. */
function longTermProblems({ prometheus, cluster }: Configuration): Problem[] {
  const { longTerm } = prometheus;
  const isAmp = isMap(longTerm) && longTerm["kind"] === LongTermKind.Amp;
  if (!isAmp || cluster.mode !== ClusterMode.Kubeconfig) return [];
  return [
    {
      path: ["prometheus", "longTerm", "kind"],
      value: LongTermKind.Amp,
      code: "invalid",
      rule: "requires cluster.mode existing or create, because EKS Pod Identity exists only on EKS",
      fix: { kind: "set", example: LongTermKind.Mimir },
    },
  ];
}

export function parseLoki(
  context: Context,
  prometheus: PrometheusSettings | undefined,
): Parsed<LokiSettings> {
  const { configuration, preset, namespaces, raw } = context;
  if (configuration.loki === undefined) return absent;
  const { releaseName = "prometheus", replicas = 1 } = prometheus ?? {};
  const release = { releaseName, namespace: namespaces.monitoring };
  const existing = configuration.existingPrometheus;
  const isAmp = usesAmp(configuration);
  const parsed = parsePart(
    "loki",
    isAmp ? withoutUnavailable("loki", configuration.loki) : configuration.loki,
    lokiSettings,
    {
      ...context.chart,
      ...alertLinks(configuration, prometheus),
      alertRules: rulesOf(configuration, logAlertNames),
      namespace: namespaces.monitoring,
      storageClassName: context.storage.className,
      alertmanagerUrl: isAmp
        ? undefined
        : existing
          ? operatedAlertmanagerUrl(existing)
          : alertmanagerUrl(release),
      ...(existing && {
        selectorLabels: existing.labels,
        prometheusNamespace: existing.namespace,
      }),
      remoteWriteUrls: recordsLogMetrics(configuration)
        ? remoteWriteUrls(release, replicas)
        : undefined,
      // The real values may be unknown until deployment, so `deployMonitoring` replaces these.
      ...oidcExamples,
    },
    { ...defined({ region: raw.region }), ...preset.loki },
  );
  const usesIrsa = parsed.settings?.awsIdentity === AwsIdentity.Irsa;
  if (!usesIrsa || configuration.cluster.mode !== ClusterMode.Kubeconfig) return parsed;
  const problem: Problem = {
    path: ["loki", "awsIdentity"],
    value: AwsIdentity.Irsa,
    code: "invalid",
    rule: "requires cluster.mode existing or create, because a kubeconfig does not name the OIDC provider",
    fix: { kind: "set", example: AwsIdentity.PodIdentity },
  };
  return { ...parsed, problems: [...parsed.problems, problem] };
}

export function parseDatadog(
  context: Context,
  loki: LokiSettings | undefined,
): Parsed<DatadogSettings> {
  const { configuration, preset, namespaces, raw } = context;
  const { datadog, cluster } = configuration;
  if (datadog === undefined) return absent;
  // The agent never injects tracing libraries into workloads in its own namespace.
  const instruments = namespaces.datadog !== namespaces.application && datadog["apm"] !== false;
  const defaults = {
    ...(instruments && { instrumentedNamespaces: [namespaces.application] }),
    // Datadog redacts the same secrets as Loki.
    ...(loki && {
      disabledRedactions: loki.disabledRedactions,
      redactionPatterns: loki.redactionPatterns,
    }),
    // Pods on EKS Auto Mode nodes cannot reach the instance metadata service.
    ...(cluster.mode === ClusterMode.Create && {
      nodeOs: NodeOs.Bottlerocket,
      hostnameSource: HostnameSource.NodeFile,
    }),
    ...preset.datadog,
  };
  return parsePart(
    "datadog",
    datadog,
    datadogSettings,
    { ...context.chart, ...secretFlags(raw, "datadog"), namespace: namespaces.datadog },
    defaults,
  );
}

/** The existing Prometheus, with settings from other parts that its objects need. */
export interface ExistingPrometheus extends ExistingPrometheusSettings {
  /** Settings for alerts on Loki, keyed by alert name. */
  alertRules: RulesSettings;
  links: AlertLinks;
  /** Name of the environment, for tags on AWS resources. */
  environment: string;
  /** URL of a trace, for the Loki data source. */
  traceUrl?: string | undefined;
}

export function parseExistingPrometheus({
  configuration,
  raw,
  identity,
}: Context): Parsed<ExistingPrometheus> {
  const existing = configuration.existingPrometheus;
  if (existing === undefined) return absent;
  const rules = rulesOf(configuration, existingPlatformAlertNames) ?? {};
  const { settings: alertRules = {}, problems = [] } = check(
    rulesSettings(existingPlatformAlertNames),
    rules,
  );
  return {
    settings: {
      ...existing,
      alertRules,
      links: alertLinks(configuration, undefined) as AlertLinks,
      environment: identity.environment,
      traceUrl: traceUrl(configuration),
    },
    problems: [
      ...existingPrometheusProblems(configuration),
      ...ampProblems(configuration, raw),
      ...externalUrlProblems(configuration),
      ...problems.map((problem) => ({ ...problem, path: ["alerts", "rules", ...problem.path] })),
      ...(hasProbes(configuration) && existing.prober === undefined ? [proberProblem] : []),
    ],
  };
}

const proberProblem: Problem = {
  path: ["existingPrometheus", "prober"],
  code: "required",
  rule: "is required for services with a probe: the stack deploys no blackbox exporter",
  fix: { kind: "set", example: "blackbox-exporter.observability.svc:9115" },
};

const allAlertNames = [
  ...monitoredServicesAlertNames,
  ...platformAlertNames,
  ...alertsOfChart,
  ...logAlertNames,
];

/**
 * Returns the settings of the named alerts in `monitoring:alerts.rules`, which the components check, or
 * undefined if `rules` is not a map.
 */
export function rulesOf({ alerts }: Configuration, names: readonly string[]): object | undefined {
  const { rules } = alerts;
  if (!isMap(rules)) return undefined;
  return Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)));
}

/** Reports settings for alerts that no component has. */
export function alertProblems({ configuration }: Context): Problem[] {
  const { rules } = configuration.alerts;
  if (!isMap(rules)) return [];
  const ofLogs = usesAmp(configuration) ? [] : logAlertNames;
  const names = configuration.existingPrometheus
    ? [...monitoredServicesAlertNames, ...existingPlatformAlertNames, ...ofLogs]
    : allAlertNames;
  return unknownAlerts(rules, names).map((problem) => ({
    ...problem,
    path: ["alerts", "rules", ...problem.path],
  }));
}

export function parseDatadogMonitors(
  context: Context,
  services: MonitoredServicesSettings[] | undefined,
): Parsed<DatadogMonitorsSettings> {
  const { datadogMonitors } = context.configuration;
  if (datadogMonitors === undefined) return absent;
  const { cluster, environment } = context.identity;
  const [application] = services ?? [];
  const parsed = parsePart("datadogMonitors", datadogMonitors, datadogMonitorsSettings, {
    cluster,
    environment,
    namespace: context.namespaces.application,
    ...(application === undefined
      ? // While the services are invalid, every override would appear to name an unknown service.
        { overrides: {} }
      : { services: application.services, alerts: application.alerts }),
  });
  return { ...parsed, problems: [...parsed.problems, ...missingForMonitors(context)] };
}

export function parseCost({ configuration }: Context): Parsed<CostSettings> {
  return translated("cost", costSettings(parseFractions(configuration.cost) as object));
}

/** Reports routes and receivers for services that do not exist, because they never match an alert. */
export function routeProblems(
  slack: SlackSettings | undefined,
  services: MonitoredServicesSettings[] | undefined,
): Problem[] {
  if (slack === undefined || services === undefined) return [];
  const all = services.flatMap((group) => group.services);
  const named = [
    ...slack.routes.map(({ service }, index) => ({
      path: ["slack", "routes", index, "service"],
      service,
    })),
    ...Object.entries(slack.receivers).flatMap(([name, receiver]) =>
      (receiver.services ?? []).map((service, index) => ({
        path: ["receivers", name, "services", index],
        service,
      })),
    ),
  ];
  return named.flatMap(({ path, service }) =>
    service === undefined
      ? []
      : unknownService(all, service, {
          path,
          value: service,
          fixWith: (name) => ({ kind: "set", example: name }),
        }),
  );
}

/** Checks a part. The stack sets the arguments in `wired`, and the user can override `defaults`. */
function parsePart<T>(
  name: PartName,
  values: Record<string, unknown>,
  checkArgs: (args: object) => Checked<T>,
  wired: object,
  defaults: Record<string, unknown> = {},
): Parsed<T> {
  const { args, chartValues, problems } = readPart(name, values);
  const parsed = translated(name, checkArgs({ ...mergeValues(defaults, args), ...wired }));
  return { ...parsed, chartValues, problems: [...problems, ...parsed.problems] };
}

export function translated<T>(part: string, { settings, problems = [] }: Checked<T>): Parsed<T> {
  return { settings, problems: problems.map((problem) => translateProblem(part, problem)) };
}

export function alertLinks(
  { alerts, runbookBaseUrl, existingPrometheus, grafana }: Configuration,
  prometheus: PrometheusSettings | undefined,
) {
  const externalUrl = existingPrometheus ? grafana["externalUrl"] : prometheus?.grafana.externalUrl;
  return {
    runbookBaseUrl: alerts["runbookBaseUrl"] ?? runbookBaseUrl,
    dashboardBaseUrl: alerts["dashboardBaseUrl"] ?? externalUrl,
  };
}

/** Returns the URL of a trace in Datadog, if Datadog collects traces. */
function traceUrl({ datadog }: Configuration): string | undefined {
  if (datadog === undefined || datadog["apm"] === false) return undefined;
  const site = datadogSchema.shape.site.safeParse(datadog["site"]);
  return site.success ? datadogTraceUrl(site.data) : undefined;
}

/** Whether Loki writes series to Prometheus. If not, Prometheus rejects remote writes. */
function recordsLogMetrics({ loki }: Configuration): boolean {
  const namespaces = loki?.["logMetricNamespaces"];
  return Array.isArray(namespaces) && namespaces.length > 0;
}

/** Replaces dashboard IDs with objects, because the configuration also accepts just an ID. */
function withDashboardObjects(grafana: Record<string, unknown>): Record<string, unknown> {
  const { communityDashboards } = grafana;
  if (!Array.isArray(communityDashboards)) return grafana;
  return {
    ...grafana,
    communityDashboards: communityDashboards.map((dashboard: unknown) =>
      typeof dashboard === "number" ? { id: dashboard } : dashboard,
    ),
  };
}

/**
 * Moves a problem with a dashboard's field to the dashboard itself if the configuration contains only
 * its ID.
 */
function ofNumberedDashboard(problem: Problem, grafana: Record<string, unknown>): Problem {
  const [part, list, index, field] = problem.path;
  const dashboards = grafana["communityDashboards"];
  if (part !== "grafana" || list !== "communityDashboards" || !Array.isArray(dashboards)) {
    return problem;
  }
  const id = dashboards[Number(index)] as unknown;
  if (typeof id !== "number" || field === undefined) return problem;
  const path = problem.path.slice(0, 3);
  if (problem.code !== "required") return { ...problem, path };
  return {
    path,
    value: id,
    code: "required",
    rule: `requires a revision: ${reviewedRevisions}`,
    fix: { kind: "do", text: `write {id: ${id}, revision: 1} in the stack's file` },
  };
}

/** Reports problems in dashboard files as problems with the key that names their folder. */
function dashboardsFolderProblems(folder: unknown): Problem[] {
  if (typeof folder !== "string" || folder === "") return [];
  const { problems = [] } = readDashboards(folder, dashboardUids);
  return problems.map(({ path, rule, code, fix }) => ({
    path: ["grafana", "dashboardsFolder"],
    code,
    rule: `(${path.join("/")}) ${rule}`,
    fix,
  }));
}

/**
 * Reports missing prerequisites of Datadog monitors: both Datadog keys, and the agents that send the
 * metrics.
 */
function missingForMonitors({ configuration, raw }: Context): Problem[] {
  const { datadog } = configuration;
  if (datadog === undefined) {
    return [
      {
        path: ["datadog"],
        code: "required",
        rule: "is required with datadogMonitors, which evaluate metrics from its agents",
        fix: { kind: "set", example: { site: "datadoghq.com" } },
      },
    ];
  }
  return secretsOf("datadog")
    .filter(
      ({ key, argument }) =>
        !raw.datadogProviderKeys?.includes(argument) && !raw.secrets.includes(key),
    )
    .map(({ key, argument }) =>
      datadog["existingSecret"] === undefined
        ? {
            path: [key],
            code: "required",
            rule: "is required with datadogMonitors, because Datadog's API otherwise accepts no monitors",
            fix: { kind: "do", text: "set it" },
          }
        : {
            path: ["datadogMonitors"],
            code: "required",
            rule: `requires datadog:${argument}, because the Datadog provider cannot read the Secret that datadog.existingSecret names`,
            fix: { kind: "do", text: `pulumi config set --secret datadog:${argument}` },
          },
    );
}
