import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { eventCollector, logCollector } from "../logs/collector";
import { LogCollector, Redaction, RedactionPattern } from "../logs/options";
import { chartRelease } from "../shared/chartRelease";
import { Claim, claim } from "../shared/claims";
import { Chart, charts } from "../shared/charts";
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
import { AwsIdentity, LokiMode, LokiStorage } from "./options";
import { LokiSettings, lokiSettings } from "./settings";
import { providerRegion } from "../shared/awsSdk";
import { bucketIsKept, bucketMemory, logsAreKept } from "./keptBucket";
import { StorageResources, lokiStorage } from "./storage";
import { lokiName, lokiPushUrl, lokiUrl } from "./urls";
import { lokiRulesConfigMapName, lokiValues } from "./values";

/**
 * AWS resources of each component. They are not fields, because the schema for other languages contains
 * every field, and cannot describe a resource without its package.
 */
const awsResources = new WeakMap<LokiStack, Pick<StorageResources, "bucket" | "role">>();

/** What only one stack per namespace, or per program, may own. */
function lokiClaims({ namespace, storage, bucket }: LokiSettings): Claim[] {
  const release: Claim = {
    what: `a Loki in the namespace ${namespace}`,
    path: ["namespace"],
    fix: "set namespace to another namespace",
  };
  if (storage === LokiStorage.Filesystem) return [release];
  // Two compactors would delete each other's index.
  const fix = "set bucket to another bucket";
  return [release, { what: `the bucket ${bucket}`, path: ["bucket"], fix, scope: "program" }];
}

/** The chart for each argument with chart values. */
function valuesCharts(args: object): Record<"values" | "collectorValues", Chart | undefined> {
  const { collector = LogCollector.Alloy } = args as LokiStackArgs;
  const isNone = collector === LogCollector.None;
  return { values: charts.loki, collectorValues: isNone ? undefined : charts[collector] };
}

/** Alerts on the logs of a service. */
export interface LogAlertArgs {
  /** Namespace in which the service runs. */
  namespace: pulumi.Input<string>;
  /** Label `service` of the logs. */
  service: pulumi.Input<string>;
  /** Errors per minute above which HighLogErrorRate fires after 5 minutes. Default: 10. */
  errorsPerMinute?: number;
  /** Minutes without a log line after which NoLogs fires. Default: 15. */
  silentMinutes?: number;
  /** Team that owns the service: label `team` of both alerts, for Slack routes. Default: none. */
  team?: string;
}

