import { podMetrics } from "../../../policies/shared/metricNames";
import { labels, list, value } from "../../alerting/annotations";
import { crashLoopRules, namedContainers, ofPod } from "./crashLoopAlert";
import { formatNumber } from "../../alerting/promql";
import { withThreshold } from "../../alerting/ruleThresholds";
import { AlertGroup, RecordingRule, Severity } from "../../alerting/rules";
import { inPodScope } from "./podScope";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, alertingScope, severityVariants, thresholdVariants } from "./thresholdVariants";

const recorded = {
  memory: "namespace_pod:container_memory_working_set:ratio_of_limit",
  cpu: "namespace_pod:container_cpu_usage:ratio_of_limit",
  throttled: "namespace_pod:container_cpu_cfs_throttled_periods:ratio_rate5m",
} as const;

const byContainer = "by (namespace, pod, container)";
const podInNamespace = `pod ${labels.pod} in ${labels.namespace}`;
const containersIn = (query: string) => list(query, "container", namedContainers);
/** Selects the container with the highest ratio of usage to limit. */
const worst = (used: string, allowed: string) =>
  containersIn(`topk(1, ${used} / (${allowed} > 0))`);
const largest = (series: string) => `max by (container) (${series})`;
const rateOf = (metric: string) => `sum by (container) (rate(${metric}${ofPod}[5m]))`;
/** Returns each container's CPU usage, counted only once if Prometheus scrapes a kubelet twice. */
const cpuRate = (by: string, containers: string) =>
  `sum by (${by}) (max by (${by}, cpu, id) (rate(${podMetrics.cpu}${containers}[5m])))`;
const limitOf = (resource: string) =>
  largest(`${podMetrics.resourceLimits}${ofPod.replace(/}$/, `, resource="${resource}"}`)}`);
const worstMemory = worst(largest(`${podMetrics.memory}${ofPod}`), limitOf("memory"));
const worstCpu = worst(cpuRate("container", ofPod), limitOf("cpu"));
const worstThrottling = worst(
  rateOf(podMetrics.cpuThrottledPeriods),
  rateOf(podMetrics.cpuPeriods),
);

const unlimited = containersIn(
  `group by (container) (${podMetrics.memory}${ofPod}) unless ${limitOf("memory")} > 0`,
);

const killed = containersIn(
  `group by (container) (${podMetrics.lastTerminatedReason}${ofPod.replace(/}$/, ', reason="OOMKilled"}')} == 1)`,
);

/**
 * Returns alerts on the pods in one namespace. If a pod has several containers, the worst container
 * counts.
 */
export function podAlerts(settings: MonitoredServicesSettings): AlertGroup {
  const kubeState = (...extraMatchers: string[]) => kubeStateSelector(settings, ...extraMatchers);
  const forAlertingPods = (expr: string) =>
    inPodScope(settings.namespace, alertingScope(settings), expr);
  return {
    name: `${settings.namespace}.pods`,
    // Evaluated less often, because these rules read several series of every container. The alerts have
    // a `for` of 2 minutes or longer.
    intervalSeconds: 60,
    subjectLabel: "pod",
    rules: [
      ...recordings(settings),
      ...crashLoopRules(settings.namespace, kubeState, forAlertingPods),
      ...severityVariants(settings, "memoryPercent").map((variant) => ({
        ...ratioAlert(settings, variant, bridged(settings, recorded.memory, "memory")),
        alert: "HighMemory",
        forMinutes: 10,
        summary: `${labels.pod}: memory usage is ${value.percentage} of the limit`,
        description: `The container ${worstMemory} of ${podInNamespace} uses ${value.percentage} of its memory limit (threshold: ${variant.threshold}%). At the limit, the kernel kills it.`,
      })),
      // Only a warning, because this is a cause, not a symptom. Other alerts page if users are affected.
      ...thresholdVariants(settings, "cpuPercent", Severity.Warning).map((variant) => ({
        ...ratioAlert(settings, variant, bridged(settings, recorded.cpu, "cpu")),
        alert: "HighCPU",
        forMinutes: 10,
        summary: `${labels.pod}: CPU usage is ${value.percentage} of the limit`,
        description: `The container ${worstCpu} of ${podInNamespace} used ${value.percentage} of its CPU limit over the last 5 minutes (threshold: ${variant.threshold}%). At the limit, it is throttled and slows down.`,
      })),
      withThreshold("OOMKilled", (restarts) => ({
        // The last termination reason persists for the life of the pod, so it counts only together with
        // a restart.
        expr: forAlertingPods(
          [
            `max by (namespace, pod) (`,
            `  increase(${podMetrics.restarts}${kubeState()}[10m]) >= ${restarts}`,
            `  and on (namespace, pod, container)`,
            `  ${podMetrics.lastTerminatedReason}${kubeState('reason="OOMKilled"')} == 1`,
            `)`,
          ].join("\n"),
        ),
        // The expression holds for 10 minutes. A pod that is gone within 2 minutes needs no attention.
        forMinutes: 2,
        // Sends a single notification for a container that is killed every few minutes.
        keepFiringMinutes: 30,
        severity: Severity.Warning,
        summary: `${labels.pod}: a container was OOM-killed`,
        description: `The container ${killed} of ${podInNamespace} exceeded its memory limit and was killed; it restarted ${value.number} times in the last 10 minutes (threshold: ${restarts}). Requests in flight failed.`,
      })),
      ...thresholdVariants(settings, "cpuThrottlingPercent", Severity.Warning).map((variant) => ({
        ...ratioAlert(
          settings,
          variant,
          `${recorded.throttled}{namespace="${settings.namespace}"}`,
        ),
        alert: "CPUThrottling",
        forMinutes: 15,
        summary: `${labels.pod}: CPU is throttled in ${value.percentage} of periods`,
        description: `The CPU limit throttled the container ${worstThrottling} of ${podInNamespace} in ${value.percentage} of its CPU periods over the last 5 minutes (threshold: ${variant.threshold}%). Responses may be slow.`,
      })),
      {
        alert: "MemoryLimitMissing",
        expr: forAlertingPods(
          [
            `count by (namespace, pod) (`,
            `  max ${byContainer} (${podMetrics.memory}${selector(settings, "containerSelector", 'container!=""')})`,
            // Without kube-state-metrics, limits are unknown rather than missing.
            `  and on (namespace, pod, container) ${podMetrics.restarts}${kubeState()}`,
            `  unless`,
            `  max ${byContainer} (${podMetrics.resourceLimits}${kubeState('resource="memory"')}) > 0`,
            `) > 0`,
          ].join("\n"),
        ),
        forMinutes: 60,
        severity: Severity.Warning,
        summary: `${labels.pod}: a container has no memory limit`,
        description: `The container ${unlimited} of ${podInNamespace} has no memory limit (containers without one: ${value.plain}). HighMemory does not cover it, and a leak can exhaust the memory of the node.`,
      },
    ],
  };
}

