import { NetworkPolicies, kubernetesApi, onlyTo, podsNamed } from "../shared/networkPolicies";
import { DatadogSettings } from "./settings";

const datadog = podsNamed("datadog-agent");
const agents = { ...datadog, "app.kubernetes.io/component": "agent" };
const clusterAgent = { ...datadog, "app.kubernetes.io/component": "cluster-agent" };

const clusterAgentPort = 5005;
const clusterAgentMetricsPort = 5000;
const webhookPort = 8000;
const externalMetricsPort = 8443;

/** Connections of the node agents and the Cluster Agent. */
export function datadogNetworkPolicies(settings: DatadogSettings): NetworkPolicies {
  return {
    agents: {
      pods: agents,
      // Services in all namespaces send to the ports of their node.
      accepts: [
        ...(settings.customMetrics ? [{ udp: [8125] }] : []),
        ...(settings.apm ? [{ tcp: [8126] }] : []),
      ],
      // Checks query pods and nodes on any port.
      opens: undefined,
    },
    "cluster-agent": {
      pods: clusterAgent,
      accepts: [
        { pods: agents, tcp: [clusterAgentPort, clusterAgentMetricsPort] },
        { pods: clusterAgent, tcp: [clusterAgentPort] },
        // The API server calls these ports, and does not have a pod's address.
        { tcp: [webhookPort, ...(settings.appKey ? [externalMetricsPort] : [])] },
      ],
      // Port 443 includes Datadog.
      opens: onlyTo(
        kubernetesApi,
        { pods: clusterAgent, tcp: [clusterAgentPort] },
        { cidrs: ["169.254.169.254/32"], tcp: [80] },
      ),
    },
  };
}
