/** An evaluator of NetworkPolicies as the API of Kubernetes defines them, for pods and addresses. */

type Labels = Record<string, string>;

/** A pod, or an address outside of the cluster. */
export type End = { namespace: string; labels: Labels } | { address: string };

export interface PolicyManifest {
  metadata: { namespace: string };
  spec: {
    podSelector: { matchLabels?: Labels };
    policyTypes: string[];
    ingress?: Rule[];
    egress?: Rule[];
  };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number; protocol: string }[];
}

interface Peer {
  podSelector?: { matchLabels?: Labels };
  ipBlock?: { cidr: string };
}

export interface Port {
  port: number;
  protocol: string;
}

/** Whether all policies together allow a connection: those of its source, and those of its target. */
export function isAllowed(policies: PolicyManifest[], from: End, to: End, port: Port): boolean {
  return isOpen(policies, "Egress", from, to, port) && isOpen(policies, "Ingress", to, from, port);
}

function isOpen(
  policies: PolicyManifest[],
  direction: "Ingress" | "Egress",
  pod: End,
  peer: End,
  { port, protocol }: Port,
): boolean {
  const applicable = policies.filter(
    ({ metadata, spec }) =>
      "labels" in pod &&
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );
  // A pod that no policy selects is not isolated. The rules of several policies add up.
  if (applicable.length === 0) return true;
  return applicable.some(({ metadata, spec }) =>
    (direction === "Ingress" ? spec.ingress : spec.egress)?.some((rule) => {
      const peers = direction === "Ingress" ? rule.from : rule.to;
      const isPort =
        rule.ports === undefined ||
        rule.ports.some((each) => each.port === port && each.protocol === protocol);
      const isPeer =
        peers === undefined || peers.some((each) => matches(each, peer, metadata.namespace));
      return isPort && isPeer;
    }),
  );
}

function matches({ podSelector, ipBlock }: Peer, end: End, namespace: string): boolean {
  if ("address" in end) return ipBlock?.cidr === `${end.address}/32`;
  if (podSelector === undefined) return false;
  return end.namespace === namespace && selects(podSelector, end.labels);
}

function selects({ matchLabels = {} }: { matchLabels?: Labels }, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