/** Selects the series of a metrics source, whose job or path differs between clusters. */
function selector(
  { namespace, alerts }: MonitoredServicesSettings,
  source: "containerSelector" | "kubeStateSelector",
  ...extraMatchers: string[]
): string {
  const sourceMatchers = alerts.metrics[source] === "" ? [] : [alerts.metrics[source]];
  return `{${[`namespace="${namespace}"`, ...sourceMatchers, ...extraMatchers].join(", ")}}`;
}

/** Selects the series of a kube-state-metrics metric. */
export function kubeStateSelector(
  settings: MonitoredServicesSettings,
  ...extraMatchers: string[]
): string {
  return selector(settings, "kubeStateSelector", ...extraMatchers);
}

function recordings(settings: MonitoredServicesSettings): RecordingRule[] {
  const containers = selector(settings, "containerSelector", 'container!=""');
  const limit = (name: string) =>
    `max ${byContainer} (${podMetrics.resourceLimits}${kubeStateSelector(settings, `resource="${name}"`)})`;
  const rate = (metric: string) => `sum ${byContainer} (rate(${metric}${containers}[5m]))`;
  const worstContainer = (series: string, used: string, allowed: string) => ({
    record: series,
    expr: [`max by (namespace, pod) (`, `  ${used}`, `  /`, `  (${allowed} > 0)`, `)`].join("\n"),
  });
  return [
    // Uses the working set, because usage_bytes also counts page cache that the kernel can drop at the
    // limit. Containers without a limit have no ratio. A request is not a bound, because a container
    // can use any free resources of its node.
    worstContainer(
      recorded.memory,
      `max ${byContainer} (${podMetrics.memory}${containers})`,
      limit("memory"),
    ),
    worstContainer(recorded.cpu, cpuRate("namespace, pod, container", containers), limit("cpu")),
    worstContainer(
      recorded.throttled,
      rate(podMetrics.cpuThrottledPeriods),
      rate(podMetrics.cpuPeriods),
    ),
  ];
}

/**
 * Returns the last ratio within 3 minutes, which bridges failed scrapes of the kubelet or
 * kube-state-metrics. A deleted pod disappears from both, and needs no alert.
 */
function bridged(
  settings: MonitoredServicesSettings,
  series: string,
  resource: "memory" | "cpu",
): string {
  const kubeState = kubeStateSelector(settings, `resource="${resource}"`);
  return [
    `(`,
    `  last_over_time(${series}{namespace="${settings.namespace}"}[3m])`,
    `  and on (namespace, pod) (`,
    `    ${podMetrics.memory}${selector(settings, "containerSelector", 'container!=""')}`,
    `    or ${podMetrics.resourceLimits}${kubeState}`,
    `  )`,
    `)`,
  ].join("\n");
}

/** Returns the common properties of alerts on a recorded ratio. The threshold is a percentage. */
function ratioAlert(
  { namespace }: MonitoredServicesSettings,
  { scope, threshold, severity }: Variant,
  ratio: string,
) {
  const excess = `${ratio} > ${formatNumber(threshold / 100)}`;
  return { expr: inPodScope(namespace, scope, excess), severity };
}
