import { LokiStack, LokiStorage } from "@ticketing/observability";

// Logs of a cluster outside AWS: one replica that stores all logs on its volume.
const logs = new LokiStack("loki", {
  cluster: "kind",
  environment: "dev",
  storage: LokiStorage.Filesystem,
  retentionDays: 7,
});

/** URL of Loki inside the cluster, for a data source. */
export const lokiUrl = logs.url;
