import { LogCollector } from "./enums";

/** Port and metric name prefix of each collector's own metrics, for scraping, alerts and dashboards. */
export const collectorMetrics = {
  alloy: { port: 12345, prefix: "loki_write" },
  promtail: { port: 3101, prefix: "promtail" },
} satisfies Record<Exclude<LogCollector, "none">, object>;
