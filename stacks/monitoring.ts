import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DatadogAgent } from "../components/datadog/datadogAgent";
import { objectLabels } from "../components/shared/labels";
import { DatadogMonitors } from "../components/datadog/monitors/datadogMonitors";
import { DatadogProvider } from "../components/datadog/monitors/resources";
import { DatadogSite } from "../components/datadog/enums";
import { GrafanaDashboards } from "../components/dashboards/grafanaDashboards";
import { LogCollector } from "../components/logs/enums";
import { LokiStack } from "../components/loki/lokiStack";
import {
  type SecretArgument,
  type SecretArguments,
  type SecretPart,
  secretsOf,
} from "../components/secrets/secrets";
import { MonitoredServices } from "../components/services/monitoredServices";
import { PrometheusStack } from "../components/prometheus/prometheusStack";
import { SlackAlerting } from "../components/slack/slackAlerting";
import { defined } from "../components/shared/defined";
import { accessCommands } from "./accessCommands";
import { Cluster, connectCluster } from "./cluster/cluster";
import { Settings } from "./config/parseConfiguration";
import { costEstimate } from "./cost/costEstimate";
import { costReport } from "./cost/costReport";
import { Secrets } from "./config/load";
import { servicesComponents } from "./config/services";
import { attachToExisting, attachment } from "./existingPrometheus";
import { createNamespaces } from "./cluster/namespaces";
import { podIdentityWarning } from "./cluster/podIdentityWarning";

/** Outputs of a deployed stack. */
export interface MonitoringOutputs {
  /** Command that opens each user interface or API, and its URL while the command runs. */
  access: Record<string, string>;
  /** URLs inside the cluster, for other workloads. */
  urls: Record<string, pulumi.Output<string>>;
  /** Password of Grafana's user `admin`. Empty with an existing Prometheus. */
  grafanaAdminPassword: pulumi.Output<string>;
  /** Name of the log bucket. Empty without Loki, or if Loki stores logs on its volume. */
  lokiBucket: pulumi.Output<string>;
  /** Versions of the deployed charts. */
  chartVersions: Record<string, pulumi.Output<string>>;
  /** Estimated storage and cost under the retention settings, with one line per part of the stack. */
  retentionCost: Record<string, string>;
  /**
   * How an existing Prometheus discovers the stack's objects. Empty if the stack has its own
   * Prometheus.
   */
  existingPrometheus: Record<string, string>;
}

/** Deploys the components that the settings enable, and connects them. */
export function deployMonitoring(settings: Settings, secrets: Secrets): MonitoringOutputs {
  const report = costReport(settings, costEstimate(settings));
  for (const warning of [...report.warnings, podIdentityWarning(settings), ...settings.warnings]) {
    if (warning !== undefined) void pulumi.log.warn(warning);
  }
  const cluster = connectCluster(settings.cluster, settings.protectData, settings.labels);
  const { provider } = cluster;
  const namespaces = createNamespaces(settings, provider);
  const storage = settings.storage.create ? [createStorageClass(settings, cluster)] : [];
  const ready = { provider, dependsOn: [...namespaces, ...storage] };

  const { chartValues, existingPrometheus } = settings;
  const slack =
    settings.slack && existingPrometheus?.ampWorkspaceArn === undefined
      ? new SlackAlerting("slack", withSecrets("slack", settings.slack, secrets), ready)
      : undefined;
  const prometheus =
    settings.prometheus &&
    new PrometheusStack(
      "prometheus",
      { ...settings.prometheus, values: chartValues.prometheus },
      {
        ...ready,
        // Alertmanager does not start until the Secrets that it mounts exist.
        dependsOn: [...ready.dependsOn, ...(slack ? [slack] : [])],
      },
    );
  // For components with ServiceMonitors or PrometheusRules, whose CRDs the Prometheus chart installs.
  const afterPrometheus = {
    ...ready,
    dependsOn: [...ready.dependsOn, ...(prometheus ? [prometheus] : [])],
  };
  const loki =
    settings.loki &&
    new LokiStack(
      "loki",
      {
        ...settings.loki,
        oidcProviderArn: cluster.oidcProviderArn,
        oidcIssuerUrl: cluster.oidcIssuerUrl,
        values: chartValues.loki,
        collectorValues: chartValues.collector,
      },
      afterPrometheus,
    );
  for (const [name, services] of servicesComponents(settings.services)) {
    new MonitoredServices(name, services, afterPrometheus);
  }
  new GrafanaDashboards(
    "dashboards",
    defined({
      namespace: existingPrometheus?.namespace ?? settings.namespaces.monitoring,
      labels: settings.labels,
      services: settings.services,
      logCollector: settings.loki?.collector,
      prometheusUid: existingPrometheus?.grafana.prometheusUid,
      sidecarLabels: existingPrometheus?.grafana.dashboardLabels,
      folderAnnotation: existingPrometheus?.grafana.folderAnnotation,
    }),
    { ...ready, transformations: prometheus ? [movedDashboard(prometheus)] : [] },
  );
  if (existingPrometheus !== undefined) attachToExisting(settings, existingPrometheus, ready);
  const datadog =
    settings.datadog &&
    new DatadogAgent(
      "datadog",
      {
        ...withSecrets("datadog", settings.datadog, secrets),
        values: chartValues.datadog,
      },
      ready,
    );
  if (settings.datadogMonitors !== undefined) {
    new DatadogMonitors("datadog-monitors", settings.datadogMonitors, {
      provider: datadogProvider(settings, secrets),
    });
  }

  const collector = settings.loki?.collector ?? LogCollector.None;
  return {
    access: accessCommands(settings),
    urls: defined({
      prometheus: prometheus?.prometheusUrl,
      alertmanager: prometheus?.alertmanagerUrl,
      grafana: prometheus?.grafanaUrl,
      loki: loki?.url,
    }),
    grafanaAdminPassword: prometheus?.grafanaAdminPassword ?? pulumi.output(""),
    lokiBucket: loki?.bucketName ?? pulumi.output(""),
    chartVersions: defined({
      "kube-prometheus-stack": prometheus?.chartVersion,
      loki: loki?.chartVersion,
      ...(collector !== LogCollector.None && { [collector]: loki?.collectorChartVersion }),
      datadog: datadog?.chartVersion,
    }),
    retentionCost: report.lines,
    existingPrometheus: attachment(settings),
  };
}

