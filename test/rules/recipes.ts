import { Level, Series, Timeline, counter, gauge, histogram } from "./series";

/**
 * How to make an alert fire, and what to expect. The numbers are literals, not read from the rules, so
 * that a changed threshold, duration or severity fails a test.
 */
export interface Recipe {
  alert: string;
  severity: "critical" | "warning";
  forMinutes: number;
  /** Label that identifies the subject of one alert. */
  subjectLabel:
    | "service"
    | "pod"
    | "persistentvolumeclaim"
    | "integration"
    | "route"
    | "reason"
    | "namespace"
    | "job";
  /** Rule groups that it needs, by the last part of their names. */
  groups: string[];
  /** Minutes until the expression can first be true, if the subject is unhealthy from the start. */
  firstTrueMinutes: number;
  /** Series of one subject. */
  series: SeriesOf;
  /** Labels in addition to those of the subject. */
  extraLabels?: Record<string, string> | ((subject: Subject) => Record<string, string>);
  /** Other severities of the alert that fire at the same level. */
  otherTiers?: { severity: "critical" | "warning"; forMinutes: number }[];
  /** Whether it requires a minimum rate of requests. */
  hasTrafficFloor?: boolean;
  /** Whether it reads counters, which can reset. */
  readsCounters?: boolean;
  /** Minutes after recovery until the window of the expression no longer contains the problem. */
  minutesToClear?: number;
}

export interface Subject {
  service: string;
  pod: string;
}

export type SeriesOf = (subject: Subject, timeline: Timeline) => Series[];

/** A recipe for each way to make the alert fire. */
function recipesFor(common: Omit<Recipe, "series">, ...series: SeriesOf[]): Recipe[] {
  return series.map((each) => ({ ...common, series: each }));
}

const app = "ticketing";
export const serviceLabels = ({ service, pod }: Subject) => ({
  namespace: app,
  service,
  pod,
  job: service,
});
const containerLabels = ({ pod }: Subject) => ({ namespace: app, pod, container: "main" });
const platformLabels = ({ pod, service }: Subject) => ({ namespace: "monitoring", pod, service });

/** Minutes until a rate over 5 minutes covers its window, and a long window has its first sample. */
const fullWindow = 5;

/** A value for each level. */
const byLevel =
  (below: number, above: number) =>
  (level: Level): number =>
    level === "above" ? above : level === "farAbove" ? above * 1.5 : below;

/** A value for every level except "gone". */
const unlessGone = (value: number) => (level: Level) => (level === "gone" ? undefined : value);

/** Ten requests per second, or about the traffic floor, of which these ratios are bad. */
const requestRates = (below: number, above: number) => {
  const ratios: Partial<Record<Level, number>> = {
    healthy: below / 10,
    below,
    farAbove: above * 1.5,
  };
  return (level: Level) => {
    const all = { lowTraffic: 0.19, enoughTraffic: 0.21 }[String(level)] ?? 10;
    return { all, bad: all * (ratios[level] ?? above) };
  };
};

/** A counter of requests by result, of which these ratios fail. */
function failing(
  metric: string,
  label: string,
  [succeeded, failed]: [succeeded: string, failed: string],
) {
  return (below: number, above: number): SeriesOf => {
    const rates = requestRates(below, above);
    return (subject, timeline) => {
      const withResult = (result: string) => ({ ...serviceLabels(subject), [label]: result });
      return [
        counter(
          metric,
          withResult(succeeded),
          timeline,
          (level) => rates(level).all - rates(level).bad,
        ),
        counter(metric, withResult(failed), timeline, (level) => rates(level).bad),
      ];
    };
  };
}

const httpErrors = failing("http_requests_total", "status", ["200", "503"]);
const grpcErrors = failing("grpc_server_handled_total", "grpc_code", ["OK", "Unavailable"]);

