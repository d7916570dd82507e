/** Names of alerts that code other than their own rules refers to, such as inhibit rules. */
export const alertNames = {
  availabilityBudgetBurn: "AvailabilityBudgetBurn",
  highErrorRate: "HighErrorRate",
  highLatencyP99: "HighLatencyP99",
  latencyBudgetBurn: "LatencyBudgetBurn",
  mostRequestsFailing: "MostRequestsFailing",
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
