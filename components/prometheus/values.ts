import { limits } from "../../policies/limits/limits";
import { RuleSettings } from "../alerting/alertSettings";
import { defaultGroupBy } from "../alerting/grouping";
import { sidecar } from "../dashboards/sidecar";
import { ingressValues } from "./grafanaIngress";
import { ssoSections, ssoVariables } from "./grafanaSso";
import { longTermDataSource, longTermVariables, remoteWriteValues } from "./longTerm";
import { lokiDataSource } from "./lokiDataSource";
import { replacedChartAlerts } from "./platformAlerts";
import { PrometheusSettings, alertsOfChart } from "./settings";
import { defined } from "../shared/defined";
import { growVolumes, upgradeJobLabels } from "../shared/growVolumes";
import { nodeAgentPlacement, placement } from "../shared/placement";
import { SizePreset } from "../shared/sizePreset";
import { Values, mergeValues } from "../../policies/shared/mergeValues";
import { resources, sizeTable } from "../shared/resources";
import { nobody, unprivileged } from "../shared/unprivileged";
import { serviceNames } from "./urls";

/** Name of the Secret with Grafana's admin user and password. */
export const grafanaAdminSecretName = "grafana-admin";

// Pinned, because the chart defaults to `latest` and to the cluster's Kubernetes version.
const crdUpgradeImages = { busybox: "1.37.0", kubectl: "v1.35.0" };

const prometheusSizes = sizeTable(["250m", "2Gi"], ["1", "6Gi"], ["4", "16Gi"]);
const alertmanagerSizes = sizeTable(["25m", "128Mi"], ["50m", "256Mi"], ["100m", "512Mi"]);
const grafanaSizes = sizeTable(["100m", "384Mi"], ["250m", "768Mi"], ["500m", "1536Mi"]);
const kubeStateMetricsSizes = sizeTable(["25m", "128Mi"], ["100m", "512Mi"], ["250m", "2Gi"]);
const samplesPerScrape: Record<SizePreset, number> = {
  small: limits.samplesPerScrape.default,
  medium: 300_000,
  large: limits.samplesPerScrape.max,
};
const nodeExporterResources = resources("50m", "64Mi");
const operatorResources = resources("50m", "256Mi");
const sidecarResources = resources("25m", "192Mi");
const jobResources = resources("50m", "256Mi");

/** Disables the parts that another stack in the cluster provides. */
const withoutClusterMonitoring: Values = {
  crds: { enabled: false, upgradeJob: { enabled: false } },
  defaultRules: { create: false },
  kubelet: { enabled: false },
  kubeApiServer: { enabled: false },
  coreDns: { enabled: false },
  kubeStateMetrics: { enabled: false },
  prometheusOperator: { enabled: false },
  nodeExporter: { enabled: false },
  // Grafana reads dashboards from all namespaces.
  grafana: { defaultDashboardsEnabled: false },
};

