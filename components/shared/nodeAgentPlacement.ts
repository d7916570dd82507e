import { Values } from "../../policies/shared/mergeValues";

const notOnFargate = {
  key: "eks.amazonaws.com/compute-type",
  operator: "NotIn",
  values: ["fargate"],
};

/**
 * Scheduling of a DaemonSet that must run on every node, whatever the taints and however full the
 * node is. Fargate does not run DaemonSets: without the affinity, their pods stay pending there.
 */
export const nodeAgentPlacement: Values = {
  tolerations: [{ operator: "Exists" }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [notOnFargate] }],
      },
    },
  },
  priorityClassName: "system-node-critical",
  // Updating one node at a time would take longer than the timeout of the release in a large cluster.
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
};
