import { Course, Level, Series, counter, gauge, histogram } from "./series";

/**
 * How to bring about an alert, and what must then be seen. Numbers are written down here, not taken
 * from the definitions: a threshold, a patience or a severity that changes there is a test that
 * fails here.
 */
export interface Recipe {
  alert: string;
  severity: "critical" | "warning";
  forMinutes: number;
  /** What one message is about. */
  about:
    "service" | "pod" | "persistentvolumeclaim" | "integration" | "route" | "namespace" | "job";
  /** Groups it needs, by the ends of their names. */
  groups: string[];
  /** Minutes until the expression can first hold, when things are bad from the start. */
  firstTrue: number;
  /** Series of one subject. */
  series: (subject: Subject, course: Course) => Series[];
  /** Other tiers that fire at the same level. */
  firesToo?: { severity: "critical" | "warning"; forMinutes: number }[];
  /** It has a floor on traffic. */
  quiet?: boolean;
  /** It is made of counters, which may start again. */
  counters?: boolean;
  /** Minutes after recovery until the last trace has left the window. */
  memory?: number;
}

export interface Subject {
  service: string;
  pod: string;
}

const app = "ticketing";
const own = ({ service, pod }: Subject) => ({ namespace: app, service, pod, job: service });
const container = ({ pod }: Subject) => ({ namespace: app, pod, container: "main" });
const monitoring = ({ pod, service }: Subject) => ({ namespace: "monitoring", pod, service });

/** Minutes until a rate over 5 minutes has seen as many, and a long window its first point. */
const windowFull = 5;

/** A value for each level. */
const by =
  (below: number, above: number) =>
  (level: Level): number =>
    level === "above" ? above : level === "far" ? above * 1.5 : below;

/** Ten requests a second, or as few as the floor on traffic, of which so many are bad. */
const part = (below: number, above: number) => {
  const parts: Partial<Record<Level, number>> = { well: below / 10, below, far: above * 1.5 };
  return (level: Level) => {
    const all = { quiet: 0.19, busy: 0.21 }[String(level)] ?? 10;
    return { all, bad: all * (parts[level] ?? above) };
  };
};

/** A counter of calls by their outcome, of which the given parts fail. */
function failing(metric: string, outcome: string, [good, failed]: [good: string, failed: string]) {
  return (below: number, above: number) => {
    const rates = part(below, above);
    return (subject: Subject, course: Course) => [
      counter(metric, { ...own(subject), [outcome]: good }, course, (level) => {
        const { all, bad } = rates(level);
        return all - bad;
      }),
      counter(metric, { ...own(subject), [outcome]: failed }, course, (level) => rates(level).bad),
    ];
  };
}

const httpErrors = failing("http_requests_total", "status", ["200", "503"]);
const grpcErrors = failing("grpc_server_handled_total", "grpc_code", ["OK", "Unavailable"]);

/** 1 % of the calls may be slower than the threshold. */
function latency(metric: string, threshold: number) {
  const rates = part(0.0095, 0.0105);
  return (subject: Subject, course: Course) =>
    histogram(metric, own(subject), course, threshold, (level) => {
      const { all, bad } = rates(level);
      return { all, slow: bad };
    });
}

const service = { about: "service" as const, firstTrue: 0.5, counters: true, memory: 6 };
const pod = { about: "pod" as const, groups: ["pods"], firstTrue: 0 };
const critical = "critical";
const warning = "warning";

/** The part of the monitoring that stands for a subject. */
export const jobOf = ({ service }: Subject) =>
  service === "inventory-service" ? "loki" : "kube-state-metrics";

