/** Ports that URLs, network policies and commands refer to. */
export const ports = {
  prometheus: 9090,
  alertmanager: 9093,
  loki: 3100,
  /** Pods of Loki's gateway, in `distributed` mode. */
  lokiGateway: 8080,
  /** DogStatsD metrics, over UDP. */
  datadogMetrics: 8125,
  datadogTraces: 8126,
} as const;