/** Returns kube-prometheus-stack chart values for the given settings. */
export function prometheusValues(settings: PrometheusSettings): Values {
  const { imageRegistry } = settings;
  const { affinity: _affinity, ...nodeAgent } = nodeAgentPlacement(settings);
  const { priorityClassName: _priority, ...withoutPriority } = placement(settings);
  const customRules = ofChartAlerts(settings, ({ forMinutes, severity }) =>
    forMinutes === undefined && severity === undefined
      ? undefined
      : defined({ for: forMinutes === undefined ? undefined : `${forMinutes}m`, severity }),
  );
  const values = {
    ...defined({ global: imageRegistry === undefined ? undefined : { imageRegistry } }),
    commonLabels: settings.labels,
    crds: {
      enabled: true,
      // Helm installs CRDs but never upgrades them. This hook does.
      upgradeJob: {
        enabled: true,
        image: {
          busybox: { tag: crdUpgradeImages.busybox },
          kubectl: { tag: crdUpgradeImages.kubectl },
        },
        podLabels: upgradeJobLabels(settings.releaseName),
        resources: jobResources,
        // The chart has no value for the priority class of this job.
        ...withoutPriority,
      },
    },
    // Prometheus cannot scrape these targets on EKS, so alerts such as KubeSchedulerDown would never
    // resolve. Each of these settings also disables the rules and dashboard for its target.
    kubeControllerManager: { enabled: false },
    kubeScheduler: { enabled: false },
    kubeEtcd: { enabled: false },
    kubeProxy: { enabled: false },
    // This library replaces these alerts. With both, one problem would cause two notifications.
    defaultRules: {
      disabled: {
        ...Object.fromEntries(replacedChartAlerts.map((alert) => [alert, true])),
        ...ofChartAlerts(settings, ({ enabled }) => (enabled === undefined ? undefined : !enabled)),
      },
    },
    ...(Object.keys(customRules).length > 0 && { customRules }),
    prometheusOperator: {
      resources: operatorResources,
      prometheusConfigReloader: { resources: resources("10m", "64Mi") },
      ...placement(settings),
      admissionWebhooks: {
        patch: {
          resources: jobResources,
          // User 2000, the chart's default, may exist on the node.
          securityContext: { runAsUser: nobody, runAsGroup: nobody },
          ...placement(settings),
        },
      },
    },
    prometheus: prometheusServer(settings),
    alertmanager: alertmanager(settings),
    extraManifests: volumeGrowth(settings),
    grafana: grafana(settings),
    "kube-state-metrics": {
      ...placement(settings),
      resources: kubeStateMetricsSizes[settings.size],
      // Otherwise, kube-state-metrics could read all Secrets in the cluster, although no alert or
      // dashboard uses metrics about Secrets.
      collectorsExclude: ["secrets"],
    },
    nodeExporter: { operatingSystems: { aix: { enabled: false }, darwin: { enabled: false } } },
    "prometheus-node-exporter": {
      resources: nodeExporterResources,
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      containerSecurityContext: unprivileged,
      // Same affinity as the chart's default.
      ...nodeAgent,
    },
  };
  return settings.clusterMonitoring ? values : mergeValues(values, withoutClusterMonitoring);
}