/** A histogram of which these ratios are slower than the threshold; by default, around 1%. */
export function slow(metric: string, threshold: number, below = 0.0095, above = 0.0105): SeriesOf {
  const rates = requestRates(below, above);
  return (subject, timeline) =>
    histogram(metric, serviceLabels(subject), timeline, threshold, (level) => {
      const { all, bad } = rates(level);
      return { all, slow: bad };
    });
}

/** A timeline of series that are missing at some levels. */
const goneIf = (timeline: Timeline, isGone: (level: Level) => boolean): Timeline => ({
  ...timeline,
  levelAt: (minute) => (isGone(timeline.levelAt(minute)) ? "gone" : "below"),
});
export const goneAbove = (timeline: Timeline) => goneIf(timeline, (level) => level === "above");

const critical = "critical";
const warning = "warning";
const service = {
  subjectLabel: "service" as const,
  firstTrueMinutes: 0.5,
  readsCounters: true,
  minutesToClear: 6,
};
const pod = { subjectLabel: "pod" as const, groups: ["pods"], firstTrueMinutes: 0 };
const platformCounter = { firstTrueMinutes: 0.5, readsCounters: true, minutesToClear: 6 };
/** Between one and two events in the window of the alert, of which the first takes a while. */
const oneEvent = (windowMinutes: number, firstTrueMinutes: number) => ({
  rate: 1.4 / (windowMinutes * 60),
  timing: { ...platformCounter, firstTrueMinutes, minutesToClear: windowMinutes + 1 },
});
const ruleFailure = oneEvent(5, 4);
const compaction = oneEvent(180, 129);
const in15Minutes = oneEvent(15, 11);

/** The monitoring component that represents a subject. */
export const jobOf = ({ service }: Subject) =>
  service === "inventory-service" ? "loki" : "kube-state-metrics";

const resource = (
  subject: Subject,
  timeline: Timeline,
  kind: "limits" | "requests",
  [name, unit]: [string, string],
  value: (level: Level) => number | undefined,
) =>
  gauge(
    `kube_pod_container_resource_${kind}`,
    { ...containerLabels(subject), resource: name, unit },
    timeline,
    value,
  );
const memory: [string, string] = ["memory", "byte"];
const cpu: [string, string] = ["cpu", "core"];

/** The container as kube-state-metrics knows it. */
const known = (subject: Subject, timeline: Timeline) =>
  gauge(
    "kube_pod_container_status_restarts_total",
    containerLabels(subject),
    timeline,
    unlessGone(0),
  );

const targetCount = (timeline: Timeline, pod: string, pool: string) =>
  gauge(
    "prometheus_target_scrape_pool_targets",
    { namespace: "monitoring", service: "prometheus", pod, scrape_job: `serviceMonitor/${pool}/0` },
    timeline,
    byLevel(1, 0),
  );

/** Labels of kube-state-metrics, whose pod changes in a rollout. */
const kubeStateLabels = ({ pod }: Pick<Subject, "pod">, own: Record<string, string>) => ({
  namespace: app,
  pod,
  ...own,
});

const runOf = ({ service }: Subject) => ({ job_name: `${service}-29000000` });

/** The time of something that is always this many seconds ago. */
function ago(
  name: string,
  own: Record<string, string>,
  timeline: Timeline,
  below: number,
  above: number,
) {
  const age = byLevel(below, above);
  return gauge(name, own, timeline, (level, minute) => {
    return level === "gone" ? undefined : minute * 60 - age(level);
  });
}

const job = {
  subjectLabel: "service",
  groups: ["jobs"],
  firstTrueMinutes: 0,
} satisfies Partial<Recipe>;
const owner = (subject: Subject, timeline: Timeline) =>
  gauge(
    "kube_job_owner",
    kubeStateLabels(subject, {
      ...runOf(subject),
      owner_kind: "CronJob",
      owner_name: subject.service,
    }),
    timeline,
    unlessGone(1),
  );

