import { Preset } from "./preset";

/** Development: one small replica per workload. `pulumi destroy` retains only the log bucket. */
export const dev: Preset = {
  networkPolicies: false,
  prometheus: { storageGb: 50, replicas: 1, size: "small", protectData: false },
  alertmanager: { storageGb: 2, replicas: 1 },
  loki: { mode: "singleBinary", volumeGb: 10, size: "small", protectData: false },
  datadog: { size: "small", clusterAgentReplicas: 1 },
};
