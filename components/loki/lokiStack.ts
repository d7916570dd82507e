import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { charts } from "../shared/charts";
import { chartRelease, settingsOrThrow } from "../shared/component";
import { objectLabels } from "../shared/labels";
import { logCollector } from "../logs/collector";
import { AwsIdentity, LokiMode, LokiStorage } from "./settings";
import { LogCollector } from "../logs/settings";
import { Redaction, RedactionPattern } from "../logs/redactionSettings";
import { lokiStorage } from "./storage";
import { lokiSettings } from "./settings";
import { SizePreset } from "../shared/sizePreset";
import { lokiRulesConfigMapName, lokiValues } from "./values";
import { lokiRules } from "./rules";
import { lokiName, lokiPushUrl, lokiUrl } from "./urls";

/** Alerts on the logs of one service. */
export interface LogAlertArgs {
  /** Namespace of the service. */
  namespace: string;
  /** Label `service` of its logs. */
  service: string;
  /** Alerts when it logs more errors a minute than this, for 5 minutes. Default: 10. */
  errorsPerMinute?: number;
  /** Alerts when it logs nothing for so many minutes. Default: 15. */
  silentMinutes?: number;
}

export interface LokiStackArgs {
  /**
   * Name of the EKS cluster; the label `cluster` of every log line, and part of the role's name.
   * Other clusters than EKS can have any name here and the storage `filesystem`.
   */
  cluster: string;
  /** Environment; the label `env` of every log line. */
  environment: string;
  /** Namespace to install into; it must exist. Default: `monitoring`. */
  namespace?: string;
  /** One replica, three, or each part of Loki on its own. Default: `singleBinary`. */
  mode?: LokiMode;
  /** Resources of Loki and of the collector. Default: `small`. */
  size?: SizePreset;
  /** Days that logs are kept. Default: 15. */
  retentionDays?: number;
  /** Where chunks and index are kept. Default: `s3`. */
  storage?: LokiStorage;
  /** Name of the S3 bucket. Default: `ticketing-loki-chunks`. */
  bucket?: string;
  /** AWS region of the bucket. Default: `us-east-1`. */
  region?: string;
  /** Creates the bucket; false uses one that exists and changes nothing about it. Default: true. */
  createBucket?: boolean;
  /**
   * Bucket that gets S3's log of who accessed the bucket; it must exist, in the same region, and
   * let S3 write there. Default: none.
   */
  accessLogBucket?: string;
  /** ARN of the KMS key that encrypts the bucket. Default: none, S3's own keys encrypt it. */
  kmsKeyArn?: string;
  /** How Loki's pods get their IAM role. Default: `podIdentity`. */
  awsIdentity?: AwsIdentity;
  /** ARN of the cluster's OIDC provider in IAM; needed for, and only used by, `irsa`. */
  oidcProviderArn?: pulumi.Input<string>;
  /** URL of the cluster's OIDC issuer; needed for, and only used by, `irsa`. */
  oidcIssuerUrl?: pulumi.Input<string>;
  /**
   * Volume of each replica in GiB: what is not yet in the bucket, or, with the storage
   * `filesystem`, everything. Default: 20.
   */
  volumeGb?: number;
  /** StorageClass of the volumes; `""` takes the cluster's default. Default: `gp3`. */
  storageClassName?: string;
  /**
   * Keeps the logs when the stack is destroyed: the bucket cannot be deleted before this is
   * switched off, and the volumes stay. Default: true in the environment `prod`.
   */
  protectData?: boolean;
  /**
   * URL of the Alertmanager that gets the alerts of LogQL rules, which Loki reads from the
   * ConfigMap `loki-rules` in its namespace. Default: none.
   */
  alertmanagerUrl?: string;
  /**
   * Services whose logs are watched: errors, and silence. This and `logMetricNamespaces` make the
   * ConfigMap `loki-rules`; without either, the ConfigMap is yours to make. Default: none.
   */
  logAlerts?: LogAlertArgs[];
  /**
   * Namespaces for whose services Loki records lines and errors a second, from their logs, as
   * `namespace_service:log_lines:rate5m` and `namespace_service:log_errors:rate5m`. Needs
   * `remoteWriteUrls`. Default: none.
   */
  logMetricNamespaces?: string[];
  /**
   * Where the series of recording rules are written: the URL of each replica of Prometheus, which
   * must take remote writes. Default: none.
   */
  remoteWriteUrls?: string[];
  /** Where the runbooks of the log alerts are; `/<alert name>.md` is appended. */
  runbookBaseUrl?: string;
  /** URL of Grafana, for the link to the dashboard. Default: none, and no link. */
  dashboardBaseUrl?: string;
  /** Built-in patterns that are not redacted. Default: none, all are. */
  disabledRedactions?: Redaction[];
  /** What is redacted besides the built-in patterns. Default: nothing. */
  redactionPatterns?: RedactionPattern[];
  /** Lets Prometheus scrape Loki and the collector; needs the ServiceMonitor CRD. Default: true. */
  serviceMonitors?: boolean;
  /**
   * Reads the logs of all pods. Default: `alloy`. `promtail` is end of life since 2026-03-02 and
   * gets no more fixes; it is for teams that still have to move.
   */
  collector?: LogCollector;
  /** Exact chart version of the collector. Default: the version this library was tested with. */
  collectorChartVersion?: string;
  /** Helm repository or `oci://` registry of the collector's chart. Default: its official one. */
  collectorRepository?: string;
  /** Values of the collector's chart, merged over ours as `values` are. */
  collectorValues?: Record<string, any>;
  /** Labels added to every object, and to the AWS resources as tags. */
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
 * Loki as the Helm release `loki`, its S3 bucket and IAM role, and a collector of all pods' logs,
 * labelled `namespace`, `app`, `service`, `pod`, `container`, `cluster` and `env`. Works alone; with
 * the storage `filesystem`, without AWS.
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class LokiStack extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:LokiStack";