const jobRecipes: Recipe[] = [
  {
    ...job,
    alert: "JobMissing",
    severity: "critical",
    forMinutes: 10,
    series: (subject, timeline) => [
      gauge(
        "namespace_service:configured:info",
        kubeStateLabels(subject, { service: subject.service }),
        timeline,
        () => 1,
      ),
      gauge(
        "kube_namespace_created",
        kubeStateLabels(subject, { namespace: "default" }),
        timeline,
        () => 1,
      ),
      gauge(
        "kube_cronjob_info",
        kubeStateLabels(subject, { cronjob: subject.service }),
        timeline,
        (level) => (["below", "healthy"].includes(level) ? 1 : undefined),
      ),
    ],
  },
  {
    ...job,
    alert: "JobOverdue",
    severity: "critical",
    forMinutes: 5,
    series: (subject, timeline) => [
      ago(
        "kube_cronjob_status_last_successful_time",
        kubeStateLabels(subject, { cronjob: subject.service }),
        timeline,
        24.9 * 3600,
        25.1 * 3600,
      ),
    ],
  },
  {
    ...job,
    alert: "JobFailed",
    severity: "warning",
    forMinutes: 2,
    extraLabels: runOf,
    series: (subject, timeline) => [
      owner(subject, timeline),
      ago("kube_job_status_start_time", kubeStateLabels(subject, runOf(subject)), timeline, 60, 60),
      ago(
        "kube_cronjob_status_last_successful_time",
        kubeStateLabels(subject, { cronjob: subject.service }),
        timeline,
        3600,
        3600,
      ),
      gauge(
        "kube_job_failed",
        kubeStateLabels(subject, { ...runOf(subject), condition: "true" }),
        timeline,
        byLevel(0, 1),
      ),
    ],
  },
  {
    ...job,
    alert: "JobSlow",
    severity: "warning",
    forMinutes: 5,
    extraLabels: runOf,
    series: (subject, timeline) => [
      owner(subject, timeline),
      ago(
        "kube_job_status_start_time",
        kubeStateLabels(subject, runOf(subject)),
        timeline,
        59 * 60,
        61 * 60,
      ),
      gauge(
        "kube_job_status_active",
        kubeStateLabels(subject, runOf(subject)),
        timeline,
        unlessGone(1),
      ),
    ],
  },
];

/** Labels of the series of a probe, which has a URL instead of a pod. */
const probeLabels = ({ service, pod }: Subject) => ({
  namespace: app,
  probe: service,
  instance: `https://${pod}/`,
});
const day = 86_400;
const probe = {
  subjectLabel: "service",
  groups: ["probes"],
  firstTrueMinutes: 0,
} satisfies Partial<Recipe>;

/** A certificate that always expires after these days. */
const certificate =
  (below: number, above: number): SeriesOf =>
  (subject, timeline) => {
    const days = byLevel(below, above);
    return [
      gauge("probe_ssl_earliest_cert_expiry", probeLabels(subject), timeline, (level, minute) =>
        level === "gone" ? undefined : minute * 60 + Number(days(level)) * day,
      ),
    ];
  };

const probeRecipes: Recipe[] = [
  {
    ...probe,
    alert: "ProbeFailing",
    severity: "critical",
    forMinutes: 1,
    series: (subject, timeline) => [
      gauge("probe_success", probeLabels(subject), timeline, byLevel(1, 0)),
    ],
  },
  {
    ...probe,
    alert: "ProbeMissing",
    severity: "critical",
    forMinutes: 5,
    series: (subject, timeline) => [
      gauge(
        "namespace_service:configured:info",
        { namespace: app, service: subject.service, pod: subject.pod },
        timeline,
        () => 1,
      ),
      gauge("up", probeLabels(subject), timeline, byLevel(1, 0)),
    ],
  },
  {
    ...probe,
    alert: "CertificateExpiring",
    severity: "critical",
    forMinutes: 5,
    otherTiers: [{ severity: "warning", forMinutes: 5 }],
    series: certificate(21.1, 6.9),
  },
  {
    ...probe,
    alert: "CertificateExpiring",
    severity: "warning",
    forMinutes: 5,
    series: certificate(21.1, 20.9),
  },
];