export const recipes: Recipe[] = [
  {
    ...service,
    alert: "HighErrorRate",
    severity: critical,
    forMinutes: 5,
    groups: ["services"],
    quiet: true,
    series: httpErrors(0.049, 0.051),
  },
  {
    ...service,
    alert: "HighErrorRate",
    severity: critical,
    forMinutes: 5,
    groups: ["services"],
    quiet: true,
    series: grpcErrors(0.049, 0.051),
  },
  {
    ...service,
    alert: "HighLatencyP99",
    severity: critical,
    forMinutes: 5,
    groups: ["services"],
    quiet: true,
    series: latency("http_request_duration_seconds", 0.5),
  },
  {
    ...service,
    alert: "HighLatencyP99",
    severity: critical,
    forMinutes: 5,
    groups: ["services"],
    quiet: true,
    series: latency("grpc_server_handling_seconds", 0.5),
  },
  {
    ...service,
    alert: "HighLatencyP99",
    severity: critical,
    forMinutes: 5,
    groups: ["services"],
    quiet: true,
    // Its last bucket ends at the threshold.
    series: (subject, course) =>
      latency("http_request_duration_seconds", 0.5)(subject, course).filter(
        ({ series }) => !series.includes('le="1"'),
      ),
  },
  {
    alert: "NoTraffic",
    severity: critical,
    forMinutes: 10,
    about: "service",
    groups: ["services"],
    firstTrue: 65,
    memory: 1,
    series: (subject, course) => [
      counter(
        "http_requests_total",
        { ...own(subject), status: "200" },
        course,
        (level, minute) => {
          if (minute <= 60) return level === "quiet" ? 0.95 : 1.05;
          return level === "below" || level === "well" ? 0.1 : 0;
        },
      ),
      gauge("up", own(subject), course, () => 1),
    ],
    quiet: true,
  },
  {
    ...pod,
    alert: "PodCrashLooping",
    severity: critical,
    forMinutes: 5,
    memory: 6,
    series: (subject, course) => [
      gauge(
        "kube_pod_container_status_waiting_reason",
        { ...container(subject), reason: "CrashLoopBackOff", job: "kube-state-metrics" },
        course,
        // It runs for a minute and a half in each four.
        (level, minute) => (level === "above" && minute % 4 <= 2.5 ? 1 : undefined),
      ),
      gauge(
        "kube_pod_container_status_waiting_reason",
        { ...container(subject), reason: "ContainerCreating", job: "kube-state-metrics" },
        course,
        (level) => (level === "below" ? 1 : undefined),
      ),
    ],
  },
  {
    ...pod,
    alert: "HighMemory",
    severity: critical,
    forMinutes: 10,
    series: (subject, course) => [
      gauge("container_memory_working_set_bytes", container(subject), course, by(899e6, 901e6)),
      gauge(
        "kube_pod_container_resource_limits",
        { ...container(subject), resource: "memory", unit: "byte" },
        course,
        (level) => (level === "gone" ? undefined : 1e9),
      ),
      // The pod as a whole is no container.
      gauge(
        "container_memory_working_set_bytes",
        { ...container(subject), container: "" },
        course,
        () => 2e9,
      ),
    ],
  },
  {
    ...pod,
    alert: "HighCPU",
    severity: warning,
    forMinutes: 10,
    firstTrue: windowFull,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter("container_cpu_usage_seconds_total", container(subject), course, by(1.69, 1.71)),
      gauge(
        "kube_pod_container_resource_limits",
        { ...container(subject), resource: "cpu", unit: "core" },
        course,
        () => 2,
      ),
      // The limit counts where there is one.
      gauge(
        "kube_pod_container_resource_requests",
        { ...container(subject), resource: "cpu", unit: "core" },
        course,
        () => 1,
      ),
    ],
  },
  {
    ...pod,
    alert: "HighCPU",
    severity: warning,
    forMinutes: 10,
    firstTrue: windowFull,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter("container_cpu_usage_seconds_total", container(subject), course, by(0.84, 0.86)),
      gauge(
        "kube_pod_container_resource_requests",
        { ...container(subject), resource: "cpu", unit: "core" },
        course,
        () => 1,
      ),
    ],
  },
  {
    ...pod,
    alert: "OOMKilled",
    severity: warning,
    forMinutes: 2,
    firstTrue: 4,
    memory: 11,
    series: (subject, course) => [
      gauge(
        "kube_pod_container_status_restarts_total",
        container(subject),
        course,
        (level, minute) =>
          level === "gone" ? undefined : level === "above" ? Math.floor(minute / 4) : 3,
      ),
      gauge(
        "kube_pod_container_status_last_terminated_reason",
        { ...container(subject), reason: "OOMKilled" },
        course,
        (level) => (level === "gone" ? undefined : 1),
      ),
    ],
  },
  {
    ...pod,
    alert: "CPUThrottling",
    severity: warning,
    forMinutes: 15,
    firstTrue: 0.5,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter("container_cpu_cfs_periods_total", container(subject), course, () => 10),
      counter(
        "container_cpu_cfs_throttled_periods_total",
        container(subject),
        course,
        by(2.45, 2.55),
      ),
    ],
  },
  {
    ...pod,
    alert: "MemoryLimitMissing",
    severity: warning,
    forMinutes: 60,
    series: (subject, course) => [
      gauge("container_memory_working_set_bytes", container(subject), course, (level) =>
        level === "gone" ? undefined : 1e6,
      ),
      gauge(
        "kube_pod_container_resource_limits",
        { ...container(subject), resource: "memory", unit: "byte" },
        course,
        (level) => (level === "below" || level === "well" ? 1e9 : undefined),
      ),
    ],
  },
  {
    ...service,
    firstTrue: windowFull,
    alert: "DynamoDBThrottling",
    severity: critical,
    forMinutes: 5,
    groups: ["dependencies"],
    series: (subject, course) =>
      ["events", "seats"].map((table) =>
        counter(
          "dynamodb_throttled_requests_total",
          { ...own(subject), table },
          course,
          by(4.9, 5.1),
        ),
      ),
  },
  {
    ...service,
    alert: "DynamoDBHighLatencyP99",
    severity: warning,
    forMinutes: 10,
    groups: ["dependencies"],
    quiet: true,
    series: latency("dynamodb_operation_duration_seconds", 0.1),
  },
  {
    ...service,
    alert: "RedisHighLatencyP99",
    severity: warning,
    forMinutes: 10,
    groups: ["dependencies"],
    quiet: true,
    series: latency("redis_command_duration_seconds", 0.05),
  },
  {
    alert: "RedisPoolSaturated",
    severity: warning,
    forMinutes: 10,
    about: "service",
    groups: ["dependencies"],
    firstTrue: 0,
    series: (subject, course) => [
      gauge("redis_connection_pool_active_connections", own(subject), course, by(44, 46)),
    ],
  },
  {
    alert: "ServiceDown",
    severity: critical,
    forMinutes: 3,
    about: "service",
    groups: ["absence"],
    firstTrue: 0,
    series: (subject, course) => [gauge("up", own(subject), course, by(1, 0))],
  },
  {
    alert: "ServiceDown",
    severity: critical,
    forMinutes: 3,
    about: "service",
    groups: ["absence"],
    firstTrue: 0,
    series: (subject, course) => [
      gauge(
        "prometheus_target_scrape_pool_targets",
        {
          namespace: "monitoring",
          service: "prometheus",
          scrape_job: `serviceMonitor/${app}/${subject.service}/0`,
          pod: subject.pod.includes("other") ? "prometheus-1" : "prometheus-0",
        },
        course,
        by(1, 0),
      ),
    ],
  },
  {
    alert: "MetricsMissing",
    severity: warning,
    forMinutes: 60,
    about: "service",
    groups: ["services", "absence"],
    // Both need a second sample.
    firstTrue: 0,
    memory: 6,
    series: (subject, course) => [
      gauge("up", own(subject), course, (level) => (level === "gone" ? undefined : 1)),
      counter(
        "http_requests_total",
        { ...own(subject), status: "200" },
        {
          ...course,
          levelAt: (minute) =>
            ["below", "well"].includes(course.levelAt(minute)) ? "below" : "gone",
        },
        () => 1,
      ),
    ],
  },
  {
    ...service,
    alert: "AvailabilityBudgetBurn",
    firstTrue: windowFull,
    severity: critical,
    forMinutes: 2,
    groups: ["services", "slo.availability"],
    quiet: true,
    memory: 150,
    // 99.9 % over 14 days: 2.8 times its budget for 6 hours; the warnings' 1.4 is exceeded as well.
    firesToo: [{ severity: warning, forMinutes: 15 }],
    series: httpErrors(0.0009, 0.0029),
  },
  {
    ...service,
    alert: "AvailabilityBudgetBurn",
    firstTrue: windowFull,
    severity: warning,
    forMinutes: 15,
    groups: ["services", "slo.availability"],
    quiet: true,
    memory: 150,
    series: grpcErrors(0.00095, 0.00105),
  },
  {
    ...service,
    alert: "LatencyBudgetBurn",
    firstTrue: windowFull,
    severity: critical,
    forMinutes: 2,
    groups: ["services", "slo.latency"],
    quiet: true,
    memory: 150,
    firesToo: [{ severity: warning, forMinutes: 15 }],
    series: (subject, course) =>
      histogram("http_request_duration_seconds", own(subject), course, 0.25, (level) => {
        const { all, bad } = part(0.009, 0.029)(level);
        return { all, slow: bad };
      }),
  },
  {
    ...service,
    alert: "LatencyBudgetBurn",
    firstTrue: windowFull,
    severity: warning,
    forMinutes: 15,
    groups: ["services", "slo.latency"],
    quiet: true,
    memory: 150,
    series: (subject, course) =>
      histogram("http_request_duration_seconds", own(subject), course, 0.25, (level) => {
        const { all, bad } = part(0.0095, 0.0105)(level);
        return { all, slow: bad };
      }),
  },
  {
    alert: "LatencyObjectiveUnmeasured",
    severity: warning,
    forMinutes: 60,
    about: "service",
    groups: ["services", "slo.latency"],
    firstTrue: 0.5,
    memory: 6,
    series: (subject, course) => [
      ...["0.5", "+Inf"].map((le) =>
        counter("http_request_duration_seconds_bucket", { ...own(subject), le }, course, () => 1),
      ),
      // The bucket of the objective.
      counter(
        "http_request_duration_seconds_bucket",
        { ...own(subject), le: "0.25" },
        {
          ...course,
          levelAt: (minute) => (course.levelAt(minute) === "above" ? "gone" : "below"),
        },
        () => 1,
      ),
    ],
  },
  {
    alert: "LatencyObjectiveUnmeasured",
    severity: warning,
    forMinutes: 60,
    about: "service",
    groups: ["services", "slo.latency"],
    firstTrue: 0.5,
    memory: 6,
    // It only speaks gRPC, until it is well.
    series: (subject, course) => [
      counter("grpc_server_handled_total", { ...own(subject), grpc_code: "OK" }, course, () => 1),
      ...["0.25", "+Inf"].map((le) =>
        counter(
          "http_request_duration_seconds_bucket",
          { ...own(subject), le },
          {
            ...course,
            levelAt: (minute) => (course.levelAt(minute) === "above" ? "gone" : "below"),
          },
          () => 1,
        ),
      ),
    ],
  },
  {
    alert: "PrometheusRuleFailures",
    severity: critical,
    forMinutes: 15,
    about: "pod",
    groups: ["prometheus"],
    firstTrue: 0.5,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter(
        "prometheus_rule_evaluation_failures_total",
        monitoring(subject),
        course,
        by(0, 0.01),
      ),
    ],
  },
  {
    alert: "PrometheusNotIngesting",
    severity: critical,
    forMinutes: 10,
    about: "pod",
    groups: ["prometheus"],
    firstTrue: 0.5,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter(
        "prometheus_tsdb_head_samples_appended_total",
        { ...monitoring(subject), type: "float" },
        course,
        by(1, 0),
      ),
    ],
  },
  {
    alert: "MonitoringDown",
    severity: critical,
    forMinutes: 5,
    about: "job",
    groups: ["targets"],
    firstTrue: 0,
    series: (subject, course) => [
      gauge(
        "up",
        {
          namespace: "monitoring",
          pod: subject.pod,
          job: jobOf(subject) === "loki" ? "monitoring/loki" : jobOf(subject),
        },
        course,
        by(1, 0),
      ),
    ],
  },
  {
    alert: "MonitoringDown",
    severity: critical,
    forMinutes: 5,
    about: "job",
    groups: ["targets"],
    firstTrue: 0,
    series: (subject, course) => [
      gauge(
        "prometheus_target_scrape_pool_targets",
        {
          namespace: "monitoring",
          pod: "prometheus-0",
          scrape_job: `serviceMonitor/monitoring/${jobOf(subject) === "loki" ? "" : "prometheus-"}${jobOf(subject)}/0`,
        },
        course,
        by(1, 0),
      ),
    ],
  },
  {
    alert: "PrometheusCompactionsFailing",
    severity: warning,
    forMinutes: 60,
    about: "pod",
    groups: ["prometheus"],
    firstTrue: 0.5,
    counters: true,
    memory: 181,
    series: (subject, course) => [
      counter("prometheus_tsdb_compactions_failed_total", monitoring(subject), course, by(0, 0.01)),
    ],
  },
  {
    alert: "NotificationsFailing",
    severity: critical,
    forMinutes: 1,
    about: "integration",
    groups: ["prometheus"],
    firstTrue: 0.5,
    counters: true,
    memory: 16,
    series: ({ pod, service: integration }, course) =>
      ["clientError", "serverError"].map((reason) =>
        counter(
          "alertmanager_notifications_failed_total",
          { namespace: "monitoring", pod, integration, reason },
          course,
          by(0, 0.01),
        ),
      ),
  },
  {
    alert: "VolumeNearlyFull",
    severity: critical,
    forMinutes: 5,
    about: "persistentvolumeclaim",
    groups: ["volumes"],
    firstTrue: 0,
    series: ({ service }, course) => volume(service, course, by(6, 4)),
  },
  {
    alert: "VolumeNearlyFull",
    severity: warning,
    forMinutes: 60,
    about: "persistentvolumeclaim",
    groups: ["volumes"],
    firstTrue: 0.5,
    memory: 360,
    // It loses a little every minute, but still has 10 % and more.
    series: ({ service }, course) =>
      volume(service, course, (level, minute) => (level === "above" ? 14.9 - minute / 288 : 14.9)),
  },
  {
    alert: "VolumeNearlyFull",
    severity: warning,
    forMinutes: 60,
    about: "persistentvolumeclaim",
    groups: ["volumes"],
    firstTrue: 0.5,
    memory: 1,
    // It loses a little every minute, but has more than 15 %.
    series: ({ service }, course) =>
      volume(service, course, (level, minute) => (level === "above" ? 14.9 : 15.5) - minute / 288),
  },
  {
    alert: "LokiRequestErrors",
    severity: critical,
    forMinutes: 15,
    about: "route",
    groups: ["loki"],
    firstTrue: 0.5,
    counters: true,
    memory: 6,
    series: ({ pod, service: route }, course) =>
      [
        ["200", by(9.05, 8.95)],
        ["500", by(0.95, 1.05)],
      ].map(([status_code, rate]) =>
        counter(
          "loki_request_duration_seconds_count",
          { namespace: "monitoring", pod, route, status_code: String(status_code) },
          course,
          rate as (level: Level) => number,
        ),
      ),
  },
  {
    alert: "LokiNotIngesting",
    severity: critical,
    forMinutes: 15,
    about: "namespace",
    groups: ["loki"],
    firstTrue: 0.5,
    counters: true,
    memory: 6,
    series: (subject, course) => [
      counter("loki_distributor_lines_received_total", monitoring(subject), course, by(1, 0)),
    ],
  },
  {
    alert: "LokiCompactionNotRunning",
    severity: warning,
    forMinutes: 60,
    about: "namespace",
    groups: ["loki"],
    firstTrue: 190.5,
    memory: 1,
    series: (subject, course) => [
      gauge(
        "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds",
        monitoring(subject),
        course,
        (level, minute) =>
          level === "gone" ? undefined : level === "above" ? 0 : Math.max(1, minute * 60 - 600),
      ),
      gauge(
        "process_start_time_seconds",
        { ...monitoring(subject), container: "loki" },
        course,
        (level) => (level === "gone" ? undefined : 600),
      ),
    ],
  },
];

function volume(
  claim: string,
  course: Course,
  available: (level: Level, minute: number) => number,
): Series[] {
  const labels = { namespace: "monitoring", persistentvolumeclaim: claim, job: "kubelet" };
  return [
    gauge("kubelet_volume_stats_available_bytes", labels, course, (level, minute) =>
      level === "gone" ? undefined : available(level, minute),
    ),
    gauge("kubelet_volume_stats_capacity_bytes", labels, course, (level) =>
      level === "gone" ? undefined : 100,
    ),
  ];
}
