/** Names of alerts that are referenced outside their own rules, for example by inhibit rules. */
export const alertNames = {
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
  mostServicesFailing: "MostServicesFailing",
  metricsMissing: "MetricsMissing",
  monitoringPodFailing: "MonitoringPodFailing",
  noTraffic: "NoTraffic",
  plannedMaintenance: "PlannedMaintenance",
  podCrashLooping: "PodCrashLooping",
  probeFailing: "ProbeFailing",
  probeMissing: "ProbeMissing",
  scrapesFailing: "ScrapesFailing",
  serviceDown: "ServiceDown",
} as const;

/** The alerts on scheduled jobs, which replace those on requests and targets. */
export const jobAlertNames: readonly string[] = [
  alertNames.jobFailed,
  alertNames.jobMissing,
  alertNames.jobOverdue,
  alertNames.jobSlow,
];

/** The alerts on probes, in addition to those on requests and targets. */
export const probeAlertNames: readonly string[] = [
  alertNames.certificateExpiring,
  alertNames.probeFailing,
  alertNames.probeMissing,
];

/** The alerts that MostServicesFailing counts, and the alerts that it inhibits. */
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

/** Names of alerts in kube-prometheus-stack that routing and inhibition refer to. */
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

const notOnServices = [
  alertNames.monitoringPodFailing,
  alertNames.mostServicesFailing,
  alertNames.plannedMaintenance,
  alertNames.scrapesFailing,
] as const;
type NotOnServices = (typeof notOnServices)[number];

/** The alerts of MonitoredServices whose subject is one service or pod. */
export const serviceAlertNames = [
  ...Object.values(alertNames).filter(
    (name): name is Exclude<typeof name, NotOnServices> =>
      !(notOnServices as readonly string[]).includes(name),
  ),
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

/** The alerts of PrometheusStack on the monitoring stack itself. */
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

/** The alerts of LokiStack on the logs of services. */
export const logAlertNames = ["HighLogErrorRate", "NoLogs"] as const;
