import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { prometheusNetworkPolicies } from "./networkPolicies";
import { platformAlerts } from "./platformAlerts";
import { AlertRuleSettings } from "../alerting/alertRuleSettings";
import { withRuleSettings } from "../alerting/alertSettings";
import { ruleGroups } from "../alerting/rules";
import { charts } from "../charts/charts";
import { proberAddress } from "../shared/prober";
import { networkPolicies } from "../shared/networkPolicies";
import { Dashboard } from "../dashboards/dashboard";
import type * as queries from "../dashboards/queriesWithoutData";
import { sidecar } from "../dashboards/sidecar";
import { readDashboards } from "../dashboards/readDashboards";
import { chartRelease } from "../shared/chartRelease";
import { Claim, claim } from "../shared/claims";
import { clusterReader } from "../shared/clusterReader";
import { rememberSettings, unchangedLocation } from "../shared/dataLocation";
import { objectLabels } from "../shared/labels";
import { operatorObject } from "../shared/operatorObject";
import { keepData } from "../shared/keepData";
import { checkWithValues } from "../shared/chartValues";
import { Values, mergeValues } from "../../policies/shared/mergeValues";
import { Inputs, afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { isUnresolved } from "../shared/placeholders";
import { SecretKeyReference } from "../secrets/secretKeyReference";
import { withProblems } from "../shared/problems";
import { settingsOrThrow } from "../shared/settingsOrThrow";
import { SizePreset } from "../shared/sizePreset";
import { ChartArgs } from "../shared/chartArgs";
import { blackboxExporter } from "./blackboxExporter";
import type * as keepLists from "./keepLists";
import { longTermRole } from "./longTermRole";
import { KeptMetrics, LongTermKind, SsoProvider } from "./enums";
import {
  PrometheusSettings,
  droppedDataSources,
  prometheusSettings,
  replacedRemoteWrite,
} from "./settings";
import { grafanaAdminSecretName, prometheusValues } from "./values";
import {
  Release,
  alertmanagerUrl,
  chartFullname,
  grafanaUrl,
  prometheusUrl,
  remoteWriteUrls,
  serviceNames,
} from "./urls";

/** Returns claims on objects that only one PrometheusStack may own, per cluster or per namespace. */
function prometheusClaims(settings: PrometheusSettings): Claim[] {
  const { namespace, releaseName, clusterMonitoring } = settings;
  return [
    {
      what: `a Prometheus in the namespace ${namespace}`,
      path: ["namespace"],
      fix: "set namespace to another namespace",
    },
    {
      what: `the cluster roles of the release ${chartFullname(releaseName)}`,
      path: ["releaseName"],
      fix: "set releaseName to a name that is unique in the cluster",
    },
    {
      what: `the PrometheusRule ${namespace}-platform in the namespace ${namespace}`,
      path: ["namespace"],
      fix: "rename the other component",
    },
    ...(clusterMonitoring
      ? [
          {
            what: "the cluster's operator and node-exporter",
            path: ["clusterMonitoring"],
            fix: "set clusterMonitoring: false in one of them",
          },
        ]
      : []),
  ];
}

/** Returns a resource for `dependsOn`, or fails if Prometheus and Alertmanager would get new volumes. */
function volumesAreKept(
  name: string,
  { settings, fill }: Inputs<PrometheusSettings>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<pulumi.Resource> {
  const { protectData, deleteDataOnDestroy } = settings;
  const location = fill(({ namespace, releaseName }) => ({ namespace, releaseName }));
  const isKept = protectData || deleteDataOnDestroy;
  const memory = rememberSettings(`${name}-data-location`, location, isKept, opts);
  const owner: [string, string] = ["PrometheusStack", name];
  return unchangedLocation(owner, location, [memory, memory.keepers], (key) =>
    deleteDataOnDestroy
      ? {
          effect: "Kubernetes would delete the volumes with all samples",
          fix: `keep ${key}, or run pulumi up with deleteDataOnDestroy: false; then change ${key}`,
        }
      : {
          effect: "Prometheus and Alertmanager would start with empty volumes",
          fix: `keep ${key}, or set protectData: false, which leaves the samples and silences in the old volumes`,
        },
  );
}

/** Returns the chart values, with keep lists if Prometheus stores only metrics that are in use. */
function releaseValues(
  settings: PrometheusSettings,
  dashboards: Dashboard[],
  overrides: PrometheusStackArgs["values"],
): Values {
  const values = prometheusValues(settings);
  if (settings.metrics?.keep !== KeptMetrics.Used) return values;
  // Loaded lazily, because it builds all rules and dashboards.
  const { keepListValues } = require("./keepLists") as typeof keepLists;
  const queries = {
    dashboards: dashboards.map(({ json }) => json),
    values: isUnresolved(overrides) ? undefined : overrides,
  };
  return mergeValues(values, keepListValues(settings, queries));
}

/** Warns about dashboards that may lose data because the metrics that they read are unknown. */
function warnAboutUnreadDashboards(
  name: string,
  settings: PrometheusSettings,
  dashboards: Dashboard[],
  resource: pulumi.Resource,
): void {
  if (settings.metrics?.keep !== KeptMetrics.Used) return;
  const { unreadDashboards } = require("./keepLists") as typeof keepLists;
  for (const { field, rule } of unreadDashboards(settings, dashboards)) {
    const fix = "add the metrics that it reads to metrics.also";
    void pulumi.log.warn(
      `PrometheusStack "${name}": ${field} ${rule}, so metrics.keep: used may drop them\n  fix: ${fix}`,
      resource,
    );
  }
}

/** Warns about queries in the caller's dashboard files that return no data in any cluster. */
function warnAboutQueriesWithoutData(
  name: string,
  dashboards: Dashboard[],
  resource: pulumi.Resource,
): void {
  if (dashboards.length === 0) return;
  // Loaded lazily, because the PromQL grammar is slow to load.
  const { queriesWithoutData } = require("../dashboards/queriesWithoutData") as typeof queries;
  for (const { file, json } of dashboards) {
    for (const { panel, reason, fix } of queriesWithoutData(json)) {
      void pulumi.log.warn(
        `PrometheusStack "${name}": grafana.dashboardsFolder (${file}): the panel "${panel}" ${reason}\n  fix: ${fix}`,
        resource,
      );
    }
  }
}

/** A dashboard from grafana.com, which Grafana downloads at startup. */
export interface CommunityDashboard {
  /** ID of the dashboard on grafana.com. */
  id: number;
  /** Revision. Default: the reviewed revision for 7249, 6417 and 10826. Required for all others. */
  revision?: number;
}

/** Settings for the Alertmanager of a PrometheusStack. */
export interface AlertmanagerArgs {
  /** Number of replicas. Several replicas form a cluster on different nodes. Default: 1. */
  replicas?: number;
  /** Size of the volume for silences and the notification log, in GiB. Default: 5. */
  storageGb?: number;
  /**
   * Secret in the same namespace with the key `alertmanager.yaml`, such as `configSecretName` of
   * SlackAlerting. Default: the chart's configuration, which sends no notifications.
   */
  configSecretName?: pulumi.Input<string> | undefined;
  /**
   * Secrets to mount at `/etc/alertmanager/secrets/<name>/`, such as `webhookSecretName` of
   * SlackAlerting, whose configuration reads its credentials there. Requires `configSecretName`.
   * Default: none.
   */
  mountedSecretNames?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** URL where users open Alertmanager, for links in notifications. Default: none. */
  externalUrl?: pulumi.Input<string> | undefined;
}

/** A Gateway of the Gateway API. */
export interface GrafanaGateway {
  /** Name of the Gateway. */
  name: pulumi.Input<string>;
  /**
   * Namespace of the Gateway, which must accept routes from the component's namespace. Default: the
   * component's namespace.
   */
  namespace?: pulumi.Input<string> | undefined;
  /** Name of the TLS listener, which is the `sectionName` of the route. Default: `https`. */
  listener?: pulumi.Input<string> | undefined;
}

/**
 * How users reach Grafana, always over TLS: through an Ingress of the class `className`, or through an
 * HTTPRoute to `gateway`.
 */
export interface GrafanaIngress {
  /** Grafana's host name. Users open Grafana at `https://<host>`. */
  host: pulumi.Input<string>;
  /**
   * IngressClass, such as `nginx`. `alb` creates a load balancer with the AWS Load Balancer Controller,
   * which is internal unless an annotation overrides this. Required without `gateway`.
   */
  className?: string;
  /** ACM certificate, for `alb`. Default: the certificate that matches the host. */
  certificateArn?: pulumi.Input<string> | undefined;
  /**
   * Secret with the certificate, for all classes except `alb`. Default: `grafana-tls` if
   * `clusterIssuer` is set, otherwise required.
   */
  tlsSecretName?: pulumi.Input<string> | undefined;
  /**
   * ClusterIssuer that cert-manager uses to create that Secret. Default: none, so the Secret must
   * exist.
   */
  clusterIssuer?: pulumi.Input<string> | undefined;
  /** Gateway for an HTTPRoute instead of an Ingress. Default: none. */
  gateway?: GrafanaGateway;
  /**
   * Additional annotations for the Ingress or HTTPRoute, which override the component's annotations.
   * Default: none.
   */
  annotations?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Single sign-on to Grafana. The callback URL for the identity provider is `<URL of Grafana>/login/`
 * followed by `generic_oauth` (for `oidc`), `google`, `github`, `azuread` (for `entra`) or `okta`. The
 * user `admin` and its Secret remain, for API requests and emergencies (`loginForm`).
 */
export interface GrafanaSso {
  /** Identity provider. */
  provider: SsoProvider;
  /** Grafana's client ID at the provider. */
  clientId: pulumi.Input<string>;
  /** Client secret, in an existing Kubernetes Secret. Restart Grafana when it changes. */
  clientSecret: SecretKeyReference;
  /** Tenant. Required for `entra`. */
  tenantId?: pulumi.Input<string> | undefined;
  /** Domain, such as `acme.okta.com`. Required for `okta`. */
  domain?: pulumi.Input<string> | undefined;
  /** Authorization endpoint. Required for `oidc`. */
  authUrl?: pulumi.Input<string> | undefined;
  /** Token endpoint. Required for `oidc`. */
  tokenUrl?: pulumi.Input<string> | undefined;
  /** UserInfo endpoint. Required for `oidc`. */
  apiUrl?: pulumi.Input<string> | undefined;
  /** Scopes to request, for `oidc`. Default: `openid`, `profile` and `email`. */
  scopes?: string[];
  /** Claim with the user's groups, for `oidc`. Default: `groups`. */
  groupsClaim?: string;
  /**
   * Allowed email domains, for all providers except `github`. Required for `google`, where anyone can
   * create an account. Default: every domain.
   */
  allowedDomains?: string[];
  /** Allowed organizations. Required for `github`, where anyone can create an account. */
  allowedOrganizations?: string[];
  /**
   * Allowed groups, for all providers except `github`: group addresses for Google, object IDs for
   * Entra, otherwise names. Default: all users of the provider, or of the allowed domains.
   */
  allowedGroups?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * Groups whose members are administrators, in the same format as `allowedGroups`. For `github`, teams
   * such as `@acme/platform`. Default: none.
   */
  adminGroups?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Groups whose members are editors. All others are viewers. Default: none. */
  editorGroups?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Whether Grafana also shows the login form, for the user `admin`. Default: false. */
  loginForm?: boolean;
}

/** Settings for the Grafana of a PrometheusStack. */
export interface GrafanaArgs {
  /** Dashboards from grafana.com. Default: 7249, 6417 and 10826. */
  communityDashboards?: CommunityDashboard[];
  /**
   * Folder with additional dashboards as JSON files. Subfolders become folders in Grafana. Default:
   * none.
   */
  dashboardsFolder?: string;
  /**
   * Data sources in addition to Prometheus, Alertmanager and Loki, in Grafana's provisioning format:
   * `name`, `type`, `url` and so on. `name` and `type` must be known when the program runs. The
   * additional field `secrets` names existing Secrets in the same namespace that contain the values of
   * `secureJsonData`: `{basicAuthPassword: {name, key}}`. Default: none.
   */
  dataSources?: Record<string, any>[];
  /** Ingress or route through which users reach Grafana. Default: none. */
  ingress?: GrafanaIngress;
  /**
   * Size in GiB of a volume for changes that users make in Grafana, such as users and their
   * preferences. Grafana is then briefly unavailable during updates, because only one pod at a time can
   * use the volume. If you remove the setting, the volume remains, unless `deleteDataOnDestroy` is true.
   * Default: none.
   */
  storageGb?: number;
  /**
   * Single sign-on. Requires `ingress` or `externalUrl`. Default: none, and only the user `admin` can
   * sign in.
   */
  sso?: GrafanaSso;
  /** URL where users open Grafana, for links in alerts. Default: the URL of `ingress`, otherwise none. */
  externalUrl?: pulumi.Input<string> | undefined;
}

/** Which metrics of the chart's targets Prometheus stores. */
export interface ScrapedMetrics {
  /**
   * `used` keeps the metrics that a rule or dashboard reads, and drops all other metrics of the
   * kubelet, cAdvisor, kube-state-metrics, node-exporter, the API server, CoreDNS, the operator,
   * Prometheus, Alertmanager and Grafana. It considers the rules and dashboards in this library, the
   * chart, `dashboardsFolder` and `values`. Metrics of services are never dropped. Default: `all`.
   */
  keep?: KeptMetrics;
  /**
   * Additional metrics to keep, as names or Prometheus regular expressions, such as metrics that
   * another program's rules read. Requires `keep: "used"`. Default: none.
   */
  also?: string[];
}

/** Username and password in existing Secrets. */
export interface BasicAuthReference {
  /** Secret key with the username. */
  username: SecretKeyReference;
  /** Secret key with the password. */
  password: SecretKeyReference;
}

/**
 * Store that Prometheus also sends its samples to, using remote write. Prometheus retries until the
 * store accepts them, and loses samples if an outage lasts longer than about two hours.
 */
export interface LongTermStore {
  /**
   * Kind of store. `mimir` and `amp` receive the label `__replica__` to deduplicate the samples of
   * replicas, so only one stack per cluster may write to a tenant or workspace. Thanos Query removes
   * `prometheus_replica`. Must be known when the program runs.
   */
  kind: LongTermKind;
  /**
   * Remote-write URL. For `amp`, the URL of the workspace, such as the output `prometheusEndpoint` of
   * an `aws.amp.Workspace`. The component then creates an IAM role that may write to the workspace, and
   * Prometheus's service account assumes it through EKS Pod Identity.
   */
  url: pulumi.Input<string>;
  /**
   * Query URL. Adds the data source `Long term` with the UID `long-term` to Grafana. Default: derived
   * from `url` for `mimir`, otherwise no data source.
   */
  queryUrl?: pulumi.Input<string> | undefined;
  /** Tenant, for `mimir` and `thanos`. Default: the store's default tenant. */
  tenant?: pulumi.Input<string> | undefined;
  /**
   * Username and password, for all kinds except `amp`, in existing Secrets in the namespace. Default:
   * none.
   */
  basicAuth?: BasicAuthReference;
  /** Bearer token instead of `basicAuth`. Default: none. */
  bearerToken?: SecretKeyReference;
}

/** Arguments of PrometheusStack. */
export interface PrometheusStackArgs extends ChartArgs {
  /** Cluster name, set as the external label `cluster` on every series and alert. */
  cluster: pulumi.Input<string>;
  /** Environment name, set as the external label `env` on every series and alert. */
  environment: pulumi.Input<string>;
  /**
   * Namespace to install into. It must exist. Unless `clusterMonitoring` is false, its Pod Security
   * level must be `privileged`, because node-exporter reads the host. Changing the namespace or
   * `releaseName` deploys a new Prometheus with empty volumes, and the old volumes remain in the
   * cluster. `protectData` and `deleteDataOnDestroy` prevent the change. Default: `monitoring`.
   */
  namespace?: pulumi.Input<string> | undefined;
  /**
   * Name of the Helm release, unique in the cluster, at most 26 characters long. The names of the
   * chart's objects start with it. Default: `prometheus`.
   */
  releaseName?: pulumi.Input<string> | undefined;
  /**
   * Whether to install the parts that a cluster needs only once: the Prometheus operator with its CRDs,
   * node-exporter, kube-state-metrics, and the rules and dashboards for the cluster. Set it to false in
   * every additional PrometheusStack in the same cluster. Default: true.
   */
  clusterMonitoring?: boolean;
  /** Number of days that Prometheus retains samples. Must be at least 1. Default: 15. */
  retentionDays?: number;
  /** Seconds between two scrapes of a target and between two evaluations of a rule. Default: 30. */
  scrapeIntervalSeconds?: number;
  /** Size of each replica's volume, in GiB. Samples fill at most 85% of it. Default: 50. */
  storageGb?: number;
  /** StorageClass of all volumes; `""` selects the cluster's default. Default: `gp3`. */
  storageClassName?: pulumi.Input<string> | undefined;
  /** Number of Prometheus replicas, on different nodes. Each replica scrapes all targets. Default: 1. */
  replicas?: number;
  /** Size preset for the CPU and memory of every workload. Default: `small`. */
  size?: SizePreset;
  /**
   * Whether the samples and silences must be kept: the namespace and `releaseName` cannot change, and
   * `deleteDataOnDestroy` must be false. Default: true.
   */
  protectData?: boolean;
  /**
   * Lets Kubernetes delete the volumes with their StatefulSets: on `pulumi destroy`, but also when the
   * operator replaces a StatefulSet because `storageGb` or `storageClassName` changes. Otherwise, a
   * volume is deleted only with its claim or its namespace. The options `protect` and `retainOnDelete`
   * override `deleteDataOnDestroy`. If `deleteDataOnDestroy` was set, deploy
   * `deleteDataOnDestroy: false` on its own before you change `namespace` or `releaseName`. If a single
   * update changes them with `protectData: false`, Kubernetes deletes the old volumes. Default: false.
   */
  deleteDataOnDestroy?: boolean;
  /** Which metrics of the chart's targets Prometheus stores. Default: all. */
  metrics?: ScrapedMetrics;
  /** Store that Prometheus also sends its samples to. Default: none. */
  longTerm?: LongTermStore;
  /**
   * Accepts samples at `/api/v1/write`, such as the samples that LokiStack writes with
   * `logMetricNamespaces`. Any workload that can reach Prometheus inside the cluster can then write
   * samples. Default: false.
   */
  remoteWriteReceiver?: boolean;
  /**
   * Deploys the blackbox exporter, which requests the URLs of services that have `probe` in
   * MonitoredServices, and of any other Probe that this Prometheus selects. Default: false.
   */
  blackboxExporter?: boolean;
  /**
   * URL of Loki. Adds a Loki data source to Grafana, and alerts on Loki. Default: none.
   *
   * If LokiStack is in the same program, write the URL with LokiStack's namespace, as text or with
   * `pulumi.interpolate`: `http://loki.<namespace>.svc.cluster.local:3100`. LokiStack depends on
   * PrometheusStack, which receives its alerts and provides the CRDs, so PrometheusStack cannot wait
   * for the output `url` of LokiStack. Pass that output only from another stack, or if LokiStack uses
   * no output of this component.
   */
  lokiUrl?: pulumi.Input<string> | undefined;
  /**
   * URL of a trace, with `{traceId}` as the placeholder for its ID. Log lines in Grafana link to it.
   * Default: none.
   */
  traceUrl?: pulumi.Input<string> | undefined;
  /** URL where users open Prometheus, for links in alerts. Default: none. */
  externalUrl?: pulumi.Input<string> | undefined;
  /**
   * Settings for individual alerts of this component and the chart, keyed by alert name. If the chart
   * defines an alert twice, as a warning and as critical, both rules get the same severity. Default:
   * none.
   */
  alertRules?: Record<string, AlertRuleSettings>;
  /**
   * Base URL of the runbooks; `/<alert name>.md` is appended. Default: none, and alerts have no runbook
   * link.
   */
  runbookBaseUrl?: pulumi.Input<string> | undefined;
  /** Alertmanager settings. */
  alertmanager?: AlertmanagerArgs;
  /** Grafana settings. */
  grafana?: GrafanaArgs;
  /** Labels to add to every object. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Deploys Prometheus, Alertmanager, Grafana, node-exporter and kube-state-metrics as the Helm release
 * `prometheus`, with alerts for the monitoring stack, Loki and volumes. Requires no other component,
 * and requires an AWS account only for a long-term store of kind `amp`. With explicit providers, pass
 * both: `providers: [kubernetesProvider, awsProvider]`. The `random` provider generates Grafana's
 * password.
 *
 * Create SlackAlerting first, because this component needs the names of its Secrets. Create LokiStack,
 * MonitoredServices and GrafanaDashboards afterward, with this component as `dependsOn`, because their
 * objects need the CRDs that it installs.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class PrometheusStack extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:PrometheusStack";

  /**
   * URL of Prometheus inside the cluster, for workloads. It is not reachable from outside the cluster.
   */
  readonly prometheusUrl: pulumi.Output<string>;
  /** URL of Alertmanager inside the cluster, for `alertmanagerUrl` of LokiStack. */
  readonly alertmanagerUrl: pulumi.Output<string>;
  /**
   * Remote-write URL of each Prometheus replica, for `remoteWriteUrls` of LokiStack. Prometheus accepts
   * the samples only if `remoteWriteReceiver` is true.
   */
  readonly remoteWriteUrls: pulumi.Output<string[]>;
  /**
   * Address of the blackbox exporter, for `prober` of MonitoredServices. The exporter exists only if
   * `blackboxExporter` is true.
   */
  readonly proberAddress: pulumi.Output<string>;
  /** URL of Grafana inside the cluster, for workloads. It is not reachable from outside the cluster. */
  readonly grafanaUrl: pulumi.Output<string>;
  /** Password of Grafana's user `admin`, as a secret. */
  readonly grafanaAdminPassword: pulumi.Output<string>;
  /** Version of the deployed chart. */
  readonly chartVersion: pulumi.Output<string>;
  /** The Helm release of Prometheus, Alertmanager and Grafana. */
  readonly release: kubernetes.helm.v3.Release;

  constructor(name: string, args: PrometheusStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const inputs = checkInputs("PrometheusStack", name, args, (all) =>
      keepData(
        withProblems(
          checkWithValues(all, prometheusSettings, { values: charts.kubePrometheusStack }),
          [...droppedDataSources(all), ...replacedRemoteWrite(all)],
        ),
        opts,
      ),
    );
    const { settings, fill } = inputs;
    const folder = settings.grafana.dashboardsFolder;
    const dashboards: Dashboard[] =
      folder === undefined ? [] : settingsOrThrow("PrometheusStack", name, readDashboards(folder));
    const claimed = claim("PrometheusStack", name, inputs, opts, prometheusClaims);
    super(
      PrometheusStack.__pulumiType,
      name,
      fill((all) => all),
      afterChecks(opts, claimed, inputs.resolved()),
    );
    const { namespace, labels } = fill((all) => ({
      namespace: all.namespace,
      labels: objectLabels("grafana", all.labels),
    }));
    warnAboutUnreadDashboards(name, settings, dashboards, this);
    warnAboutQueriesWithoutData(name, dashboards, this);
    const volumes = volumesAreKept(name, inputs, { parent: this });
    const child = { parent: this, dependsOn: volumes };

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
    const grafanaRole = clusterReader(
      `${name}-grafana`,
      {
        metadata: fill((all) => ({
          name: `${all.namespace}-${serviceNames(all).grafana}`,
          labels: objectLabels("grafana", all.labels),
        })),
        serviceAccount: fill((all) => serviceNames(all).grafana),
        namespace,
        resource: "configmaps",
      },
      child,
    );
    networkPolicies(name, inputs, (all) => all.releaseName, prometheusNetworkPolicies, child);
    if (settings.blackboxExporter) blackboxExporter(name, inputs, child);
    const roles = longTermRole(name, inputs, child);
    const release = chartRelease(
      name,
      {
        releaseName: fill((all) => all.releaseName),
        chart: charts.kubePrometheusStack.name,
        settings: { ...settings, namespace },
        values: fill((all) => releaseValues(all, dashboards, args.values)),
        overrides: { component: "PrometheusStack", name, field: "values", values: args.values },
      },
      { ...child, dependsOn: [adminSecret, ...grafanaRole, ...roles] },
    );
    for (const dashboard of dashboards) {
      new kubernetes.core.v1.ConfigMap(
        `${name}-${dashboard.name}`,
        {
          metadata: {
            name: dashboard.name,
            namespace,
            labels: fill((all) => ({
              ...objectLabels("grafana", all.labels),
              ...sidecar.dashboardLabels,
            })),
            annotations: { [sidecar.folderAnnotation]: dashboard.folder },
          },
          data: { [`${dashboard.name}.json`]: dashboard.json },
        },
        child,
      );
    }

    // Some of these alerts replace the chart's alerts in `defaultRules.disabled`.
    operatorObject(
      `${name}-rules`,
      "PrometheusRule",
      fill((all) => ({
        name: `${all.namespace}-platform`,
        namespace: all.namespace,
        labels: objectLabels("prometheus", all.labels),
      })),
      {
        groups: fill((all) =>
          ruleGroups(
            withRuleSettings(
              platformAlerts({ ...all, loki: all.lokiUrl !== undefined }),
              all.alertRules,
            ),
            { runbookBaseUrl: all.runbookBaseUrl, dashboardBaseUrl: all.grafana.externalUrl },
          ),
        ),
      },
      { ...child, dependsOn: release },
    );

    const url = (urlOf: (release: Release) => string) => availableAfter(release, fill(urlOf));
    this.prometheusUrl = url(prometheusUrl);
    this.alertmanagerUrl = url(alertmanagerUrl);
    this.grafanaUrl = url(grafanaUrl);
    this.remoteWriteUrls = availableAfter(
      release,
      fill((all) => remoteWriteUrls(all, all.replicas)),
    );
    this.proberAddress = url(proberAddress);
    this.grafanaAdminPassword = password.result;
    this.release = release;
    this.chartVersion = release.version;
    this.registerOutputs({
      prometheusUrl: this.prometheusUrl,
      alertmanagerUrl: this.alertmanagerUrl,
      grafanaUrl: this.grafanaUrl,
      proberAddress: this.proberAddress,
      grafanaAdminPassword: this.grafanaAdminPassword,
      chartVersion: this.chartVersion,
    });
  }
}
