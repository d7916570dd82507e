/** Alerts of MonitoredServices on a single service or pod that are used outside their own rules. */
const onServices = {
  availabilityBudgetBurn: "AvailabilityBudgetBurn",
  certificateExpiring: "CertificateExpiring",
  highErrorRate: "HighErrorRate",
  highLatencyP99: "HighLatencyP99",
  jobFailed: "JobFailed",
  jobMissing: "JobMissing",
  jobOverdue: "JobOverdue",
  jobSlow: "JobSlow",
  latencyBudgetBurn: "LatencyBudgetBurn",
  mostRequestsFailing: "MostRequestsFailing",
  metricsMissing: "MetricsMissing",
  noTraffic: "NoTraffic",
  podCrashLooping: "PodCrashLooping",
  probeFailing: "ProbeFailing",
  probeMissing: "ProbeMissing",
  serviceDown: "ServiceDown",
} as const;

/** Alerts that are used outside their own rules, for example in inhibit rules. */
export const alertNames = {
  ...onServices,
  monitoringPodFailing: "MonitoringPodFailing",
  mostServicesFailing: "MostServicesFailing",
  plannedMaintenance: "PlannedMaintenance",
  scrapesFailing: "ScrapesFailing",
} as const;

/** Alerts for scheduled jobs, which have these instead of the request and target alerts. */
export const jobAlertNames: readonly string[] = [
  alertNames.jobFailed,
  alertNames.jobMissing,
  alertNames.jobOverdue,
  alertNames.jobSlow,
];

/** Alerts for probed services, in addition to the request and target alerts. */
export const probeAlertNames: readonly string[] = [
  alertNames.certificateExpiring,
  alertNames.probeFailing,
  alertNames.probeMissing,
];

/** Alerts that MostServicesFailing counts, and alerts that it inhibits. */
export const storms = {
  services: [
    alertNames.serviceDown,
    alertNames.mostRequestsFailing,
    alertNames.highErrorRate,
    alertNames.highLatencyP99,
    alertNames.noTraffic,
  ],
  inhibited: [
    alertNames.metricsMissing,
    alertNames.availabilityBudgetBurn,
    alertNames.latencyBudgetBurn,
    alertNames.podCrashLooping,
  ],
} as const;

/** Names of kube-prometheus-stack alerts that routing and inhibition refer to. */
export const chartAlertNames = {
  infoInhibitor: "InfoInhibitor",
  kubeContainerWaiting: "KubeContainerWaiting",
  kubeJobFailed: "KubeJobFailed",
  kubeJobNotCompleted: "KubeJobNotCompleted",
  kubePodCrashLooping: "KubePodCrashLooping",
  kubePodNotReady: "KubePodNotReady",
  targetDown: "TargetDown",
  watchdog: "Watchdog",
} as const;

/** MonitoredServices alerts that concern a single service or pod. */
export const serviceAlertNames = [
  ...Object.values(onServices),
  "CPUThrottling",
  "DynamoDBHighLatencyP99",
  "DynamoDBThrottling",
  "HighCPU",
  "HighMemory",
  "LatencyObjectiveUnmeasured",
  "LatencyThresholdUnmeasured",
  "MemoryLimitMissing",
  "OOMKilled",
  "RedisHighLatencyP99",
  "RedisPoolSaturated",
] as const;
export type ServiceAlertName = (typeof serviceAlertNames)[number];

/** Alerts of MonitoredServices that have settings. */
export const monitoredServicesAlertNames = [
  ...serviceAlertNames,
  alertNames.mostServicesFailing,
] as const;

/** PrometheusStack alerts on the monitoring stack itself. */
export const platformAlertNames = [
  "LogLinesDropped",
  "LokiCompactionNotRunning",
  "LokiNotIngesting",
  "LokiPanics",
  "LokiRequestErrors",
  "MonitoringDown",
  alertNames.monitoringPodFailing,
  "NotificationsFailing",
  "PrometheusCompactionsFailing",
  "PrometheusNotIngesting",
  "PrometheusRuleFailures",
  "SamplesNearLimit",
  alertNames.scrapesFailing,
  "VolumeNearlyFull",
] as const;

/** LokiStack alerts on service logs. */
export const logAlertNames = ["HighLogErrorRate", "NoLogs"] as const;
