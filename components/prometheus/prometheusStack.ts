import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { platformAlerts } from "./platformAlerts";
import { ruleGroups } from "../alerting/rules";
import { charts } from "../shared/charts";
import { Dashboard } from "../dashboards/dashboard";
import { readDashboards } from "../dashboards/readDashboards";
import { chartRelease, settingsOf, settingsOrThrow } from "../shared/component";
import { objectLabels } from "../shared/labels";
import { SizePreset } from "../shared/sizePreset";
import { prometheusSettings } from "./settings";
import { grafanaAdminSecretName, prometheusValues } from "./values";
import { alertmanagerUrl, grafanaUrl, prometheusUrl } from "./urls";

/** A dashboard of grafana.com, downloaded by Grafana when it starts. */
export interface CommunityDashboard {
  /** Number of the dashboard at grafana.com. */
  id: number;
  /** Revision to download. Default: the reviewed one for 7249, 6417 and 10826; others need it. */
  revision?: number;
}

export interface AlertmanagerArgs {
  /** Replicas; more than one form a cluster, spread over nodes. Default: 1. */
  replicas?: number;
  /** Volume for silences and the notification log, in GiB. Default: 5. */
  storageGb?: number;
  /**
   * Secret in the same namespace with the key `alertmanager.yaml`, such as SlackAlerting makes.
   * Default: the chart's configuration, which notifies nobody.
   */
  configSecretName?: string;
  /** Secrets mounted at `/etc/alertmanager/secrets/<name>/`, for the files the configuration reads. */
  mountedSecretNames?: string[];
  /** URL under which people reach Alertmanager; links in notifications start with it. */
  externalUrl?: string;
}

export interface GrafanaArgs {
  /** Dashboards of grafana.com. Default: 7249, 6417 and 10826. */
  communityDashboards?: CommunityDashboard[];
  /** Folder with dashboards of your own in JSON; a subfolder names the folder in Grafana. */
  dashboardsFolder?: string;
  /** URL under which people reach Grafana. */
  externalUrl?: string;
}

export interface PrometheusStackArgs {
  /** Name of the cluster; the external label `cluster` on every series and alert. */
  cluster: string;
  /** Environment; the external label `env`. */
  environment: string;
  /** Namespace to install into; it must exist. Default: `monitoring`. */
  namespace?: string;
  /** Days that samples are kept. Default: 15. */
  retentionDays?: number;
  /** Seconds between two scrapes, and between two evaluations of rules. Default: 30. */
  scrapeIntervalSeconds?: number;
  /** Volume of each replica in GiB; samples may fill 85 % of it. Default: 50. */
  storageGb?: number;
  /** StorageClass of all volumes; `""` takes the cluster's default. Default: `gp3`. */
  storageClassName?: string;
  /** Replicas of Prometheus; more than one are spread over nodes and scrape the same. Default: 1. */
  replicas?: number;
  /** Resources of every workload. Default: `small`. */
  size?: SizePreset;
  /** Keeps the volumes when the stack is deleted. Default: true in the environment `prod`. */
  protectData?: boolean;
  /**
   * Takes samples that others write to `/api/v1/write`, such as Loki's recording rules. Whoever
   * reaches Prometheus inside the cluster can write then; nobody outside can. Default: false.
   */
  remoteWriteReceiver?: boolean;
  /** URL of Loki, to make it a data source in Grafana. Default: none. */
  lokiUrl?: string;
  /**
   * URL of a trace, with `{traceId}` in the place of its id; log lines in Grafana link to it.
   * Default: none.
   */
  traceUrl?: string;
  /** URL under which people reach Prometheus. */
  externalUrl?: string;
  /** Where the runbooks of the alerts are; `/<alert name>.md` is appended. */
  runbookBaseUrl?: string;
  alertmanager?: AlertmanagerArgs;
  grafana?: GrafanaArgs;
  /** Labels added to every object. */
  labels?: Record<string, string>;
  /** Exact chart version. Default: the version this library was tested with. */
  chartVersion?: string;
  /** Helm repository or `oci://` registry of the chart. Default: its official repository. */
  repository?: string;
  /** Registry that mirrors all images. Default: each image's own. */
  imageRegistry?: string;
  /** Chart values merged over ours: maps merge, lists replace, null removes a chart default. */
  values?: Record<string, any>;
}

