/** Size of the cluster, which determines the CPU and memory of workloads. */
export const SizePreset = {
  /** Up to about 20 nodes: a development cluster. */
  Small: "small",
  /** Up to about 100 nodes. */
  Medium: "medium",
  /** More than 100 nodes. */
  Large: "large",
} as const;
export type SizePreset = (typeof SizePreset)[keyof typeof SizePreset];
