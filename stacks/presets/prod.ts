import { Preset } from "./preset";

/** Production: survives the loss of a node, and its data survives an accidental `pulumi destroy`. */
export const prod: Preset = {
  networkPolicies: true,
  prometheus: { storageGb: 100, replicas: 2, size: "medium", protectData: true },
  alertmanager: { storageGb: 5, replicas: 2 },
  loki: { mode: "highAvailability", volumeGb: 50, size: "medium", protectData: true },
  datadog: { size: "medium", clusterAgentReplicas: 2 },
};