/**
 * Prometheus, Alertmanager, Grafana, node-exporter and kube-state-metrics as the Helm release
 * `prometheus`, with alerts on themselves, on Loki and on volumes. Works alone: without Loki, Slack or AWS.
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class PrometheusStack extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:PrometheusStack";

  /** URL of Prometheus inside the cluster. */
  readonly prometheusUrl: pulumi.Output<string>;
  /** URL of Alertmanager inside the cluster. */
  readonly alertmanagerUrl: pulumi.Output<string>;
  /** URL of Grafana inside the cluster. */
  readonly grafanaUrl: pulumi.Output<string>;
  /** Password of Grafana's user `admin`, a secret. */
  readonly grafanaAdminPassword: pulumi.Output<string>;
  /** Version of the chart that is deployed. */
  readonly chartVersion: pulumi.Output<string>;

  constructor(name: string, args: PrometheusStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("PrometheusStack", name, prometheusSettings(settingsOf(args)));
    const folder = settings.grafana.dashboardsFolder;
    const dashboards: Dashboard[] =
      folder === undefined ? [] : settingsOrThrow("PrometheusStack", name, readDashboards(folder));
    super(PrometheusStack.__pulumiType, name, settings, opts);
    const { namespace } = settings;
    const labels = objectLabels("grafana", settings.labels);
    const child = { parent: this };

    const password = new random.RandomPassword(
      `${name}-grafana-admin`,
      { length: 32, special: false },
      child,
    );
    const adminSecret = new kubernetes.core.v1.Secret(
      `${name}-grafana-admin`,
      {
        metadata: { name: grafanaAdminSecretName, namespace, labels },
        stringData: { "admin-user": "admin", "admin-password": password.result },
      },
      child,
    );
    const release = chartRelease(
      name,
      {
        releaseName: "prometheus",
        chart: charts.kubePrometheusStack.name,
        settings,
        values: prometheusValues(settings),
        overrides: args.values,
      },
      { ...child, dependsOn: adminSecret },
    );
    for (const dashboard of dashboards) {
      new kubernetes.core.v1.ConfigMap(
        `${name}-${dashboard.name}`,
        {
          metadata: {
            name: dashboard.name,
            namespace,
            labels: { ...labels, grafana_dashboard: "1" },
            annotations: { grafana_folder: dashboard.folder },
          },
          data: { [`${dashboard.name}.json`]: dashboard.json },
        },
        child,
      );
    }

    // Instead of those of the chart that watch the same; see `defaultRules.disabled`.
    new kubernetes.apiextensions.CustomResource(
      `${name}-rules`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: {
          name: `${namespace}-platform`,
          namespace,
          labels: objectLabels("prometheus", settings.labels),
        },
        spec: {
          groups: ruleGroups(platformAlerts({ namespace, loki: settings.lokiUrl !== undefined }), {
            runbookBaseUrl: settings.runbookBaseUrl,
            dashboardBaseUrl: settings.grafana.externalUrl,
          }),
        },
      },
      { ...child, dependsOn: release },
    );

    this.prometheusUrl = pulumi.output(prometheusUrl(namespace));
    this.alertmanagerUrl = pulumi.output(alertmanagerUrl(namespace));
    this.grafanaUrl = pulumi.output(grafanaUrl(namespace));
    this.grafanaAdminPassword = password.result;
    this.chartVersion = release.version;
    this.registerOutputs({
      prometheusUrl: this.prometheusUrl,
      alertmanagerUrl: this.alertmanagerUrl,
      grafanaUrl: this.grafanaUrl,
      grafanaAdminPassword: this.grafanaAdminPassword,
      chartVersion: this.chartVersion,
    });
  }
}
