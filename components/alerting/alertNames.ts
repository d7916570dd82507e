/** Names of alerts that routing and inhibition refer to, next to the rule that defines each. */
export const alertNames = {
  availabilityBudgetBurn: "AvailabilityBudgetBurn",
  highErrorRate: "HighErrorRate",
  highLatencyP99: "HighLatencyP99",
  latencyBudgetBurn: "LatencyBudgetBurn",
  metricsMissing: "MetricsMissing",
  noTraffic: "NoTraffic",
  podCrashLooping: "PodCrashLooping",
  serviceDown: "ServiceDown",
} as const;

/** Names of alerts in kube-prometheus-stack that routing and inhibition refer to. */
export const chartAlertNames = {
  infoInhibitor: "InfoInhibitor",
  kubePodCrashLooping: "KubePodCrashLooping",
  watchdog: "Watchdog",
} as const;