export const recipes: Recipe[] = [
  ...recipesFor(
    {
      ...service,
      alert: "MostRequestsFailing",
      severity: critical,
      forMinutes: 1,
      groups: ["services"],
    },
    httpErrors(0.49, 0.51),
    grpcErrors(0.49, 0.51),
  ),
  ...recipesFor(
    {
      ...service,
      alert: "HighErrorRate",
      severity: critical,
      forMinutes: 5,
      groups: ["services"],
    },
    httpErrors(0.049, 0.051),
    grpcErrors(0.049, 0.051),
  ),
  ...recipesFor(
    {
      ...service,
      alert: "HighLatencyP99",
      severity: critical,
      forMinutes: 5,
      groups: ["buckets", "services"],
      hasTrafficFloor: true,
    },
    slow("http_request_duration_seconds", 0.5),
    slow("grpc_server_handling_seconds", 0.5),
    // The last bucket ends at the threshold.
    (subject, timeline) =>
      slow("http_request_duration_seconds", 0.5)(subject, timeline).filter(
        ({ series }) => !series.includes('le="1"'),
      ),
  ),
  {
    alert: "NoTraffic",
    severity: critical,
    forMinutes: 10,
    subjectLabel: "service",
    groups: ["services"],
    firstTrueMinutes: 65,
    minutesToClear: 1,
    series: (subject, timeline) => [
      counter(
        "http_requests_total",
        { ...serviceLabels(subject), status: "200" },
        timeline,
        (level, minute) => {
          if (minute <= 60) return level === "lowTraffic" ? 0.95 : 1.05;
          return level === "below" || level === "healthy" ? 0.1 : 0;
        },
      ),
      gauge("up", serviceLabels(subject), timeline, () => 1),
    ],
    hasTrafficFloor: true,
  },
  {
    ...pod,
    alert: "PodCrashLooping",
    severity: critical,
    forMinutes: 5,
    minutesToClear: 15,
    series: crashLooping(containerLabels),
  },
  {
    ...pod,
    alert: "MonitoringPodFailing",
    severity: critical,
    groups: ["health"],
    forMinutes: 5,
    minutesToClear: 15,
    series: crashLooping(platformLabels),
  },
  {
    ...pod,
    alert: "HighMemory",
    severity: critical,
    forMinutes: 10,
    series: (subject, timeline) => [
      gauge(
        "container_memory_working_set_bytes",
        containerLabels(subject),
        timeline,
        byLevel(899e6, 901e6),
      ),
      resource(subject, timeline, "limits", memory, unlessGone(1e9)),
      // The series of the whole pod, which must not count as a container.
      gauge(
        "container_memory_working_set_bytes",
        { ...containerLabels(subject), container: "" },
        timeline,
        () => 2e9,
      ),
    ],
  },
  {
    ...pod,
    alert: "HighCPU",
    severity: warning,
    forMinutes: 10,
    firstTrueMinutes: fullWindow,
    readsCounters: true,
    minutesToClear: 6,
    series: (subject, timeline) => [
      counter(
        "container_cpu_usage_seconds_total",
        containerLabels(subject),
        timeline,
        byLevel(1.69, 1.71),
      ),
      resource(subject, timeline, "limits", cpu, () => 2),
      resource(subject, timeline, "requests", cpu, () => 1),
    ],
  },
  {
    ...pod,
    alert: "OOMKilled",
    severity: warning,
    forMinutes: 2,
    firstTrueMinutes: 4,
    minutesToClear: 41,
    series: (subject, timeline) => [
      gauge(
        "kube_pod_container_status_restarts_total",
        containerLabels(subject),
        timeline,
        (level, minute) =>
          level === "gone" ? undefined : level === "above" ? Math.floor(minute / 4) : 3,
      ),
      gauge(
        "kube_pod_container_status_last_terminated_reason",
        { ...containerLabels(subject), reason: "OOMKilled" },
        timeline,
        unlessGone(1),
      ),
    ],
  },
  {
    ...pod,
    alert: "CPUThrottling",
    severity: warning,
    forMinutes: 15,
    firstTrueMinutes: 0.5,
    readsCounters: true,
    minutesToClear: 6,
    series: (subject, timeline) => [
      counter("container_cpu_cfs_periods_total", containerLabels(subject), timeline, () => 10),
      counter(
        "container_cpu_cfs_throttled_periods_total",
        containerLabels(subject),
        timeline,
        byLevel(2.45, 2.55),
      ),
    ],
  },
  {
    ...pod,
    alert: "MemoryLimitMissing",
    severity: warning,
    forMinutes: 60,
    series: (subject, timeline) => [
      gauge(
        "container_memory_working_set_bytes",
        containerLabels(subject),
        timeline,
        unlessGone(1e6),
      ),
      known(subject, timeline),
      resource(subject, timeline, "limits", memory, (level) =>
        level === "below" || level === "healthy" ? 1e9 : undefined,
      ),
    ],
  },
  {
    ...service,
    firstTrueMinutes: fullWindow,
    alert: "DynamoDBThrottling",
    severity: critical,
    forMinutes: 5,
    groups: ["dependencies"],
    series: (subject, timeline) =>
      ["events", "seats"].map((table) =>
        counter(
          "dynamodb_throttled_requests_total",
          { ...serviceLabels(subject), table },
          timeline,
          byLevel(4.9, 5.1),
        ),
      ),
  },
  {
    ...service,
    alert: "DynamoDBHighLatencyP99",
    severity: warning,
    forMinutes: 10,
    groups: ["buckets", "dependencies"],
    hasTrafficFloor: true,
    series: slow("dynamodb_operation_duration_seconds", 0.1),
  },
  {
    ...service,
    alert: "RedisHighLatencyP99",
    severity: warning,
    forMinutes: 10,
    groups: ["buckets", "dependencies"],
    hasTrafficFloor: true,
    series: slow("redis_command_duration_seconds", 0.05),
  },
  {
    alert: "RedisPoolSaturated",
    severity: warning,
    forMinutes: 10,
    subjectLabel: "service",
    groups: ["dependencies"],
    firstTrueMinutes: 0,
    series: (subject, timeline) => [
      gauge(
        "redis_connection_pool_active_connections",
        serviceLabels(subject),
        timeline,
        byLevel(44, 46),
      ),
    ],
  },
  {
    alert: "ServiceDown",
    severity: critical,
    forMinutes: 1,
    subjectLabel: "service",
    // Without the group "configured", only services with targets are known.
    groups: ["absence"],
    firstTrueMinutes: 0,
    minutesToClear: 4,
    series: (subject, timeline) => [gauge("up", serviceLabels(subject), timeline, byLevel(1, 0))],
  },
  ...jobRecipes,
  ...probeRecipes,
  {
    alert: "MetricsMissing",
    severity: warning,
    forMinutes: 60,
    subjectLabel: "service",
    groups: ["services", "instrumentation"],
    // Both expressions need a second sample.
    firstTrueMinutes: 0,
    minutesToClear: 6,
    series: (subject, timeline) => [
      gauge("up", serviceLabels(subject), timeline, unlessGone(1)),
      counter(
        "http_requests_total",
        { ...serviceLabels(subject), status: "200" },
        goneIf(timeline, (level) => !["below", "healthy"].includes(level)),
        () => 1,
      ),
    ],
  },
  ...(
    [
      // At 99.9% over 14 days, 2.8 times the budget for 6 hours; this also exceeds the 1.4 of warnings.
      [critical, 2, httpErrors(0.0009, 0.0029)],
      [warning, 15, grpcErrors(0.00095, 0.00105)],
    ] as const
  ).map(([severity, forMinutes, series]) =>
    budgetBurn("AvailabilityBudgetBurn", "slo.availability", severity, forMinutes, series),
  ),
  ...(
    [
      [critical, 2, slow("http_request_duration_seconds", 0.25, 0.009, 0.029)],
      [warning, 15, slow("http_request_duration_seconds", 0.25)],
    ] as const
  ).map(([severity, forMinutes, series]) =>
    budgetBurn("LatencyBudgetBurn", "slo.latency", severity, forMinutes, series),
  ),
  ...recipesFor(
    {
      alert: "LatencyObjectiveUnmeasured",
      severity: warning,
      forMinutes: 60,
      subjectLabel: "service",
      groups: ["services", "slo.latency"],
      firstTrueMinutes: 0.5,
      minutesToClear: 6,
    },
    // The bucket of the objective, 0.25, is missing.
    (subject, timeline) => [
      bucket(subject, timeline, "0.5"),
      bucket(subject, timeline, "+Inf"),
      bucket(subject, goneAbove(timeline), "0.25"),
    ],
    // The service has only gRPC metrics until it recovers.
    (subject, timeline) => [
      counter(
        "grpc_server_handled_total",
        { ...serviceLabels(subject), grpc_code: "OK" },
        timeline,
        () => 1,
      ),
      bucket(subject, goneAbove(timeline), "0.25"),
      bucket(subject, goneAbove(timeline), "+Inf"),
    ],
  ),
  ...(
    [
      ["http_request_duration_seconds", "0.5"],
      ["grpc_server_handling_seconds", "0.5"],
      ["dynamodb_operation_duration_seconds", "0.1"],
      ["redis_command_duration_seconds", "0.05"],
    ] as const
  ).map(([histogram, threshold]): Recipe => ({
    alert: "LatencyThresholdUnmeasured",
    severity: warning,
    forMinutes: 60,
    subjectLabel: "service",
    extraLabels: { histogram },
    groups: ["buckets"],
    firstTrueMinutes: 0,
    // The bucket of the threshold is missing.
    series: (subject, timeline) => [
      bucket(subject, timeline, "0.04", histogram),
      bucket(subject, timeline, "+Inf", histogram),
      bucket(subject, goneAbove(timeline), threshold, histogram),
    ],
  })),
  {
    ...ruleFailure.timing,
    alert: "PrometheusRuleFailures",
    severity: critical,
    forMinutes: 15,
    subjectLabel: "pod",
    groups: ["prometheus"],
    series: platform("prometheus_rule_evaluation_failures_total", 0, ruleFailure.rate),
  },
  {
    ...platformCounter,
    alert: "PrometheusNotIngesting",
    severity: critical,
    forMinutes: 10,
    subjectLabel: "pod",
    groups: ["prometheus"],
    series: platform("prometheus_tsdb_head_samples_appended_total", 1, 0, { type: "float" }),
  },
  ...recipesFor(
    {
      alert: "MonitoringDown",
      severity: critical,
      forMinutes: 5,
      subjectLabel: "job",
      groups: ["targets"],
      firstTrueMinutes: 0,
    },
    (subject, timeline) => {
      const job = jobOf(subject);
      return [
        gauge(
          "up",
          {
            namespace: "monitoring",
            pod: subject.pod,
            job: job === "loki" ? "monitoring/loki" : job,
          },
          timeline,
          byLevel(1, 0),
        ),
      ];
    },
    (subject, timeline) => {
      const job = jobOf(subject);
      const monitor = job === "loki" ? job : `prometheus-${job}`;
      return [targetCount(timeline, "prometheus-0", `monitoring/${monitor}`)];
    },
  ),
  {
    alert: "ScrapesFailing",
    severity: warning,
    forMinutes: 5,
    subjectLabel: "job",
    groups: ["scrapes"],
    extraLabels: { service: "metrics" },
    // One scrape in nine minutes, or one in eight, fails.
    firstTrueMinutes: 24,
    // The window, and the 15 minutes of keep_firing_for.
    minutesToClear: 46,
    series: (subject, timeline) => [
      gauge(
        "up",
        { namespace: "monitoring", pod: subject.pod, job: jobOf(subject), service: "metrics" },
        timeline,
        (level, minute) =>
          level === "gone"
            ? undefined
            : level === "above" && minute > 0 && minute % 8 === 0
              ? 0
              : 1,
      ),
    ],
  },
  {
    alert: "SamplesNearLimit",
    severity: warning,
    forMinutes: 15,
    subjectLabel: "job",
    groups: ["scrapes"],
    extraLabels: { service: "metrics" },
    firstTrueMinutes: 0,
    series: (subject, timeline) => {
      const target = {
        namespace: "monitoring",
        pod: subject.pod,
        job: jobOf(subject),
        service: "metrics",
      };
      const samples = byLevel(75_000, 85_000);
      return [
        gauge("scrape_samples_post_metric_relabeling", target, timeline, samples),
        gauge("scrape_sample_limit", target, timeline, unlessGone(100_000)),
      ];
    },
  },
  {
    ...compaction.timing,
    alert: "PrometheusCompactionsFailing",
    severity: warning,
    forMinutes: 60,
    subjectLabel: "pod",
    groups: ["prometheus"],
    series: platform("prometheus_tsdb_compactions_failed_total", 0, compaction.rate),
  },
  {
    ...in15Minutes.timing,
    alert: "NotificationsFailing",
    severity: critical,
    forMinutes: 1,
    subjectLabel: "integration",
    groups: ["prometheus"],
    series: ({ pod, service: integration }, timeline) =>
      ["clientError", "serverError"].map((reason) =>
        counter(
          "alertmanager_notifications_failed_total",
          { namespace: "monitoring", pod, integration, reason },
          timeline,
          byLevel(0, in15Minutes.rate / 2),
        ),
      ),
  },
  {
    alert: "VolumeNearlyFull",
    severity: critical,
    forMinutes: 5,
    subjectLabel: "persistentvolumeclaim",
    groups: ["volumes"],
    firstTrueMinutes: 0,
    series: volume(byLevel(6, 4)),
  },
  ...(
    [
      // Constant while healthy. When unhealthy, available space shrinks slowly, but is 10% or more.
      [360, (level, minute) => (level === "above" ? 14.9 - minute / 288 : 14.9)],
      // Available space always shrinks slowly, but is more than 15% while healthy.
      [1, (level, minute) => (level === "above" ? 14.9 : 15.5) - minute / 288],
    ] as [number, (level: Level, minute: number) => number][]
  ).map(([minutesToClear, available]): Recipe => ({
    alert: "VolumeNearlyFull",
    severity: warning,
    forMinutes: 60,
    subjectLabel: "persistentvolumeclaim",
    groups: ["volumes"],
    firstTrueMinutes: 0.5,
    minutesToClear,
    series: volume(available),
  })),
  {
    ...platformCounter,
    alert: "LokiRequestErrors",
    severity: critical,
    forMinutes: 15,
    subjectLabel: "route",
    groups: ["loki"],
    series: ({ pod, service: route }, timeline) =>
      (
        [
          ["200", byLevel(9.05, 8.95)],
          ["500", byLevel(0.95, 1.05)],
        ] as const
      ).map(([status_code, rate]) =>
        counter(
          "loki_request_duration_seconds_count",
          { namespace: "monitoring", pod, route, status_code },
          timeline,
          rate,
        ),
      ),
  },
  {
    ...platformCounter,
    alert: "LokiNotIngesting",
    severity: critical,
    forMinutes: 15,
    subjectLabel: "namespace",
    groups: ["loki"],
    series: platform("loki_distributor_lines_received_total", 1, 0),
  },
  ...recipesFor(
    {
      ...platformCounter,
      firstTrueMinutes: fullWindow,
      alert: "LogLinesDropped",
      severity: warning,
      forMinutes: 15,
      subjectLabel: "reason",
      groups: ["loki"],
    },
    ...[
      "loki_discarded_samples_total",
      "loki_write_dropped_entries_total",
      "promtail_dropped_entries_total",
    ].map((metric): SeriesOf => ({ pod, service: reason }, timeline) => [
      counter(metric, { namespace: "monitoring", pod, reason }, timeline, byLevel(0.095, 0.105)),
    ]),
  ),
  {
    ...in15Minutes.timing,
    alert: "LokiPanics",
    severity: warning,
    forMinutes: 2,
    subjectLabel: "pod",
    groups: ["loki"],
    series: platform("loki_panic_total", 0, in15Minutes.rate),
  },
  {
    alert: "LokiCompactionNotRunning",
    severity: warning,
    forMinutes: 60,
    subjectLabel: "namespace",
    groups: ["loki"],
    firstTrueMinutes: 190.5,
    minutesToClear: 1,
    series: (subject, timeline) => [
      gauge(
        "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds",
        platformLabels(subject),
        timeline,
        (level, minute) =>
          level === "gone" ? undefined : level === "above" ? 0 : Math.max(1, minute * 60 - 600),
      ),
      gauge(
        "process_start_time_seconds",
        { ...platformLabels(subject), container: "loki" },
        timeline,
        unlessGone(600),
      ),
    ],
  },
];

