import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { charts } from "../shared/charts";
import { HostnameSource, NodeOs } from "./settings";
import { DatadogSite } from "./settings";
import { chartRelease, settingsOf, settingsOrThrow } from "../shared/component";
import { objectLabels } from "../shared/labels";
import { secretData } from "../shared/secretData";
import { datadogSettings, secretNameOf } from "./settings";
import { Redaction, RedactionPattern } from "../logs/redactionSettings";
import { SizePreset } from "../shared/sizePreset";
import { clusterAgentTokenSecretName, datadogValues } from "./values";

export interface DatadogAgentArgs {
  /** Name of the cluster; the tags `kube_cluster_name` and `cluster` on everything sent. */
  cluster: string;
  /** Environment; the tag `env` of whatever carries none of its own. */
  environment: string;
  /** Namespace to install into; it must exist and admit privileged pods. Default: `ticketing`. */
  namespace?: string;
  /**
   * API key, kept as a secret: becomes `api-key` in the Secret `datadog-secret`.
   * Either this or `existingSecret` is required.
   */
  apiKey?: pulumi.Input<string>;
  /**
   * Application key, kept as a secret: becomes `app-key` in the Secret `datadog-secret`. Agents need
   * none; the Cluster Agent needs it to serve Datadog metrics to autoscalers. Default: none.
   */
  appKey?: pulumi.Input<string>;
  /** A Secret in the same namespace that holds `api-key`, instead of `apiKey`. */
  existingSecret?: string;
  /**
   * Any text; change it together with a key, for example to the month. Pods read their key only
   * at the start, and a new revision restarts them. Default: none.
   */
  keyRevision?: string;
  /** Datadog site of the organisation. Default: `datadoghq.com`. */
  site?: DatadogSite;
  /** Takes traces and profiles on each node's port 8126 and a socket. Default: true. */
  apm?: boolean;
  /** Lets the injected libraries profile where it pays (`auto`). Default: true. */
  profiling?: boolean;
  /**
   * Namespaces whose Python, Java, Node.js, .NET, Ruby and PHP workloads get a tracing library at
   * their start, without a change to their images. Not Go, which is instrumented when it is
   * compiled. Never the agent's own namespace. Default: none.
   */
  instrumentedNamespaces?: string[];
  /** Collects the logs of all containers. Default: true. */
  logs?: boolean;
  /** Built-in patterns that are not redacted in logs. Default: none, all are. */
  disabledRedactions?: Redaction[];
  /** What is redacted in logs besides the built-in patterns. Default: nothing. */
  redactionPatterns?: RedactionPattern[];
  /** Collects the list of running processes, without their arguments. Default: true. */
  processes?: boolean;
  /** Takes custom metrics by DogStatsD, on UDP port 8125 of each node. Default: true. */
  customMetrics?: boolean;
  /**
   * Scrapes every pod annotated `prometheus.io/scrape: "true"`; each of its series is billed as a
   * custom metric. Annotations `ad.datadoghq.com/…` work without it. Default: false.
   */
  scrapePrometheusAnnotations?: boolean;
  /** Namespaces whose containers give neither metrics nor logs; traces they send. Default: none. */
  excludedNamespaces?: string[];
  /** Namespaces from which no logs are collected, for example because Loki keeps them. Default: none. */
  excludedLogNamespaces?: string[];
  /** Namespaces whose containers give no metrics. Default: none. */
  excludedMetricNamespaces?: string[];
  /** Operating system of the nodes. Default: `amazonLinux`. */
  nodeOs?: NodeOs;
  /**
   * Where an agent learns the instance id of its node; `nodeFile` where pods cannot reach the
   * instance metadata service (hop limit 1). Default: `instanceMetadata`.
   */
  hostnameSource?: HostnameSource;
  /** Resources of every container. Default: `small`. */
  size?: SizePreset;
  /** Replicas of the Cluster Agent; more than one get a disruption budget. Default: 1. */
  clusterAgentReplicas?: number;
  /** Labels added to every object. */
  labels?: Record<string, string>;
  /** Exact chart version. Default: the version this library was tested with. */
  chartVersion?: string;
  /** Helm repository or `oci://` registry of the chart. Default: its official repository. */
  repository?: string;
  /** Registry that mirrors the images, as `<imageRegistry>/agent`. Default: Datadog's own. */
  imageRegistry?: string;
  /** Chart values merged over ours: maps merge, lists replace, null removes a chart default. */
  values?: Record<string, any>;
}

/**
 * The Datadog Agent on every node and its Cluster Agent, as the Helm release `datadog-agent`.
 * Works alone: without Prometheus, Loki or AWS.
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class DatadogAgent extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:DatadogAgent";

  /** Name of the DaemonSet, for `kubectl logs` and `kubectl exec`. */
  readonly daemonSetName: pulumi.Output<string>;
  /** Name of the Secret that holds the keys. */
  readonly secretName: pulumi.Output<string>;
  /** Version of the chart that is deployed. */
  readonly chartVersion: pulumi.Output<string>;

  constructor(name: string, args: DatadogAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("DatadogAgent", name, datadogSettings(settingsOf(args)));
    super(DatadogAgent.__pulumiType, name, settings, opts);
    const { namespace } = settings;
    const labels = objectLabels("datadog-agent", settings.labels);
    const child = { parent: this };

    const secrets: kubernetes.core.v1.Secret[] = [];
    if (settings.existingSecret === undefined) {
      secrets.push(
        new kubernetes.core.v1.Secret(
          `${name}-keys`,
          {
            metadata: { name: secretNameOf(settings), namespace, labels },
            stringData: secretData("datadog", args),
          },
          child,
        ),
      );
    }
    const token = new random.RandomPassword(
      `${name}-cluster-agent-token`,
      { length: 48, special: false },
      child,
    );
    secrets.push(
      new kubernetes.core.v1.Secret(
        `${name}-cluster-agent-token`,
        {
          metadata: { name: clusterAgentTokenSecretName, namespace, labels },
          stringData: { token: token.result },
        },
        child,
      ),
    );
    const release = chartRelease(
      name,
      {
        releaseName: "datadog-agent",
        chart: charts.datadog.name,
        settings,
        values: datadogValues(settings),
        overrides: args.values,
      },
      { ...child, dependsOn: secrets },
    );

    this.daemonSetName = pulumi.output("datadog-agent");
    this.secretName = pulumi.output(secretNameOf(settings));
    this.chartVersion = release.version;
    this.registerOutputs({
      daemonSetName: this.daemonSetName,
      secretName: this.secretName,
      chartVersion: this.chartVersion,
    });
  }
}
