import { HostnameSource, NodeOs } from "./enums";
import { DatadogSettings, secretNameOf } from "./settings";
import { datadogClusterName } from "./tags";
import { defined } from "../shared/defined";
import { nodeAgentPlacement, placement } from "../shared/placement";
import { ports } from "../shared/ports";
import { Values } from "../../policies/shared/mergeValues";
import { redactions } from "../logs/redactions";
import { resources, sizeTable } from "../shared/resources";
import { unprivileged } from "../shared/unprivileged";

/** Name of the Secret with the token that node agents use to authenticate to the Cluster Agent. */
export const clusterAgentTokenSecretName = "datadog-cluster-agent-token";

const agentSizes = sizeTable(["100m", "512Mi"], ["200m", "768Mi"], ["400m", "1536Mi"]);
const traceAgentSizes = sizeTable(["50m", "192Mi"], ["100m", "384Mi"], ["300m", "1Gi"]);
const clusterAgentSizes = sizeTable(["100m", "256Mi"], ["200m", "512Mi"], ["500m", "1536Mi"]);
const processAgentResources = resources("50m", "256Mi");
const initContainerResources = resources("25m", "128Mi");

// To read files that other users own, the agents need a container's default capabilities.
const nodeAgentSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["NET_RAW"] },
};

/** Returns the datadog chart's values for the given settings. */
export function datadogValues(settings: DatadogSettings): Values {
  const podAnnotations = defined({ "observability/key-revision": settings.keyRevision });
  return {
    ...defined({ registry: settings.imageRegistry }),
    commonLabels: settings.labels,
    ...hostnames(settings),
    datadog: datadog(settings),
    agents: {
      ...nodeAgentPlacement(settings),
      podAnnotations,
      containers: {
        agent: {
          resources: agentSizes[settings.size],
          securityContext: nodeAgentSecurity,
          ...logRules(settings),
        },
        traceAgent: {
          resources: traceAgentSizes[settings.size],
          securityContext: nodeAgentSecurity,
        },
        processAgent: { resources: processAgentResources, securityContext: nodeAgentSecurity },
        initContainers: { resources: initContainerResources, securityContext: nodeAgentSecurity },
      },
    },
    clusterAgent: {
      ...placement(settings),
      replicas: settings.clusterAgentReplicas,
      pdb: { create: settings.clusterAgentReplicas > 1 },
      // Otherwise, each render of the chart would generate a new token and restart every agent.
      tokenExistingSecret: clusterAgentTokenSecretName,
      podAnnotations,
      resources: clusterAgentSizes[settings.size],
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      containers: {
        clusterAgent: { securityContext: unprivileged },
        initContainers: { resources: initContainerResources, securityContext: unprivileged },
      },
      // The host's address works in every pod. The chart's default, a socket, requires a hostPath
      // volume, which restricted namespaces reject.
      admissionController: { enabled: true, configMode: "hostip" },
      // With these permissions, the Cluster Agent could read every Secret in its namespace.
      rbac: { flareAdditionalPermissions: false },
    },
  };
}

function datadog(settings: DatadogSettings): Values {
  const secretName = secretNameOf(settings);
  const isInstrumented = settings.instrumentedNamespaces.length > 0;
  return {
    apiKeyExistingSecret: secretName,
    ...defined({ appKeyExistingSecret: settings.appKey && secretName }),
    site: settings.site,
    // Only root can read other containers' logs and other users' processes.
    securityContext: { runAsUser: 0, seccompProfile: { type: "RuntimeDefault" } },
    // Datadog requires a lowercase name. The `cluster` tag below keeps the original name.
    clusterName: datadogClusterName(settings.cluster),
    tags: [`env:${settings.environment}`, `cluster:${settings.cluster}`],
    // Adds the tag `namespace`, the name that Prometheus and Loki use, in addition to Datadog's
    // `kube_namespace`. Kubernetes sets this label on every namespace.
    namespaceLabelsAsTags: { "kubernetes.io/metadata.name": "namespace" },
    apm: {
      portEnabled: settings.apm,
      socketEnabled: settings.apm,
      instrumentation: {
        // An empty list would select all namespaces.
        enabled: isInstrumented,
        enabledNamespaces: settings.instrumentedNamespaces,
        // Otherwise, a random ID and a timestamp in the values would restart the agents on every
        // update.
        skipKPITelemetry: true,
      },
    },
    ...(isInstrumented && settings.profiling && { profiling: { enabled: "auto" } }),
    logs: { enabled: settings.logs, containerCollectAll: settings.logs },
    dogstatsd: {
      port: ports.datadogMetrics,
      useHostPort: settings.customMetrics,
      nonLocalTraffic: settings.customMetrics,
      originDetection: settings.customMetrics,
      useSocketVolume: settings.customMetrics,
    },
    processAgent: {
      processCollection: settings.processes,
      // Arguments may contain passwords.
      stripProcessArguments: true,
    },
    prometheusScrape: { enabled: settings.scrapePrometheusAnnotations },
    kubeStateMetricsCore: { enabled: true, collectSecretMetrics: false },
    ...defined({
      containerExclude: namespaceFilter(settings.excludedNamespaces),
      containerExcludeLogs: namespaceFilter(settings.excludedLogNamespaces),
      containerExcludeMetrics: namespaceFilter(settings.excludedMetricNamespaces),
    }),
    ...(settings.nodeOs === NodeOs.Bottlerocket && bottlerocket(settings)),
    // Enabled by default since Agent 7.78. It runs a privileged container that mounts the host's kernel
    // sources.
    discovery: { enabled: false },
    // Enabled by default since chart 3.157. It installs CRDs that conflict with an existing operator.
    operator: { enabled: false },
  };
}

/**
 * Returns values that read the hostname from the file that cloud-init writes. Bottlerocket does not use
 * cloud-init.
 */
function hostnames({ hostnameSource, nodeOs }: DatadogSettings): Values {
  return hostnameSource === HostnameSource.NodeFile && nodeOs !== NodeOs.Bottlerocket
    ? { providers: { eks: { ec2: { useHostnameFromFile: true } } } }
    : {};
}

function bottlerocket({ hostnameSource }: DatadogSettings): Values {
  return {
    // Bottlerocket has only containerd. By default, the chart mounts all of /var/run for Docker.
    criSocketPath: "/run/containerd/containerd.sock",
    // /usr is read-only, so a mount of kernel sources there fails when the caller's `values` enable
    // system-probe.
    systemProbe: { enableDefaultKernelHeadersPaths: false },
    // The firmware of Nitro instances exposes the instance ID in a file that every container can read.
    ...(hostnameSource === HostnameSource.NodeFile && {
      envDict: { DD_HOSTNAME_FILE: "/sys/class/dmi/id/board_asset_tag" },
    }),
  };
}

/** Returns redaction rules for logs. Unlike the Loki collectors, the agent replaces the whole match. */
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

/** Returns an agent filter that matches the containers in these namespaces. */
function namespaceFilter(namespaces: string[]): string | undefined {
  return namespaces.map((namespace) => `kube_namespace:^${namespace}$`).join(" ") || undefined;
}
