import { NetworkPolicies, kubernetesApi, onlyTo, podsNamed } from "../shared/networkPolicies";
import { ports } from "../shared/ports";
import { DatadogSettings } from "./settings";

const datadog = podsNamed("datadog-agent");
const agents = { ...datadog, "app.kubernetes.io/component": "agent" };
const clusterAgent = { ...datadog, "app.kubernetes.io/component": "cluster-agent" };

const clusterAgentPort = 5005;
const clusterAgentMetricsPort = 5000;
const webhookPort = 8000;
const externalMetricsPort = 8443;

/** Returns the connections of the node agents and the Cluster Agent. */
export function datadogNetworkPolicies(settings: DatadogSettings): NetworkPolicies {
  return {
    agents: {
      pods: agents,
      // Services in all namespaces send data to the ports on their node.
      accepts: [
        ...(settings.customMetrics ? [{ udp: [ports.datadogMetrics] }] : []),
        ...(settings.apm ? [{ tcp: [ports.datadogTraces] }] : []),
      ],
      // The agent's checks query pods and nodes on arbitrary ports.
      opens: undefined,
    },
    "cluster-agent": {
      pods: clusterAgent,
      accepts: [
        { pods: agents, tcp: [clusterAgentPort, clusterAgentMetricsPort] },
        { pods: clusterAgent, tcp: [clusterAgentPort] },
        // The API server calls these ports from an address that does not belong to a pod.
        { tcp: [webhookPort, ...(settings.appKey ? [externalMetricsPort] : [])] },
      ],
      // Port 443, which `kubernetesApi` allows, also covers Datadog's endpoints.
      opens: onlyTo(
        kubernetesApi,
        { pods: clusterAgent, tcp: [clusterAgentPort] },
        { cidrs: ["169.254.169.254/32"], tcp: [80] },
      ),
    },
  };
}
