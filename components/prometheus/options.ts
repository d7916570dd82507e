/** Which metrics of the chart's targets Prometheus stores. */
export const KeptMetrics = {
  /** All that the chart keeps. */
  All: "all",
  /** Those that a rule or a dashboard reads. */
  Used: "used",
} as const;
export type KeptMetrics = (typeof KeptMetrics)[keyof typeof KeptMetrics];