/** Arguments of LokiStack. */
export interface LokiStackArgs extends ChartArgs {
  /**
   * Name of the cluster: the label `cluster` of every log line, and part of the name of the IAM
   * role. With the storage `s3`, it must be the name of an EKS cluster.
   */
  cluster: pulumi.Input<string>;
  /** Environment: the label `env` of every log line. */
  environment: pulumi.Input<string>;
  /**
   * Namespace to install into. It must exist. Unless `collector` is `none`, its Pod Security level must
   * be `privileged`, because the collector reads the log files of the host. Changing the namespace
   * deploys a new Loki with empty volumes; the old volumes remain in the cluster. With the storage
   * `filesystem`, which has all logs on a volume, `protectData` refuses the change. Default:
   * `monitoring`.
   */
  namespace?: pulumi.Input<string> | undefined;
  /** Deployment mode. Must be known when the program runs. Default: `singleBinary`. */
  mode?: LokiMode;
  /** CPU and memory of Loki and of the collector. Default: `small`. */
  size?: SizePreset;
  /** Number of days that Loki retains logs. At least 1. Default: 15. */
  retentionDays?: number;
  /**
   * Storage of chunks and index. `protectData` refuses another storage, in which Loki would not have its
   * logs. Must be known when the program runs. Default: `s3`.
   */
  storage?: LokiStorage;
  /**
   * Name of the S3 bucket, which must be globally unique. Required with the storage `s3`. The name and
   * the region of a bucket that this component creates cannot change. To move to another bucket, deploy
   * `protectData: false`, then `createBucket: false`, which retains the old bucket, and then the new
   * name.
   */
  bucket?: pulumi.Input<string> | undefined;
  /**
   * AWS region of the bucket. The role and its Pod Identity association are in the region of the
   * component's AWS provider, which must be the cluster's region. Default: the provider's region.
   */
  region?: pulumi.Input<string> | undefined;
  /**
   * Creates the bucket. `false` uses an existing bucket and does not change it. `protectData` refuses
   * the change to `false`. Must be known when the program runs. Default: true.
   */
  createBucket?: boolean;
  /**
   * Bucket that receives S3's access log, such as the output `bucket` of an `aws.s3.Bucket`. It must be
   * in the same region and allow S3 to write to it. Default: none.
   */
  accessLogBucket?: pulumi.Input<string> | undefined;
  /**
   * ARN of the KMS key that encrypts the bucket, such as the output `arn` of an `aws.kms.Key`.
   * Default: keys that S3 manages.
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
   * Size of each replica's volume in GiB. With the storage `filesystem`, the volume contains all
   * logs; with `s3`, only the logs that are not in the bucket yet. Default: 20.
   */
  volumeGb?: number;
  /** StorageClass of the volumes; `""` selects the cluster's default. Default: `gp3`. */
  storageClassName?: pulumi.Input<string> | undefined;
  /**
   * Protects the logs: Pulumi refuses every change and every `pulumi destroy` that would delete or
   * replace the bucket, and every change after which Loki would not have its logs. With `false`, Pulumi
   * may stop managing the bucket, but retains it with its logs. Default: true.
   */
  protectData?: boolean;
  /**
   * Deletes the bucket with its logs, and the volumes, on `pulumi destroy`. Requires
   * `protectData: false` and a bucket that this component creates. While a deployed bucket has
   * `deleteDataOnDestroy`, `storage` and `createBucket` cannot change. The options `protect` and
   * `retainOnDelete` override `deleteDataOnDestroy`. Default: false.
   */
  deleteDataOnDestroy?: boolean;
  /**
   * URL of the Alertmanager that receives the alerts of LogQL rules, such as `alertmanagerUrl` of
   * PrometheusStack. Loki reads the rules from the ConfigMap `loki-rules` in its namespace. Required
   * with `logAlerts`. Default: none.
   */
  alertmanagerUrl?: pulumi.Input<string> | undefined;
  /**
   * Alerts on services that log many errors or nothing. If `logAlerts` or `logMetricNamespaces` is
   * set, the component creates the ConfigMap `loki-rules`; otherwise you can create it. The list
   * must be known when the program runs. Default: none.
   */
  logAlerts?: LogAlertArgs[];
  /** Settings of HighLogErrorRate and NoLogs, by name. Default: none. */
  alertRules?: Record<string, AlertRuleSettings>;
  /**
   * Namespaces in which Loki records the log lines and errors per second of each service, as
   * `namespace_service:log_lines:rate5m` and `namespace_service:log_errors:rate5m`. Requires
   * `remoteWriteUrls`. The list must be known when the program runs. Default: none.
   */
  logMetricNamespaces?: pulumi.Input<string>[];
  /**
   * Remote-write URL of each replica of Prometheus, to which Loki writes the series of its recording
   * rules, such as `remoteWriteUrls` of PrometheusStack. Prometheus must have its remote-write receiver
   * enabled (`remoteWriteReceiver` of PrometheusStack). Default: none.
   */
  remoteWriteUrls?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** URL of the runbooks; `/<alert name>.md` is appended. Default: none, so no links. */
  runbookBaseUrl?: pulumi.Input<string> | undefined;
  /**
   * URL at which people open Grafana, for dashboard links in alerts. Use the value of
   * `grafana.externalUrl` of PrometheusStack. Default: none, so no links.
   */
  dashboardBaseUrl?: pulumi.Input<string> | undefined;
  /** Built-in redaction patterns to disable. Default: none. */
  disabledRedactions?: Redaction[];
  /** Redaction patterns in addition to the built-in ones. Default: none. */
  redactionPatterns?: RedactionPattern[];
  /**
   * Lets Prometheus scrape Loki and the collector. Requires the ServiceMonitor CRD: pass PrometheusStack
   * as `dependsOn` if the same program creates it. Default: true.
   */
  serviceMonitors?: boolean;
  /**
   * Labels of the ServiceMonitors by which an existing Prometheus selects them, such as
   * `{release: "kube-prometheus-stack"}`. Default: none, because PrometheusStack selects all.
   */
  selectorLabels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Namespace of Prometheus, Alertmanager and Grafana, with whose pods the network policies allow
   * connections. Default: `namespace`.
   */
  prometheusNamespace?: pulumi.Input<string> | undefined;
  /**
   * Agent that collects the logs of all pods. `promtail` reached its end of life on 2026-03-02 and
   * gets no more fixes; it is for teams that have not migrated yet. Must be known when the program
   * runs. Default: `alloy`.
   */
  collector?: LogCollector;
  /**
   * Whether one more pod of Alloy stores Kubernetes events as log lines with the label
   * `app="kubernetes-events"`. Requires the collector `alloy`. Must be known when the program runs.
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
   * Labels of every object, and tags of the AWS resources, which also have the tags `cluster` and `env`. A
   * label with one of these names replaces the tag. Default: none.
   */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Deploys Loki as the Helm release `loki`, its S3 bucket and IAM role, and a collector for the logs
 * of all pods. The logs have the labels `namespace`, `app`, `service`, `pod`, `container`, `cluster`
 * and `env`. Requires no other component and, with the storage `filesystem`, no AWS.
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
   * URL of Loki inside the cluster, for a Grafana data source. `lokiUrl` of PrometheusStack says how to
   * connect the two components in one program.
   */
  readonly url: pulumi.Output<string>;
  /** URL inside the cluster to which collectors push log lines. */
  readonly pushUrl: pulumi.Output<string>;
  /** Name of the bucket. Empty with the storage `filesystem`. */
  readonly bucketName: pulumi.Output<string>;
  /** ARN of the IAM role of Loki's pods. Empty with the storage `filesystem`. */
  readonly roleArn: pulumi.Output<string>;
  /** Name of the role, to attach further policies. Empty if the component creates no role. */
  readonly roleName: pulumi.Output<string>;
  /** Version of the deployed chart. */
  readonly chartVersion: pulumi.Output<string>;
  /** Version of the collector's chart. Empty without a collector. */
  readonly collectorChartVersion: pulumi.Output<string>;
  /** The Helm release of Loki. */
  readonly release: kubernetes.helm.v3.Release;

  /**
   * The bucket, an `aws.s3.Bucket`, for `dependsOn`. Undefined if the component creates none. Only in
   * TypeScript and JavaScript; use `bucketName` elsewhere.
   */
  get bucket(): pulumi.CustomResource | undefined {
    return awsResources.get(this)?.bucket;
  }

  /**
   * The IAM role of Loki's pods, an `aws.iam.Role`, for `dependsOn`. Undefined if the component creates
   * none. Only in TypeScript and JavaScript; use `roleName` and `roleArn` elsewhere.
   */
  get role(): pulumi.CustomResource | undefined {
    return awsResources.get(this)?.role;
  }

  constructor(name: string, args: LokiStackArgs, opts?: pulumi.ComponentResourceOptions) {
    // In JavaScript, the arguments may be missing; the check reports the required ones.
    const { storage: storageKind, region } = (args as LokiStackArgs | undefined) ?? {};
    const isRegional = storageKind !== LokiStorage.Filesystem && !region;
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
    // All children except the bucket get `dependsOn`: see `lokiBucket`.
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
        "Promtail reached its end of life on 2026-03-02 and gets no more security fixes. " +
          'Set collector: "alloy"; the labels of the logs stay the same.',
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
