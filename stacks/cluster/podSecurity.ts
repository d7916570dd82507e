/**
 * Pod Security Standards of a namespace. Agents that read their node (its file system, its processes)
 * are refused below `privileged`; everywhere, what would break `restricted` is at least reported.
 */
export function podSecurityLabels(hostsNodeAgents: boolean): Record<string, string> {
  return {
    "pod-security.kubernetes.io/enforce": hostsNodeAgents ? "privileged" : "baseline",
    "pod-security.kubernetes.io/warn": hostsNodeAgents ? "privileged" : "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
  };
}