function budgetBurn(
  alert: string,
  group: string,
  severity: "critical" | "warning",
  forMinutes: number,
  series: SeriesOf,
): Recipe {
  return {
    ...service,
    alert,
    severity,
    forMinutes,
    groups: ["services", group],
    firstTrueMinutes: fullWindow,
    minutesToClear: 150,
    ...(severity === critical ? { otherTiers: [{ severity: warning, forMinutes: 15 }] } : {}),
    series,
  };
}

/** A container that runs for 1.5 of every 4 minutes. */
function crashLooping(labelsOf: (subject: Subject) => Record<string, string>): SeriesOf {
  return (subject, timeline) => {
    const waiting = (reason: string, valueOf: (level: Level, minute: number) => 1 | undefined) =>
      gauge(
        "kube_pod_container_status_waiting_reason",
        { ...labelsOf(subject), job: "kube-state-metrics", reason },
        timeline,
        valueOf,
      );
    return [
      waiting("CrashLoopBackOff", (level, minute) =>
        level === "above" && minute % 4 <= 2.5 ? 1 : undefined,
      ),
      waiting("ContainerCreating", (level) => (level === "below" ? 1 : undefined)),
    ];
  };
}

function bucket(
  subject: Subject,
  timeline: Timeline,
  le: string,
  histogram = "http_request_duration_seconds",
): Series {
  const labels = { ...serviceLabels(subject), le };
  return counter(`${histogram}_bucket`, labels, timeline, () => 1);
}

/** One counter of a component of the monitoring stack. */
function platform(metric: string, below: number, above: number, extraLabels = {}): SeriesOf {
  return (subject, timeline) => {
    const labels = { ...platformLabels(subject), ...extraLabels };
    return [counter(metric, labels, timeline, byLevel(below, above))];
  };
}

function volume(available: (level: Level, minute: number) => number): SeriesOf {
  return ({ service: claim }, timeline) => {
    const labels = { namespace: "monitoring", persistentvolumeclaim: claim, job: "kubelet" };
    return [
      gauge("kubelet_volume_stats_available_bytes", labels, timeline, (level, minute) =>
        level === "gone" ? undefined : available(level, minute),
      ),
      gauge("kubelet_volume_stats_capacity_bytes", labels, timeline, unlessGone(100)),
    ];
  };
}