/** Returns a value for each chart alert that has settings, and omits undefined values. */
function ofChartAlerts<T>(
  { alertRules }: PrometheusSettings,
  valueOf: (settings: RuleSettings) => T | undefined,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(alertRules).flatMap(([name, rule]) => {
      const value = alertsOfChart.includes(name) ? valueOf(rule) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function prometheusServer(settings: PrometheusSettings): Values {
  return {
    podDisruptionBudget: { enabled: settings.replicas > 1 },
    prometheusSpec: {
      retention: `${settings.retentionDays}d`,
      retentionSize: retentionSize(settings.storageGb),
      scrapeInterval: `${settings.scrapeIntervalSeconds}s`,
      evaluationInterval: `${settings.scrapeIntervalSeconds}s`,
      replicas: settings.replicas,
      podAntiAffinity: antiAffinity(settings.replicas),
      externalLabels: { cluster: settings.cluster, env: settings.environment },
      ...remoteWriteValues(settings),
      ...defined({
        enableRemoteWriteReceiver: settings.remoteWriteReceiver || undefined,
        externalUrl: settings.externalUrl,
      }),
      ...placement(settings),
      resources: prometheusSizes[settings.size],
      storageSpec: volume(settings, settings.storageGb),
      persistentVolumeClaimRetentionPolicy: volumeRetention(settings),
      // After a restart, an alert whose `for` is shorter than this becomes pending again. With the
      // default of 10 minutes, most firing alerts would resolve and notify a second time.
      additionalConfig: { rules: { alert: { forGracePeriod: "1m" } } },
      // Protects Prometheus from a target whose series count explodes. The largest legitimate target is
      // kube-state-metrics, which grows with the cluster.
      sampleLimit: samplesPerScrape[settings.size],
      // Adds the series scrape_sample_limit to each target, for the alert SamplesNearLimit. The
      // operator does not yet support extra_scrape_metrics, the setting that replaces this flag.
      enableFeatures: ["extra-scrape-metrics"],
      // By default, Prometheus selects only objects with the label `release: prometheus`.
      serviceMonitorSelectorNilUsesHelmValues: false,
      podMonitorSelectorNilUsesHelmValues: false,
      probeSelectorNilUsesHelmValues: false,
      ruleSelectorNilUsesHelmValues: false,
      scrapeConfigSelectorNilUsesHelmValues: false,
    },
  };
}

function alertmanager(settings: PrometheusSettings): Values {
  const { replicas, storageGb, configSecretName, mountedSecretNames, externalUrl } =
    settings.alertmanager;
  return {
    podDisruptionBudget: { enabled: replicas > 1 },
    // The chart's own configuration groups by namespace, so different alerts would share a
    // notification.
    ...(configSecretName === undefined && {
      config: { route: { group_by: defaultGroupBy } },
    }),
    alertmanagerSpec: {
      replicas,
      // Alertmanager does not use the Kubernetes API.
      automountServiceAccountToken: false,
      podAntiAffinity: antiAffinity(replicas),
      ...placement(settings),
      resources: alertmanagerSizes[settings.size],
      storage: volume(settings, storageGb),
      persistentVolumeClaimRetentionPolicy: volumeRetention(settings),
      ...defined({ externalUrl }),
      ...(configSecretName !== undefined && {
        useExistingSecret: true,
        configSecret: configSecretName,
        secrets: mountedSecretNames,
      }),
    },
  };
}

function grafana(settings: PrometheusSettings): Values {
  const { communityDashboards, dataSources, ingress, sso, externalUrl } = settings.grafana;
  const longTermSource = longTermDataSource(settings);
  const additionalDataSources = [
    ...(settings.lokiUrl === undefined
      ? []
      : [lokiDataSource(settings.lokiUrl, settings.traceUrl)]),
    ...(longTermSource === undefined ? [] : [longTermSource]),
    ...dataSources.map(dataSourceValues),
  ];
  const variables: Values = {
    ...ssoVariables(sso),
    ...longTermVariables(settings.longTerm),
    ...Object.fromEntries(dataSources.flatMap(dataSourceVariables)),
  };
  return {
    admin: {
      existingSecret: grafanaAdminSecretName,
      userKey: "admin-user",
      passwordKey: "admin-password",
    },
    ...grafanaStorage(settings),
    ...placement(settings),
    resources: grafanaSizes[settings.size],
    testFramework: { enabled: false },
    // The chart's role grants access to all Secrets in the cluster, so Grafana gets its own role, for
    // the ConfigMaps that the sidecars read.
    rbac: { create: false },
    serviceAccount: { name: serviceNames(settings).grafana },
    sidecar: {
      resources: sidecarResources,
      datasources: { resource: "configmap" },
      dashboards: {
        enabled: true,
        resource: "configmap",
        searchNamespace: "ALL",
        // The folder annotation requires both of these settings.
        folderAnnotation: sidecar.folderAnnotation,
        provider: { foldersFromFilesStructure: true },
        annotations: { [sidecar.folderAnnotation]: "Kubernetes" },
      },
    },
    "grafana.ini": {
      analytics: { reporting_enabled: false, check_for_updates: false },
      users: { allow_sign_up: false },
      "auth.anonymous": { enabled: false },
      ...(externalUrl !== undefined && { server: { root_url: externalUrl } }),
      // The browser sends the session cookie only over TLS.
      ...(ingress !== undefined && { security: { cookie_secure: true } }),
      ...ssoSections(sso),
    },
    ...(Object.keys(variables).length > 0 && { envValueFrom: variables }),
    ...ingressValues(ingress),
    ...(additionalDataSources.length > 0 && { additionalDataSources }),
    ...(communityDashboards.length > 0 && dashboardDownloads(settings)),
  };
}

function grafanaStorage({ grafana, storageClassName, deleteDataOnDestroy }: PrometheusSettings) {
  // By default, everything in Grafana is provisioned. A changed password or dashboard requires only a
  // restart, and no volume can block a rollout.
  if (grafana.storageGb === undefined) return { persistence: { enabled: false } };
  return {
    persistence: {
      enabled: true,
      size: `${grafana.storageGb}Gi`,
      accessModes: ["ReadWriteOnce"],
      ...defined({ storageClassName: storageClassName || undefined }),
      // Otherwise, Helm would delete the claim when the setting is removed.
      ...(!deleteDataOnDestroy && { annotations: { "helm.sh/resource-policy": "keep" } }),
    },
    // The volume belongs to Grafana's group, so no container needs to run as root to change its owner.
    initChownData: { enabled: false },
    // A new pod on another node could not mount the volume while the old one runs.
    deploymentStrategy: { type: "Recreate" },
  };
}

type DataSource = PrometheusSettings["grafana"]["dataSources"][number];

/** Returns the name of Grafana's environment variable for a data source's secret field. */
function variableOf(index: number, field: string): string {
  return `DATA_SOURCE_${index}_${field}`.toUpperCase();
}

function dataSourceValues({ secrets = {}, ...source }: DataSource, index: number): Values {
  const references = Object.keys(secrets).map((field): [string, string] => [
    field,
    `$${variableOf(index, field)}`,
  ]);
  if (references.length === 0) return source;
  const { secureJsonData } = source as { secureJsonData?: object };
  return {
    ...source,
    secureJsonData: { ...secureJsonData, ...Object.fromEntries(references) },
  };
}

function dataSourceVariables({ secrets = {} }: DataSource, index: number): [string, Values][] {
  return Object.entries(secrets).map(([field, secretKeyRef]) => [
    variableOf(index, field),
    { secretKeyRef },
  ]);
}

/** Returns values for dashboards from grafana.com, which an init container downloads at pod startup. */
function dashboardDownloads(settings: PrometheusSettings): Values {
  const provider = "community";
  return {
    // The chart's default disables TLS verification.
    defaultCurlOptions: "-sSf",
    downloadDashboards: { resources: resources("25m", "64Mi") },
    dashboardProviders: {
      "dashboardproviders.yaml": {
        apiVersion: 1,
        providers: [
          {
            name: provider,
            orgId: 1,
            folder: "Community",
            type: "file",
            disableDeletion: false,
            editable: false,
            options: { path: `/var/lib/grafana/dashboards/${provider}` },
          },
        ],
      },
    },
    dashboards: {
      [provider]: Object.fromEntries(
        settings.grafana.communityDashboards.map(({ id, revision }) => [
          `grafana-com-${id}`,
          {
            gnetId: id,
            revision,
            // Must be a list, which replaces `\${DS_…}`. A string breaks modern dashboards.
            datasource: [{ name: "DS_PROMETHEUS", value: "prometheus" }],
          },
        ]),
      ),
    },
  };
}

/** Returns the size at which Prometheus deletes its oldest blocks, before the volume is full. */
function retentionSize(storageGb: number): string {
  return `${Math.floor(storageGb * limits.retentionSizeRatio * 1024)}MiB`;
}

function antiAffinity(replicas: number): string {
  return replicas > 1 ? "hard" : "soft";
}

function volume(settings: PrometheusSettings, storageGb: number): Values {
  return {
    volumeClaimTemplate: {
      spec: {
        ...defined({ storageClassName: settings.storageClassName || undefined }),
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: `${storageGb}Gi` } },
      },
    },
  };
}

// Composed in the same way as in Grafana's chart.
const sidecarImage =
  "{{ with .Values.grafana.sidecar.image }}{{ $.Values.global.imageRegistry | default .registry }}/{{ .repository }}:{{ .tag }}{{ end }}";

/** Returns objects that resize existing volumes when `storageGb` changes. */
function volumeGrowth(settings: PrometheusSettings): Values[] {
  const { prometheus, alertmanager } = serviceNames(settings);
  return growVolumes(settings, sidecarImage, [
    {
      statefulSet: `prometheus-${prometheus}`,
      claimTemplate: `prometheus-${prometheus}-db`,
      size: requestedStorage("prometheus.prometheusSpec.storageSpec"),
      setting: "storageGb",
    },
    {
      statefulSet: `alertmanager-${alertmanager}`,
      claimTemplate: `alertmanager-${alertmanager}-db`,
      size: requestedStorage("alertmanager.alertmanagerSpec.storage"),
      setting: "alertmanager.storageGb",
    },
  ]);
}

/**
 * Returns a Helm template for a volume's size. It renders nothing if the caller's values replace the
 * volume with another kind.
 */
function requestedStorage(storage: string): string {
  return `{{ (((((.Values.${storage}).volumeClaimTemplate).spec).resources).requests).storage }}`;
}

function volumeRetention(settings: PrometheusSettings): Values {
  const whenDeleted = settings.deleteDataOnDestroy ? "Delete" : "Retain";
  return { whenDeleted, whenScaled: "Retain" };
}
