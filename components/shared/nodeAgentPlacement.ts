import { Values } from "./mergeValues";

/**
 * Scheduling of a DaemonSet that must run on every node, whatever its taints and however full it is.
 * Fargate has no DaemonSets: without the affinity its pods wait for ever.
 */
export const everyNode: Values = {
  tolerations: [{ operator: "Exists" }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              {
                key: "eks.amazonaws.com/compute-type",
                operator: "NotIn",
                values: ["fargate"],
              },
            ],
          },
        ],
      },
    },
  },
  priorityClassName: "system-node-critical",
  // One node at a time, a large cluster would not be updated before the release times out.
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
};
