/** How generously the CPU and memory of workloads are sized. */
export const SizePreset = {
  /** Up to about 20 nodes: a development cluster. */
  Small: "small",
  /** Up to about 100 nodes. */
  Medium: "medium",
  /** Beyond. */
  Large: "large",
} as const;
export type SizePreset = (typeof SizePreset)[keyof typeof SizePreset];