  /** URL of Loki inside the cluster, for a data source. */
  readonly url: pulumi.Output<string>;
  /** URL inside the cluster that collectors push to. */
  readonly pushUrl: pulumi.Output<string>;
  /** Name of the bucket; empty with the storage `filesystem`. */
  readonly bucketName: pulumi.Output<string>;
  /** ARN of the IAM role of Loki's pods; empty with the storage `filesystem`. */
  readonly roleArn: pulumi.Output<string>;
  /** Version of the chart that is deployed. */
  readonly chartVersion: pulumi.Output<string>;
  /** Version of the collector's chart; empty without one. */
  readonly collectorChartVersion: pulumi.Output<string>;

  constructor(name: string, args: LokiStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const { values, collectorValues, ...checked } = args;
    const settings = settingsOrThrow("LokiStack", name, lokiSettings(checked));
    // What this is told to wait for, its parts wait for; all but the bucket, which a destroy may leave.
    const { dependsOn = [], ...own } = opts ?? {};
    super(LokiStack.__pulumiType, name, settings, own);
    const { namespace } = settings;
    const child = { parent: this, dependsOn };

    if (settings.collector === LogCollector.Promtail) {
      void pulumi.log.warn(
        "Promtail is end of life since 2026-03-02 and gets no more security fixes; " +
          'move to Alloy with collector: "alloy", the labels stay the same',
        this,
      );
    }

    const oidc = { arn: args.oidcProviderArn, issuerUrl: args.oidcIssuerUrl };
    const storage = lokiStorage(name, settings, oidc, child);
    const serviceAccount = new kubernetes.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: {
          name: lokiName,
          namespace,
          labels: objectLabels("loki", settings.labels),
          annotations: storage.serviceAccountAnnotations,
        },
        automountServiceAccountToken: false,
      },
      child,
    );
    const ruleFile = lokiRules(settings);
    const rules =
      ruleFile === undefined
        ? []
        : [
            new kubernetes.core.v1.ConfigMap(
              `${name}-rules`,
              {
                metadata: {
                  name: lokiRulesConfigMapName,
                  namespace,
                  labels: objectLabels("loki", settings.labels),
                },
                data: { "logs.yaml": ruleFile },
              },
              child,
            ),
          ];
    const release = chartRelease(
      name,
      {
        releaseName: lokiName,
        chart: charts.loki.name,
        settings,
        values: lokiValues(settings),
        overrides: values,
      },
      pulumi.mergeOptions(child, {
        dependsOn: [serviceAccount, ...rules, ...storage.dependencies],
      }),
    );
    // After Loki: a collector that nobody answers gives up on its first lines.
    const collector = logCollector(
      name,
      { settings, pushUrl: lokiPushUrl(namespace), overrides: collectorValues },
      pulumi.mergeOptions(child, { dependsOn: release }),
    );

    this.url = pulumi.output(lokiUrl(namespace));
    this.pushUrl = pulumi.output(lokiPushUrl(namespace));
    this.bucketName = storage.bucketName;
    this.roleArn = storage.roleArn;
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
