/**
 * Returns the Pod Security labels of a namespace. Only the `privileged` level admits agents that read
 * their node's file system or processes. Every namespace audits `restricted`.
 */
export function podSecurityLabels(hostsNodeAgents: boolean): Record<string, string> {
  return {
    "pod-security.kubernetes.io/enforce": hostsNodeAgents ? "privileged" : "baseline",
    "pod-security.kubernetes.io/warn": hostsNodeAgents ? "privileged" : "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
  };
}
