import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { eventCollector, logCollector } from "../logs/collector";
import { LogCollector, Redaction } from "../logs/enums";
import { RedactionPattern } from "../logs/redactionPattern";
import { chartRelease } from "../shared/chartRelease";
import { Claim, claim } from "../shared/claims";
import { Chart, charts } from "../charts/charts";
import { networkPolicies } from "../shared/networkPolicies";
import { objectLabels } from "../shared/labels";
import { keepData } from "../shared/keepData";
import { checkWithValues } from "../shared/chartValues";
import { afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { SizePreset } from "../shared/sizePreset";
import { ChartArgs } from "../shared/chartArgs";
import { lokiNetworkPolicies } from "./networkPolicies";
import { lokiRules } from "./rules";
import { AlertRuleSettings } from "../alerting/alertRuleSettings";
import { AwsIdentity, LokiMode, LokiStorage, usesBucket } from "./enums";
import { LokiSettings, lokiSettings } from "./settings";
import { providerRegion } from "../shared/awsSdk";
import { bucketIsKept, bucketMemory, logsAreKept } from "./keptBucket";
import { StorageResources, lokiStorage } from "./storage";
import { lokiName, lokiPushUrl, lokiUrl } from "./urls";
import { lokiRulesConfigMapName, lokiValues } from "./values";

/**
 * AWS resources of each component. They are not fields, because the schema for other languages would
 * include them, and cannot describe a resource without its package.
 */
const awsResources = new WeakMap<LokiStack, Pick<StorageResources, "bucket" | "role">>();

/** Returns claims on objects that only one LokiStack may own, per namespace or per program. */
function lokiClaims(settings: LokiSettings): Claim[] {
  const { namespace, bucket } = settings;
  const release: Claim = {
    what: `a Loki in the namespace ${namespace}`,
    path: ["namespace"],
    fix: "set namespace to another namespace",
  };
  if (!usesBucket(settings)) return [release];
  // Two compactors would delete each other's index.
  const fix = "set bucket to another bucket";
  return [release, { what: `the bucket ${bucket}`, path: ["bucket"], fix, scope: "program" }];
}

/** Returns the chart for each argument that contains chart values. */
function valuesCharts(args: object): Record<"values" | "collectorValues", Chart | undefined> {
  const { collector = LogCollector.Alloy } = args as LokiStackArgs;
  const isNone = collector === LogCollector.None;
  return { values: charts.loki, collectorValues: isNone ? undefined : charts[collector] };
}

/** Settings for the alerts on a service's logs. */
export interface LogAlertArgs {
  /** Namespace that the service runs in. */
  namespace: pulumi.Input<string>;
  /** Value of the logs' `service` label. */
  service: pulumi.Input<string>;
  /** Errors per minute above which HighLogErrorRate fires after 5 minutes. Default: 10. */
  errorsPerMinute?: number;
  /** Minutes without log lines after which NoLogs fires. Default: 15. */
  silentMinutes?: number;
  /**
   * Team that owns the service, set as the `team` label on both alerts for Slack routes. Default: none.
   */
  team?: string;
}

/** Arguments of LokiStack. */
export interface LokiStackArgs extends ChartArgs {
  /**
   * Cluster name, set as the `cluster` label on every log line, and part of the IAM role's name. With
   * `s3` storage, it must be the name of an EKS cluster.
   */
  cluster: pulumi.Input<string>;
  /** Environment name, set as the `env` label on every log line. */
  environment: pulumi.Input<string>;
  /**
   * Namespace to install into. It must exist. Unless `collector` is `none`, its Pod Security level must
   * be `privileged`, because the collector reads the host's log files. Changing the namespace deploys a
   * new Loki with empty volumes, and the old volumes remain in the cluster. With `filesystem` storage,
   * where a volume holds all logs, `protectData` prevents the change. Default: `monitoring`.
   */
  namespace?: pulumi.Input<string> | undefined;
  /** Deployment mode. Must be known when the program runs. Default: `singleBinary`. */
  mode?: LokiMode;
  /** Size preset for the CPU and memory of Loki and the collector. Default: `small`. */
  size?: SizePreset;
  /** Number of days that Loki retains logs. Must be at least 1. Default: 15. */
  retentionDays?: number;
  /**
   * Where Loki stores chunks and the index. Cannot change while `protectData` is true, because Loki
   * would start without its logs. Must be known when the program runs. Default: `s3`.
   */
  storage?: LokiStorage;
  /**
   * Name of the S3 bucket, which must be globally unique. Required with `s3` storage. The name and
   * region of a bucket that this component creates cannot change. To move to another bucket, deploy
   * `protectData: false`, then `createBucket: false`, which retains the old bucket, and then the new
   * name.
   */
  bucket?: pulumi.Input<string> | undefined;
  /**
   * AWS region of the bucket. The role and its Pod Identity association are created in the region of
   * the component's AWS provider, which must be the cluster's region. Default: the provider's region.
   */
  region?: pulumi.Input<string> | undefined;
  /**
   * Creates the bucket. `false` uses an existing bucket without changing it. Cannot change to `false`
   * while `protectData` is true. Must be known when the program runs. Default: true.
   */
  createBucket?: boolean;
  /**
   * Bucket that receives S3 access logs, such as the output `bucket` of an `aws.s3.Bucket`. It must be
   * in the same region and allow S3 to write to it. Default: none.
   */
  accessLogBucket?: pulumi.Input<string> | undefined;
  /**
   * ARN of the KMS key that encrypts the bucket, such as the output `arn` of an `aws.kms.Key`. Default:
   * S3-managed keys.
   */
  kmsKeyArn?: pulumi.Input<string> | undefined;
  /**
   * How Loki's pods assume their IAM role. Must be known when the program runs. Default:
   * `podIdentity`.
   */
  awsIdentity?: AwsIdentity;
  /**
   * ARN of an existing IAM role for Loki's pods, such as the output `arn` of an `aws.iam.Role`. It must
   * have access to the bucket. Default: a role that this component creates.
   */
  roleArn?: pulumi.Input<string> | undefined;
  /**
   * ARN of the cluster's OIDC provider in IAM, such as the output `arn` of an
   * `aws.iam.OpenIdConnectProvider`. Required for `irsa`, otherwise unused.
   */
  oidcProviderArn?: pulumi.Input<string> | undefined;
  /**
   * URL of the cluster's OIDC issuer, such as the output `identities[0].oidcs[0].issuer` of an
   * `aws.eks.Cluster`. Required for `irsa`, otherwise unused.
   */
  oidcIssuerUrl?: pulumi.Input<string> | undefined;
  /**
   * Size of each replica's volume, in GiB. With `filesystem` storage, the volume contains all logs.
   * With `s3`, it contains only logs that are not in the bucket yet. Default: 20.
   */
  volumeGb?: number;
  /** StorageClass of the volumes; `""` selects the cluster's default. Default: `gp3`. */
  storageClassName?: pulumi.Input<string> | undefined;
  /**
   * Protects the logs: Pulumi rejects every change and every `pulumi destroy` that would delete or
   * replace the bucket, and every change that would leave Loki without its logs. With `false`, Pulumi
   * may stop managing the bucket, but retains it with its logs. Default: true.
   */
  protectData?: boolean;
  /**
   * Deletes the volumes, and the bucket with its logs, on `pulumi destroy`. Requires
   * `protectData: false` and a bucket that this component creates. While a deployed bucket has
   * `deleteDataOnDestroy`, `storage` and `createBucket` cannot change. The options `protect` and
   * `retainOnDelete` override `deleteDataOnDestroy`. Default: false.
   */
  deleteDataOnDestroy?: boolean;
  /**
   * URL of the Alertmanager that receives alerts from LogQL rules, such as `alertmanagerUrl` of
   * PrometheusStack. Loki reads the rules from the ConfigMap `loki-rules` in its namespace. Required
   * with `logAlerts`. Default: none.
   */
  alertmanagerUrl?: pulumi.Input<string> | undefined;
  /**
   * Alerts for services that log too many errors, or nothing at all. If `logAlerts` or
   * `logMetricNamespaces` is set, the component creates the ConfigMap `loki-rules`. Otherwise, you can
   * create it yourself. The list must be known when the program runs. Default: none.
   */
  logAlerts?: LogAlertArgs[];
  /** Settings for HighLogErrorRate and NoLogs, keyed by alert name. Default: none. */
  alertRules?: Record<string, AlertRuleSettings>;
  /**
   * Namespaces for which Loki records each service's log lines and errors per second, as
   * `namespace_service:log_lines:rate5m` and `namespace_service:log_errors:rate5m`. Requires
   * `remoteWriteUrls`. The list must be known when the program runs. Default: none.
   */
  logMetricNamespaces?: pulumi.Input<string>[];
  /**
   * Remote-write URL of each Prometheus replica, such as `remoteWriteUrls` of PrometheusStack. Loki
   * writes the series of its recording rules to all of them. Prometheus must have its remote-write
   * receiver enabled (`remoteWriteReceiver` of PrometheusStack). Default: none.
   */
  remoteWriteUrls?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * Base URL of the runbooks; `/<alert name>.md` is appended. Default: none, and alerts have no runbook
   * link.
   */
  runbookBaseUrl?: pulumi.Input<string> | undefined;
  /**
   * URL where users open Grafana, for dashboard links in alerts. Use the value of `grafana.externalUrl`
   * of PrometheusStack. Default: none, and alerts have no dashboard link.
   */
  dashboardBaseUrl?: pulumi.Input<string> | undefined;
  /** Built-in redaction patterns to disable. Default: none. */
  disabledRedactions?: Redaction[];
  /** Redaction patterns in addition to the built-in ones. Default: none. */
  redactionPatterns?: RedactionPattern[];
  /**
   * Lets Prometheus scrape Loki and the collector. Requires the ServiceMonitor CRD. If the same program
   * creates the CRD, pass PrometheusStack as `dependsOn`. Default: true.
   */
  serviceMonitors?: boolean;
  /**
   * Labels to add to the ServiceMonitors so that an existing Prometheus selects them, such as
   * `{release: "kube-prometheus-stack"}`. Default: none, because PrometheusStack selects all
   * ServiceMonitors.
   */
  selectorLabels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Namespace of Prometheus, Alertmanager and Grafana. The network policies allow connections to and
   * from these pods. Default: `namespace`.
   */
  prometheusNamespace?: pulumi.Input<string> | undefined;
  /**
   * Agent that collects the logs of all pods. `promtail` reached end of life on 2026-03-02 and no longer
   * receives fixes. Use it only if you have not migrated yet. Must be known when the program runs.
   * Default: `alloy`.
   */
  collector?: LogCollector;
  /**
   * Whether an additional Alloy pod stores Kubernetes events as log lines with the label
   * `app="kubernetes-events"`. Requires the `alloy` collector. Must be known when the program runs.
   * Default: false.
   */
  kubernetesEvents?: boolean;
  /** Exact version of the collector's chart. Default: the version that this library is tested with. */
  collectorChartVersion?: string;
  /** Helm repository or `oci://` registry of the collector's chart. Default: its official repository. */
  collectorRepository?: string;
  /** Values of the collector's chart, merged like `values`. Default: none. */
  collectorValues?: pulumi.Input<Record<string, any>> | undefined;
  /**
   * Labels to add to every object, and tags to add to the AWS resources, which also get the tags
   * `cluster` and `env`. A label with one of these names replaces the tag. Default: none.
   */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Deploys Loki as the Helm release `loki`, its S3 bucket and IAM role, and a collector for the logs of
 * all pods. The logs have the labels `namespace`, `app`, `service`, `pod`, `container`, `cluster` and
 * `env`. Requires no other component and, with `filesystem` storage, no AWS account.
 *
 * If the same program has a PrometheusStack, create it first and pass it as `dependsOn`. With explicit
 * providers, pass both: `providers: [kubernetesProvider, awsProvider]`.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class LokiStack extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:LokiStack";

  /**
   * URL of Loki inside the cluster, for a Grafana data source. To connect Loki to a PrometheusStack in
   * the same program, see `lokiUrl` of PrometheusStack.
   */
  readonly url: pulumi.Output<string>;
  /** URL inside the cluster that collectors push log lines to. */
  readonly pushUrl: pulumi.Output<string>;
  /** Name of the bucket. Empty with `filesystem` storage. */
  readonly bucketName: pulumi.Output<string>;
  /** ARN of the IAM role for Loki's pods. Empty with `filesystem` storage. */
  readonly roleArn: pulumi.Output<string>;
  /** Name of the role, for attaching more policies. Empty if the component creates no role. */
  readonly roleName: pulumi.Output<string>;
  /** Version of the deployed chart. */
  readonly chartVersion: pulumi.Output<string>;
  /** Version of the collector's chart. Empty without a collector. */
  readonly collectorChartVersion: pulumi.Output<string>;
  /** The Helm release of Loki. */
  readonly release: kubernetes.helm.v3.Release;

  /**
   * The bucket, an `aws.s3.Bucket`, for `dependsOn`. Undefined if the component creates none. Available
   * only in TypeScript and JavaScript. In other languages, use `bucketName`.
   */
  get bucket(): pulumi.CustomResource | undefined {
    return awsResources.get(this)?.bucket;
  }

  /**
   * The IAM role for Loki's pods, an `aws.iam.Role`, for `dependsOn`. Undefined if the component
   * creates none. Available only in TypeScript and JavaScript. In other languages, use `roleName` and
   * `roleArn`.
   */
  get role(): pulumi.CustomResource | undefined {
    return awsResources.get(this)?.role;
  }

  constructor(name: string, args: LokiStackArgs, opts?: pulumi.ComponentResourceOptions) {
    // In JavaScript, callers may omit the arguments. The check below reports the required ones.
    const { storage: storageKind, region } = (args as LokiStackArgs | undefined) ?? {};
    const isRegional = usesBucket({ storage: storageKind }) && !region;
    const allArgs = isRegional ? { ...args, region: providerRegion(opts) } : args;
    const inputs = checkInputs("LokiStack", name, allArgs, (all) =>
      keepData(checkWithValues(all, lokiSettings, valuesCharts(all)), opts),
    );
    const { settings, fill } = inputs;
    const claimed = claim("LokiStack", name, inputs, opts, lokiClaims);
    const overrides = (field: "values" | "collectorValues") => ({
      component: "LokiStack",
      name,
      field,
      values: args[field],
    });
    // All children except the bucket get `dependsOn`; see `lokiBucket`.
    const { dependsOn = [], ...componentOpts } = opts ?? {};
    super(
      LokiStack.__pulumiType,
      name,
      fill((all) => all),
      afterChecks(componentOpts, claimed, inputs.resolved()),
    );
    const child = pulumi.mergeOptions(
      { parent: this, dependsOn },
      { dependsOn: logsAreKept(name, inputs, { parent: this }) },
    );
    const metadata = (objectName: string) =>
      fill(({ namespace, labels }) => ({
        name: objectName,
        namespace,
        labels: objectLabels("loki", labels),
      }));

    if (settings.collector === LogCollector.Promtail) {
      void pulumi.log.warn(
        "Promtail reached end of life on 2026-03-02 and no longer receives security fixes. " +
          'Set collector: "alloy"; the log labels stay the same.',
        this,
      );
    }

    const storage = lokiStorage(name, inputs, child);
    const { annotations, ignoreChanges } = bucketMemory(settings);
    const serviceAccount = new kubernetes.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: {
          ...metadata(lokiName),
          annotations: { ...storage.serviceAccountAnnotations, ...annotations },
        },
        automountServiceAccountToken: false,
      },
      pulumi.mergeOptions(child, { ignoreChanges }),
    );
    const dependencies: pulumi.Input<pulumi.Resource>[] = [
      bucketIsKept(name, settings, serviceAccount),
    ];
    if (lokiRules(settings) !== undefined) {
      dependencies.push(
        new kubernetes.core.v1.ConfigMap(
          `${name}-rules`,
          {
            metadata: metadata(lokiRulesConfigMapName),
            data: fill((all) => ({ "logs.yaml": lokiRules(all) ?? "" })),
          },
          child,
        ),
      );
    }
    networkPolicies(name, inputs, () => lokiName, lokiNetworkPolicies, child);
    const release = chartRelease(
      name,
      {
        releaseName: lokiName,
        chart: charts.loki.name,
        settings: { ...settings, namespace: fill(({ namespace }) => namespace) },
        values: fill(lokiValues),
        overrides: overrides("values"),
      },
      pulumi.mergeOptions(child, { dependsOn: [...dependencies, ...storage.dependencies] }),
    );
    // Deployed after Loki, because a collector drops its first lines while Loki does not respond.
    const afterLoki = pulumi.mergeOptions(child, { dependsOn: release });
    const collector = logCollector(
      name,
      {
        inputs,
        pushUrl: lokiPushUrl,
        overrides: overrides("collectorValues"),
      },
      afterLoki,
    );
    eventCollector(name, { inputs, pushUrl: lokiPushUrl }, afterLoki);

    this.url = availableAfter(
      release,
      fill(({ namespace }) => lokiUrl(namespace)),
    );
    this.pushUrl = availableAfter(
      release,
      fill(({ namespace }) => lokiPushUrl(namespace)),
    );
    this.release = release;
    awsResources.set(this, storage);
    this.bucketName = storage.bucketName;
    this.roleArn = storage.roleArn;
    this.roleName = storage.role?.name ?? pulumi.output("");
    this.chartVersion = release.version;
    this.collectorChartVersion = collector?.version ?? pulumi.output("");
    this.registerOutputs({
      url: this.url,
      pushUrl: this.pushUrl,
      bucketName: this.bucketName,
      roleArn: this.roleArn,
      chartVersion: this.chartVersion,
      collectorChartVersion: this.collectorChartVersion,
    });
  }
}