/** Returns the Datadog provider. It uses its own keys if they are set, otherwise the agents' keys. */
function datadogProvider(
  { datadog }: Settings,
  { datadogApiKey, datadogAppKey, datadogProvider = {} }: Secrets,
): DatadogProvider {
  return new DatadogProvider("datadog", {
    apiUrl: `https://api.${datadog?.site ?? DatadogSite.Us1}/`,
    apiKey: datadogProvider["apiKey"] ?? datadogApiKey ?? "",
    appKey: datadogProvider["appKey"] ?? datadogAppKey ?? "",
  });
}

/** Replaces the flags in a part's settings with the secrets that they stand for. */
function withSecrets<P extends SecretPart, T extends object>(
  part: P,
  settings: T,
  values: Secrets,
): Omit<T, SecretArgument<P>> & SecretArguments<P, pulumi.Output<string>> {
  const args = { ...settings } as Record<string, unknown>;
  for (const { key, argument, mapBy } of secretsOf(part)) {
    const secret = values[key];
    args[argument] =
      mapBy && secret !== undefined
        ? secretByName(secret, Object.keys(args[argument] ?? {}))
        : secret;
  }
  return args as Omit<T, SecretArgument<P>> & SecretArguments<P, pulumi.Output<string>>;
}

/** Splits a secret JSON map into one secret per entry. The names of the entries are not secret. */
function secretByName(
  secret: pulumi.Output<string>,
  names: string[],
): Record<string, pulumi.Output<string>> {
  const values = secret.apply((json) => JSON.parse(json) as Record<string, string>);
  return Object.fromEntries(names.map((name) => [name, values.apply((map) => map[name] ?? "")]));
}

function createStorageClass(
  { storage, labels, protectData }: Settings,
  { provider, volumeProvisioner }: Cluster,
): kubernetes.storage.v1.StorageClass {
  return new kubernetes.storage.v1.StorageClass(
    "storage",
    {
      metadata: { name: storage.className, labels: objectLabels("storage", labels) },
      provisioner: volumeProvisioner,
      parameters: { type: "gp3", encrypted: "true" },
      // Creates each volume in the zone of the pod that uses it.
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      reclaimPolicy: protectData ? "Retain" : "Delete",
    },
    { provider },
  );
}

/**
 * Adds aliases that keep the dashboard ConfigMap that PrometheusStack created before GrafanaDashboards
 * existed.
 */
function movedDashboard(parent: PrometheusStack): pulumi.ResourceTransformation {
  return ({ name, props, opts }) => {
    if (name !== "dashboards-services-overview") return undefined;
    const aliases = [{ name: "prometheus-dashboard-services-overview", parent }];
    return { props: props, opts: pulumi.mergeOptions(opts, { aliases }) };
  };
}
