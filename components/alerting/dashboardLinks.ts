/**
 * UIDs of this library's dashboards, with the variables that a link to each one sets. Do not change a
 * UID: links in old messages and bookmarks refer to it.
 */
export const dashboardVariables = {
  "services-overview": ["namespace"],
  "service-detail": ["namespace", "service"],
  "service-objectives": ["namespace", "service"],
  "service-jobs": ["namespace", "service"],
  "kubernetes-cluster": ["namespace"],
  "kubernetes-nodes": ["instance"],
  "kubernetes-pods": ["namespace", "pod"],
  "loki-health": ["namespace"],
  "prometheus-health": ["namespace"],
  "alert-delivery": ["namespace"],
} as const;
export type DashboardUid = keyof typeof dashboardVariables;

export const dashboardUids = Object.keys(dashboardVariables) as DashboardUid[];

interface PanelLink {
  dashboard: DashboardUid;
  /** Panel ID, unique within its dashboard. Do not change it: links in old messages refer to it. */
  id: number;
  /** Alerts that the panel shows. */
  alerts: string[];
}

/** Panels that alerts and the documentation link to. */
export const linkedPanels = {
  services: { dashboard: "services-overview", id: 1, alerts: ["MostServicesFailing"] },
  requests: { dashboard: "service-detail", id: 1, alerts: ["NoTraffic", "MetricsMissing"] },
  errors: { dashboard: "service-detail", id: 2, alerts: ["HighErrorRate", "MostRequestsFailing"] },
  latency: {
    dashboard: "service-detail",
    id: 3,
    alerts: ["HighLatencyP99", "LatencyObjectiveUnmeasured", "LatencyThresholdUnmeasured"],
  },
  targets: { dashboard: "service-detail", id: 4, alerts: ["ServiceDown", "PlannedMaintenance"] },
  dynamodbThrottles: { dashboard: "service-detail", id: 5, alerts: ["DynamoDBThrottling"] },
  dynamodbLatency: { dashboard: "service-detail", id: 6, alerts: ["DynamoDBHighLatencyP99"] },
  redisLatency: { dashboard: "service-detail", id: 7, alerts: ["RedisHighLatencyP99"] },
  redisPool: { dashboard: "service-detail", id: 8, alerts: ["RedisPoolSaturated"] },
  logVolume: { dashboard: "service-detail", id: 9, alerts: ["HighLogErrorRate", "NoLogs"] },
  logs: { dashboard: "service-detail", id: 10, alerts: [] },
  probe: { dashboard: "service-detail", id: 11, alerts: ["ProbeFailing", "ProbeMissing"] },
  certificate: { dashboard: "service-detail", id: 12, alerts: ["CertificateExpiring"] },
  budgetBurn: {
    dashboard: "service-objectives",
    id: 1,
    alerts: ["AvailabilityBudgetBurn", "LatencyBudgetBurn"],
  },
  jobSuccess: { dashboard: "service-jobs", id: 1, alerts: ["JobMissing", "JobOverdue"] },
  jobFailures: { dashboard: "service-jobs", id: 2, alerts: ["JobFailed"] },
  jobDuration: { dashboard: "service-jobs", id: 3, alerts: ["JobSlow"] },
  memory: { dashboard: "kubernetes-pods", id: 1, alerts: ["HighMemory"] },
  cpu: { dashboard: "kubernetes-pods", id: 2, alerts: ["HighCPU"] },
  throttling: { dashboard: "kubernetes-pods", id: 3, alerts: ["CPUThrottling"] },
  restarts: {
    dashboard: "kubernetes-pods",
    id: 4,
    alerts: ["MonitoringPodFailing", "OOMKilled", "PodCrashLooping"],
  },
  memoryUsage: { dashboard: "kubernetes-pods", id: 5, alerts: ["MemoryLimitMissing"] },
  volumes: { dashboard: "kubernetes-cluster", id: 1, alerts: ["VolumeNearlyFull"] },
  ruleFailures: { dashboard: "prometheus-health", id: 1, alerts: ["PrometheusRuleFailures"] },
  ingestion: { dashboard: "prometheus-health", id: 2, alerts: ["PrometheusNotIngesting"] },
  compactions: { dashboard: "prometheus-health", id: 3, alerts: ["PrometheusCompactionsFailing"] },
  monitoringTargets: {
    dashboard: "prometheus-health",
    id: 4,
    alerts: ["MonitoringDown", "ScrapesFailing"],
  },
  samplesPerScrape: { dashboard: "prometheus-health", id: 5, alerts: ["SamplesNearLimit"] },
  failedNotifications: { dashboard: "alert-delivery", id: 1, alerts: ["NotificationsFailing"] },
  lokiErrors: { dashboard: "loki-health", id: 1, alerts: ["LokiRequestErrors", "LokiPanics"] },
  lokiLines: { dashboard: "loki-health", id: 2, alerts: ["LokiNotIngesting", "LogLinesDropped"] },
  lokiCompaction: { dashboard: "loki-health", id: 3, alerts: ["LokiCompactionNotRunning"] },
} satisfies Record<string, PanelLink>;
export type LinkedPanel = keyof typeof linkedPanels;

/** Returns a dashboard's path and query in Grafana, with each variable formatted by `valueOf`. */
export function dashboardPath(uid: DashboardUid, valueOf: (variable: string) => string): string {
  const variables = dashboardVariables[uid].map((name) => `var-${name}=${valueOf(name)}`);
  return `/d/${uid}?${variables.join("&")}`;
}

/** Returns the Grafana path of the panel that shows an alert, with the alert's labels as variables. */
export function alertPanelPath(alert: string): string {
  const panel = Object.values<PanelLink>(linkedPanels).find(({ alerts }) => alerts.includes(alert));
  if (panel === undefined) throw new Error(`no panel in linkedPanels shows the alert ${alert}`);
  const path = dashboardPath(panel.dashboard, (label) => `{{ $labels.${label} | urlquery }}`);
  return `${path}&viewPanel=panel-${panel.id}`;
}
