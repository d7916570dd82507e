import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { charts } from "../charts/charts";
import { chartRelease } from "../shared/chartRelease";
import { claim } from "../shared/claims";
import { checkWithValues } from "../shared/chartValues";
import { afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { networkPolicies } from "../shared/networkPolicies";
import { checkWithSecrets, secretData } from "../secrets/secretData";
import { datadogNetworkPolicies } from "./networkPolicies";
import { DatadogSite, HostnameSource, NodeOs } from "./enums";
import { datadogReleaseName, datadogSecretName, datadogSettings, secretNameOf } from "./settings";
import { Redaction } from "../logs/enums";
import { RedactionPattern } from "../logs/redactionPattern";
import { SizePreset } from "../shared/sizePreset";
import { ChartArgs } from "../shared/chartArgs";
import { clusterAgentTokenSecretName, datadogValues } from "./values";

/** Arguments of DatadogAgent. */
export interface DatadogAgentArgs extends ChartArgs {
  /** Cluster name, set as the `kube_cluster_name` and `cluster` tags on all data. */
  cluster: pulumi.Input<string>;
  /** Environment name, set as the `env` tag on all data that does not already have one. */
  environment: pulumi.Input<string>;
  /**
   * Namespace to install into. It must exist, and its Pod Security level must be `privileged`, because the
   * agent reads the host. Default: `datadog`.
   */
  namespace?: pulumi.Input<string> | undefined;
  /**
   * API key, which Pulumi stores as a secret and writes to the key `api-key` of the Secret
   * `datadog-secret`. Either `apiKey` or `existingSecret` is required.
   */
  apiKey?: pulumi.Input<string> | undefined;
  /**
   * Application key, which Pulumi stores as a secret and writes to the key `app-key` of the Secret
   * `datadog-secret`. Only the Cluster Agent uses it, to serve Datadog metrics to autoscalers. Default:
   * none.
   */
  appKey?: pulumi.Input<string> | undefined;
  /**
   * Existing Secret in the same namespace to use instead of `apiKey`, such as the output
   * `metadata.name` of a `kubernetes.core.v1.Secret`. It must have the key `api-key`.
   */
  existingSecret?: pulumi.Input<string> | undefined;
  /**
   * Any text, such as the current month. Change it whenever you change a key: pods read their key only
   * at startup, and a new revision restarts them. Default: none.
   */
  keyRevision?: pulumi.Input<string> | undefined;
  /** Datadog site of the organization. Default: `datadoghq.com`. */
  site?: DatadogSite;
  /** Accepts traces and profiles on port 8126 of each node and on a socket. Default: true. */
  apm?: boolean;
  /** Lets the injected tracing libraries decide when to profile (`auto`). Default: true. */
  profiling?: boolean;
  /**
   * Namespaces whose Python, Java, Node.js, .NET, Ruby and PHP workloads get a tracing library injected
   * at startup, without changes to their images. Go cannot be instrumented this way, only at compile
   * time. The list must not include the Agent's namespace, and must be known when the program runs.
   * Default: none.
   */
  instrumentedNamespaces?: pulumi.Input<string>[];
  /** Collects the logs of all containers. Default: true. */
  logs?: boolean;
  /** Built-in redaction patterns to disable in logs. Default: none. */
  disabledRedactions?: Redaction[];
  /** Redaction patterns for logs in addition to the built-in ones. Default: none. */
  redactionPatterns?: RedactionPattern[];
  /** Collects the list of running processes, without their arguments. Default: true. */
  processes?: boolean;
  /** Accepts custom metrics through DogStatsD, on UDP port 8125 of each node. Default: true. */
  customMetrics?: boolean;
  /**
   * Scrapes every pod that has the annotation `prometheus.io/scrape: "true"`. Datadog bills each series
   * as a custom metric. `ad.datadoghq.com/…` annotations work without this setting. Default: false.
   */
  scrapePrometheusAnnotations?: boolean;
  /**
   * Namespaces whose container metrics and logs the Agent does not collect. Traces are not
   * affected. Default: none.
   */
  excludedNamespaces?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * Namespaces whose logs the Agent does not collect, for example because LokiStack stores them.
   * Default: none.
   */
  excludedLogNamespaces?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Namespaces whose container metrics the Agent does not collect. Default: none. */
  excludedMetricNamespaces?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Operating system of the nodes. Default: `amazonLinux`. */
  nodeOs?: NodeOs;
  /**
   * Where the Agent gets the instance ID of its node. Use `nodeFile` if pods cannot reach the instance
   * metadata service (hop limit 1). Default: `instanceMetadata`.
   */
  hostnameSource?: HostnameSource;
  /** Size preset for the CPU and memory of every container. Default: `small`. */
  size?: SizePreset;
  /** Number of Cluster Agent replicas. With more than 1, a PodDisruptionBudget is created. Default: 1. */
  clusterAgentReplicas?: number;
  /** Labels to add to every object. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Registry that mirrors the images, as `<imageRegistry>/agent`. Default: Datadog's registry. */
  imageRegistry?: pulumi.Input<string> | undefined;
}

/**
 * Deploys the Datadog Agent on every node, and the Cluster Agent, as the Helm release `datadog-agent`.
 * Requires neither AWS nor another component.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class DatadogAgent extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:DatadogAgent";

  /** Name of the DaemonSet, for `kubectl logs` and `kubectl exec`. */
  readonly daemonSetName: pulumi.Output<string>;
  /** Name of the Secret that holds the keys. */
  readonly secretName: pulumi.Output<string>;
  /** Version of the deployed chart. */
  readonly chartVersion: pulumi.Output<string>;
  /** The Helm release of the Agent and the Cluster Agent. */
  readonly release: kubernetes.helm.v3.Release;

  constructor(name: string, args: DatadogAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const inputs = checkInputs("DatadogAgent", name, args, (all) =>
      checkWithSecrets("datadog", all, (known) =>
        checkWithValues(known, datadogSettings, { values: charts.datadog }),
      ),
    );
    const { settings, fill } = inputs;
    const owner = { component: "DatadogAgent", name };
    const secrets = secretData("datadog", args, owner);
    const claimed = claim("DatadogAgent", name, inputs, opts, () => [
      {
        what: "the agent's ports and folders on each node",
        path: ["namespace"],
        fix: "remove one of them, because a cluster has one agent for all namespaces",
      },
    ]);
    super(
      DatadogAgent.__pulumiType,
      name,
      fill((all) => all),
      afterChecks(opts, claimed, inputs.resolved(), secrets),
    );
    const { namespace, labels } = fill((all) => ({
      namespace: all.namespace,
      labels: objectLabels("datadog-agent", all.labels),
    }));
    const child = { parent: this };

    const secret = (
      suffix: string,
      secretName: string,
      stringData: pulumi.Input<Record<string, pulumi.Input<string>>>,
    ) =>
      new kubernetes.core.v1.Secret(
        `${name}-${suffix}`,
        { metadata: { name: secretName, namespace, labels }, stringData },
        child,
      );
    const keys =
      settings.existingSecret === undefined ? [secret("keys", datadogSecretName, secrets)] : [];
    const token = new random.RandomPassword(
      `${name}-cluster-agent-token`,
      { length: 48, special: false },
      child,
    );
    const tokenSecret = secret("cluster-agent-token", clusterAgentTokenSecretName, {
      token: token.result,
    });
    networkPolicies(name, inputs, () => datadogReleaseName, datadogNetworkPolicies, child);
    const release = chartRelease(
      name,
      {
        releaseName: datadogReleaseName,
        chart: charts.datadog.name,
        settings: { ...settings, namespace },
        values: fill(datadogValues),
        overrides: { ...owner, field: "values", values: args.values },
      },
      { ...child, dependsOn: [...keys, tokenSecret] },
    );

    this.daemonSetName = availableAfter(release, datadogReleaseName);
    this.secretName = availableAfter(keys, fill(secretNameOf));
    this.release = release;
    this.chartVersion = release.version;
    this.registerOutputs({
      daemonSetName: this.daemonSetName,
      secretName: this.secretName,
      chartVersion: this.chartVersion,
    });
  }
}
