import { podMetrics } from "../../policies/shared/metricNames";
import { MonitoredServicesSettings } from "./settings";
import { num, pods } from "../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../alerting/rules";
import { Variant, tiersOf, variantsOf, watchedServices } from "./variants";

const recorded = {
  memory: "namespace_pod:container_memory_working_set:ratio_of_limit",
  cpu: "namespace_pod:container_cpu_usage:ratio_of_allowance",
  throttled: "namespace_pod:container_cpu_cfs_throttled_periods:ratio_rate5m",
} as const;

const byContainer = "by (namespace, pod, container)";

/** Alerts on the pods of one namespace; of several containers the worst one counts. */
export function podAlerts(settings: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${settings.namespace}.pods`,
    rules: [
      ...recordings(settings),
      crashLoop(settings),
      ...tiersOf(settings, "memoryPercent").map((variant) => memory(settings, variant)),
      ...variantsOf(settings, "cpuPercent", Severity.Warning).map((each) => cpu(settings, each)),
      outOfMemory(settings),
      ...variantsOf(settings, "cpuThrottlingPercent", Severity.Warning).map((variant) =>
        throttling(settings, variant),
      ),
      memoryLimitMissing(settings),
    ],
  };
}

function recordings(settings: MonitoredServicesSettings): RecordingRule[] {
  const container = selector(settings, "containers", ['container!=""']);
  const allowed = (kind: "resourceLimits" | "resourceRequests", resource: string) =>
    `max ${byContainer} (${podMetrics[kind]}${selector(settings, "kubeState", [`resource="${resource}"`])})`;
  const rate = (metric: string) => `sum ${byContainer} (rate(${metric}${container}[5m]))`;
  const worst = (used: string, of: string) =>
    [`max by (namespace, pod) (`, `  ${used}`, `  /`, `  (${of} > 0)`, `)`].join("\n");
  return [
    {
      record: recorded.memory,
      // The working set is what the kernel counts against the limit; usage_bytes includes page
      // cache it could drop. A container without a limit has nothing to be near to.
      expr: worst(
        `max ${byContainer} (${podMetrics.memory}${container})`,
        allowed("resourceLimits", "memory"),
      ),
    },
    {
      record: recorded.cpu,
      expr: worst(
        rate(podMetrics.cpu),
        `(${allowed("resourceLimits", "cpu")} or ${allowed("resourceRequests", "cpu")})`,
      ),
    },
    {
      record: recorded.throttled,
      expr: worst(rate(podMetrics.cpuThrottledPeriods), rate(podMetrics.cpuPeriods)),
    },
  ];
}

/** Matchers of a source of metrics, whose job or path a cluster may name differently. */
function selector(
  { namespace, alerts }: MonitoredServicesSettings,
  source: "containers" | "kubeState",
  further: string[],
): string {
  const { containerSelector, kubeStateSelector } = alerts.metrics;
  const own = source === "containers" ? containerSelector : kubeStateSelector;
  return `{${[`namespace="${namespace}"`, ...(own === "" ? [] : [own]), ...further].join(", ")}}`;
}

function allServices({ services }: MonitoredServicesSettings): string[] {
  return services.map(({ name }) => name);
}

/** Matchers of the pods of a source that is read as it is, without those whose alerts are off. */
function watched(
  settings: MonitoredServicesSettings,
  source: "containers" | "kubeState",
  further: string[],
): string {
  const { containerSelector, kubeStateSelector } = settings.alerts.metrics;
  const own = source === "containers" ? containerSelector : kubeStateSelector;
  return `{${pods(settings.namespace, watchedServices(settings), allServices(settings), [
    ...(own === "" ? [] : [own]),
    ...further,
  ])}}`;
}

function crashLoop(settings: MonitoredServicesSettings): AlertRule {
  return {
    alert: "PodCrashLooping",
    // Between two crashes the container runs for a while and the reason disappears; the window
    // bridges that. A single restart does not set the reason at all.
    expr: [
      `max by (namespace, pod) (`,
      `  max_over_time(${podMetrics.waitingReason}${watched(settings, "kubeState", ['reason="CrashLoopBackOff"'])}[5m])`,
      `) >= 1`,
    ].join("\n"),
    forMinutes: 5,
    severity: Severity.Critical,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} crashes again and again",
    description:
      "A container of pod {{ $labels.pod }} in {{ $labels.namespace }} crashes, restarts and crashes again.",
  };
}

function recordedRatio(record: string, settings: MonitoredServicesSettings, variant: Variant) {
  const matchers = pods(settings.namespace, variant.scope, allServices(settings));
  return `${record}{${matchers}} > ${num(variant.threshold / 100)}`;
}

function memory(settings: MonitoredServicesSettings, variant: Variant): AlertRule {
  return {
    alert: "HighMemory",
    expr: recordedRatio(recorded.memory, settings, variant),
    forMinutes: 10,
    severity: variant.severity,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} is about to run out of memory",
    description: `A container of pod {{ $labels.pod }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its memory limit (threshold ${variant.threshold} %).`,
  };
}

function cpu(settings: MonitoredServicesSettings, variant: Variant): AlertRule {
  return {
    alert: "HighCPU",
    expr: recordedRatio(recorded.cpu, settings, variant),
    forMinutes: 10,
    // A cause rather than something a user notices.
    severity: variant.severity,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} runs short of CPU",
    description: `A container of pod {{ $labels.pod }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of the CPU it is given (threshold ${variant.threshold} %).`,
  };
}

function outOfMemory(settings: MonitoredServicesSettings): AlertRule {
  return {
    alert: "OOMKilled",
    // The last reason stays for the life of the pod: only together with a restart it is news.
    expr: [
      `max by (namespace, pod) (`,
      `  increase(${podMetrics.restarts}${watched(settings, "kubeState", [])}[10m]) > 0`,
      `  and on (namespace, pod, container)`,
      `  ${podMetrics.lastTerminatedReason}${watched(settings, "kubeState", ['reason="OOMKilled"'])} == 1`,
      `)`,
    ].join("\n"),
    // The window keeps it true for ten minutes; a pod that is gone by then needs nobody.
    forMinutes: 2,
    severity: Severity.Warning,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} was killed for its memory",
    description:
      "The kernel killed a container of pod {{ $labels.pod }} in {{ $labels.namespace }} at its memory limit; {{ $value | humanize }} restarts in the last 10 minutes.",
  };
}

function throttling(settings: MonitoredServicesSettings, variant: Variant): AlertRule {
  return {
    alert: "CPUThrottling",
    expr: recordedRatio(recorded.throttled, settings, variant),
    forMinutes: 15,
    severity: variant.severity,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} is held back by its CPU limit",
    description: `A container of pod {{ $labels.pod }} in {{ $labels.namespace }} had to wait in {{ $value | humanizePercentage }} of its CPU periods (threshold ${variant.threshold} %).`,
  };
}

function memoryLimitMissing(settings: MonitoredServicesSettings): AlertRule {
  return {
    alert: "MemoryLimitMissing",
    expr: [
      `count by (namespace, pod) (`,
      `  max ${byContainer} (${podMetrics.memory}${watched(settings, "containers", ['container!=""'])})`,
      `  unless`,
      `  max ${byContainer} (${podMetrics.resourceLimits}${selector(settings, "kubeState", ['resource="memory"'])}) > 0`,
      `) > 0`,
    ].join("\n"),
    forMinutes: 60,
    severity: Severity.Warning,
    about: ["namespace", "pod"],
    summary: "{{ $labels.pod }} has no memory limit",
    description:
      "{{ $value }} containers of pod {{ $labels.pod }} in {{ $labels.namespace }} have no memory limit: HighMemory cannot see them, and they can take the memory of the whole node.",
  };
}
