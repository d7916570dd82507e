import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defined } from "./defined";
import { Inputs } from "./inputs";
import { Labels, objectLabels } from "./labels";

/** Connections of pods to or from a peer, and the ports on the receiving side. */
export interface Connections {
  /** Labels of the peer's pods. Default: any address. */
  pods?: Labels;
  /** Namespace of these pods. Default: the same namespace. */
  namespace?: string | undefined;
  /** Addresses of the peer, instead of pods. */
  cidrs?: string[];
  tcp?: number[];
  udp?: number[];
}

/** The only connections that pods may accept and open. */
export interface NetworkPolicy {
  pods: Labels;
  accepts: Connections[];
  /** Default: all connections. */
  opens?: Connections[] | undefined;
}

/** Network policies, keyed by part of a component. */
export type NetworkPolicies = Record<string, NetworkPolicy>;

/** Selects pods in the same namespace by the label that every chart and the Prometheus operator set. */
export const podsNamed = (name: string): Labels => ({ "app.kubernetes.io/name": name });

/** DNS servers can be pods, processes on the nodes, or outside the cluster. */
const dns: Connections = { udp: [53], tcp: [53] };

/** Any address, because policies cannot select hosts such as S3, STS, Datadog or grafana.com. */
export const https: Connections = { tcp: [443] };

/**
 * The API server, whose address does not belong to a pod. Its port is 443 on EKS, and often 6443
 * elsewhere.
 */
export const kubernetesApi: Connections = { tcp: [443, 6443] };

/** Returns the given connections and DNS, as the only connections that pods may open. */
export function onlyTo(...connections: Connections[]): Connections[] {
  return [dns, ...connections];
}

interface PolicySettings {
  networkPolicies: boolean;
  namespace: string;
  labels: Labels;
}

/** Registers the network policies of a component, unless its settings disable them. */
export function networkPolicies<S extends PolicySettings>(
  name: string,
  { settings, fill }: Inputs<S>,
  releaseName: (settings: S) => string,
  policiesOf: (settings: S) => NetworkPolicies,
  opts: pulumi.CustomResourceOptions,
): void {
  if (!settings.networkPolicies) return;
  for (const part of Object.keys(policiesOf(settings))) {
    const metadata = fill((all) => ({
      name: `${releaseName(all)}-${part}`,
      namespace: all.namespace,
      labels: objectLabels("network-policy", all.labels),
    }));
    const spec = fill((all) => policySpec(policiesOf(all)[part]));
    new kubernetes.networking.v1.NetworkPolicy(
      `${name}-${part}-network-policy`,
      { metadata, spec },
      opts,
    );
  }
}

function policySpec({ pods, accepts, opens }: NetworkPolicy = { pods: {}, accepts: [] }) {
  return defined({
    podSelector: { matchLabels: pods },
    policyTypes: opens === undefined ? ["Ingress"] : ["Ingress", "Egress"],
    ingress: accepts.map((connections) => ({
      ...peers("from", connections),
      ...ports(connections),
    })),
    egress: opens?.map((connections) => ({ ...peers("to", connections), ...ports(connections) })),
  });
}

function peers(direction: "from" | "to", { pods, namespace, cidrs }: Connections) {
  if (pods !== undefined) {
    const namespaceSelector = namespace && {
      matchLabels: { "kubernetes.io/metadata.name": namespace },
    };
    return {
      [direction]: [defined({ namespaceSelector, podSelector: { matchLabels: pods } })],
    };
  }
  if (cidrs !== undefined) return { [direction]: cidrs.map((cidr) => ({ ipBlock: { cidr } })) };
  return {};
}

function ports({ tcp = [], udp = [] }: Connections) {
  return {
    ports: [
      ...tcp.map((port) => ({ port, protocol: "TCP" })),
      ...udp.map((port) => ({ port, protocol: "UDP" })),
    ],
  };
}
