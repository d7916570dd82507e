/**
 * Pod Security labels of a namespace. Only the level `privileged` admits agents that read the file
 * system or the processes of their node. Every namespace audits `restricted`.
 */
export function podSecurityLabels(hostsNodeAgents: boolean): Record<string, string> {
  return {
    "pod-security.kubernetes.io/enforce": hostsNodeAgents ? "privileged" : "baseline",
    "pod-security.kubernetes.io/warn": hostsNodeAgents ? "privileged" : "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
  };
}
