import { HostnameSource, NodeOs } from "./settings";
import { DatadogSettings, secretNameOf } from "./settings";
import { datadogClusterName } from "./tags";
import { everyNode } from "../shared/nodeAgentPlacement";
import { Values } from "../shared/mergeValues";
import { redactions } from "../logs/redactions";
import { SizeTable, resources } from "../shared/resources";

/** Name of the Secret with the token that node agents and the Cluster Agent share. */
export const clusterAgentTokenSecretName = "datadog-cluster-agent-token";

const agentSizes: SizeTable = {
  small: resources("100m", "512Mi"),
  medium: resources("200m", "768Mi"),
  large: resources("400m", "1536Mi"),
};
const traceAgentSizes: SizeTable = {
  small: resources("50m", "192Mi"),
  medium: resources("100m", "384Mi"),
  large: resources("300m", "1Gi"),
};
const clusterAgentSizes: SizeTable = {
  small: resources("100m", "256Mi"),
  medium: resources("200m", "512Mi"),
  large: resources("500m", "1536Mi"),
};
const processAgentResources = resources("50m", "256Mi");
const initContainerResources = resources("25m", "128Mi");

/** Values of the datadog chart for the given settings. */
export function datadogValues(settings: DatadogSettings): Values {
  const podAnnotations =
    settings.keyRevision === undefined
      ? {}
      : { "observability/key-revision": settings.keyRevision };
  return {
    ...(settings.imageRegistry === undefined ? {} : { registry: settings.imageRegistry }),
    commonLabels: settings.labels,
    ...hostnames(settings),
    datadog: datadog(settings),
    agents: {
      ...everyNode,
      podAnnotations,
      containers: {
        agent: { resources: agentSizes[settings.size], ...logRules(settings) },
        traceAgent: { resources: traceAgentSizes[settings.size] },
        processAgent: { resources: processAgentResources },
        initContainers: { resources: initContainerResources },
      },
    },
    clusterAgent: {
      replicas: settings.clusterAgentReplicas,
      pdb: { create: settings.clusterAgentReplicas > 1 },
      // The chart would otherwise draw a new token at each render and restart every agent with it.
      tokenExistingSecret: clusterAgentTokenSecretName,
      podAnnotations,
      resources: clusterAgentSizes[settings.size],
      containers: { initContainers: { resources: initContainerResources } },
      // The host's address works in every pod; the chart's choice, a socket, needs a hostPath volume
      // that restricted namespaces refuse.
      admissionController: { enabled: true, configMode: "hostip" },
      // Without this the Cluster Agent may read every Secret of its namespace.
      rbac: { flareAdditionalPermissions: false },
    },
  };
}

function datadog(settings: DatadogSettings): Values {
  const secretName = secretNameOf(settings);
  const instrumented = settings.instrumentedNamespaces.length > 0;
  return {
    apiKeyExistingSecret: secretName,
    ...(settings.appKey ? { appKeyExistingSecret: secretName } : {}),
    site: settings.site,
    // The tag below keeps the name as it is.
    clusterName: datadogClusterName(settings.cluster),
    tags: [`env:${settings.environment}`, `cluster:${settings.cluster}`],
    // The tag `namespace`, as metrics, logs and alerts call it, beside Datadog's `kube_namespace`:
    // Kubernetes labels every namespace with its own name.
    namespaceLabelsAsTags: { "kubernetes.io/metadata.name": "namespace" },
    apm: {
      portEnabled: settings.apm,
      socketEnabled: settings.apm,
      instrumentation: {
        // An empty list of namespaces would mean all of them.
        enabled: instrumented,
        enabledNamespaces: settings.instrumentedNamespaces,
        // Its random id and time would restart the agents at each update.
        skipKPITelemetry: true,
      },
    },
    ...(instrumented && settings.profiling ? { profiling: { enabled: "auto" } } : {}),
    logs: { enabled: settings.logs, containerCollectAll: settings.logs },
    dogstatsd: {
      port: 8125,
      useHostPort: settings.customMetrics,
      nonLocalTraffic: settings.customMetrics,
      originDetection: settings.customMetrics,
      useSocketVolume: settings.customMetrics,
    },
    processAgent: {
      processCollection: settings.processes,
      // Arguments carry passwords.
      stripProcessArguments: true,
    },
    prometheusScrape: { enabled: settings.scrapePrometheusAnnotations },
    kubeStateMetricsCore: { enabled: true, collectSecretMetrics: false },
    ...excluded("containerExclude", settings.excludedNamespaces),
    ...excluded("containerExcludeLogs", settings.excludedLogNamespaces),
    ...excluded("containerExcludeMetrics", settings.excludedMetricNamespaces),
    ...(settings.nodeOs === NodeOs.Bottlerocket ? bottlerocket(settings) : {}),
    // On by default since Agent 7.78: a privileged container that mounts kernel sources of the host.
    discovery: { enabled: false },
    // On by default since chart 3.157: brings CRDs that clash with an operator installed otherwise.
    operator: { enabled: false },
  };
}

/** Without instance metadata: the file that cloud-init writes. Bottlerocket has no cloud-init. */
function hostnames({ hostnameSource, nodeOs }: DatadogSettings): Values {
  return hostnameSource === HostnameSource.NodeFile && nodeOs !== NodeOs.Bottlerocket
    ? { providers: { eks: { ec2: { useHostnameFromFile: true } } } }
    : {};
}

function bottlerocket({ hostnameSource }: DatadogSettings): Values {
  return {
    // Only containerd, at its one place; the chart otherwise mounts all of /var/run for Docker's.
    criSocketPath: "/run/containerd/containerd.sock",
    // Nothing can be written below /usr, so that a mount of kernel sources there fails. For those
    // who switch on system-probe by `values`.
    systemProbe: { enableDefaultKernelHeadersPaths: false },
    ...(hostnameSource === HostnameSource.NodeFile
      ? // Firmware of Nitro instances carries the instance id; every container can read it.
        { envDict: { DD_HOSTNAME_FILE: "/sys/class/dmi/id/board_asset_tag" } }
      : {}),
  };
}

/** The agent replaces what a whole expression matches, where the collectors of Loki keep what is around. */
function logRules(settings: DatadogSettings): Values {
  if (!settings.logs) return {};
  const rules = redactions(settings).map(({ name, expression, replacement }) => ({
    type: "mask_sequences",
    name,
    replace_placeholder: replacement,
    pattern: expression,
  }));
  return { envDict: { DD_LOGS_CONFIG_PROCESSING_RULES: JSON.stringify(rules) } };
}

/** Namespaces as the Agent's container filter writes them. */
function excluded(filter: string, namespaces: string[]): Values {
  if (namespaces.length === 0) return {};
  return { [filter]: namespaces.map((namespace) => `kube_namespace:^${namespace}$`).join(" ") };
}
