import { z } from "zod";
import { Values } from "../../policies/shared/mergeValues";
import { defined } from "./defined";
import { hasPlaceholder } from "./placeholders";
import { example, issue } from "./problems";
import { input } from "./schemas";

/**
 * Node label values for which all chart images exist. Every other platform is missing at least one
 * image. For example, only Alloy and the Datadog Agent have Windows images. `imagePlatforms.test.ts`
 * lists every image.
 */
const platforms: Record<string, string[]> = {
  "kubernetes.io/os": ["linux"],
  "kubernetes.io/arch": ["amd64", "arm64"],
};

const labelMap = z.record(z.string(), input(z.string())).superRefine((map, ctx) => {
  for (const [key, supported] of Object.entries(platforms)) {
    const value = map[key];
    if (value === undefined || hasPlaceholder(value) || supported.includes(value)) continue;
    const rule = `must be ${supported.join(" or ")}, because some images do not support other nodes`;
    issue(ctx, [key], rule, { kind: "set", example: supported[0] });
  }
});

/** Settings shared by all components that run pods. */
export const placementSettings = {
  nodeSelector: input(
    example(labelMap, { pool: "monitoring" })
      .default({})
      .describe(
        "Labels of the nodes on which pods may run. Pods require Linux on amd64 or arm64. Agents run on every Linux node regardless.",
      ),
  ),
  tolerations: input(
    z
      .array(
        z.strictObject({
          key: input(
            example(z.string().min(1), "pool").optional().meta({
              description: "Key of the taint.",
              defaultText: "every key",
            }),
          ),
          operator: z
            .enum(["Exists", "Equal"])
            .default("Equal")
            .describe("`Equal` requires the taint's value, `Exists` only its key."),
          value: input(
            example(z.string(), "monitoring").optional().meta({
              description: "Value of the taint.",
              defaultText: "the empty value",
            }),
          ),
          effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().meta({
            description: "Effect of the taint.",
            defaultText: "every effect",
          }),
        }),
      )
      .default([])
      .describe("Node taints that pods tolerate. Agents tolerate every taint."),
  ),
  priorityClassName: input(
    example(
      z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "must be the name of a PriorityClass"),
      "system-cluster-critical",
    )
      .optional()
      .meta({
        description: "PriorityClass of all pods.",
        defaultText: "`system-node-critical` for agents, otherwise none",
      }),
  ),
};

/** The output type of {@link placementSettings}. */
export type Placement = z.output<z.ZodObject<typeof placementSettings>>;

// This library's values configure the Linux images, so no pod may run on a Windows node.
const linux = { "kubernetes.io/os": "linux" };

/** Returns the placement of a workload that may run on any of the selected nodes. */
export function placement({ nodeSelector, tolerations, priorityClassName }: Placement): Values {
  return defined({
    nodeSelector: { ...linux, ...nodeSelector },
    tolerations: tolerations.length > 0 ? tolerations : undefined,
    priorityClassName,
  });
}

/** Returns constraints that spread the pods with these labels over zones, if the nodes allow it. */
export function spreadOverZones(podLabels: Record<string, string>): Values[] {
  return [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: podLabels },
    },
  ];
}

const notOnFargate = {
  key: "eks.amazonaws.com/compute-type",
  operator: "NotIn",
  values: ["fargate"],
};

/**
 * Returns the placement of an agent that must run on every node, regardless of taints and free
 * resources. Fargate does not run DaemonSets. Without the affinity, their pods would stay pending
 * there.
 */
export function nodeAgentPlacement({ priorityClassName }: Placement): Values {
  return {
    nodeSelector: linux,
    tolerations: [{ operator: "Exists" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [notOnFargate] }],
        },
      },
    },
    priorityClassName: priorityClassName ?? "system-node-critical",
    // In a large cluster, updating one node at a time would take longer than the release's timeout.
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
  };
}
