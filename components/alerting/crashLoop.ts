import { podMetrics } from "../../policies/shared/metricNames";

/**
 * Returns PromQL that selects pods whose containers crash repeatedly.
 *
 * @param kubeState Returns a selector for the pods' kube-state-metrics series with the given matchers.
 */
export function crashLoop(kubeState: (...matchers: string[]) => string): string {
  const waiting = (metric: string) =>
    `max_over_time(${metric}${kubeState('reason="CrashLoopBackOff"')}[4m])`;
  const restarts = (metric: string, offset = "") =>
    `changes(${metric}${kubeState()}[35m]${offset})`;
  const restarted = (metric: string) =>
    `4 * ${restarts(metric)} >= (${restarts(metric, " offset 35m")} > 0) + (${restarts(metric, " offset 70m")} > 0) and last_over_time(${metric}${kubeState()}[4m])`;
  // The CrashLoopBackOff reason disappears while the container runs between two crashes, and the
  // 4-minute window bridges this gap. The window is shorter than the 5-minute `for`, so two crashes at
  // pod startup age out of it before an alert can fire. A container that runs for minutes between
  // crashes rarely has the reason, but it restarts in each of three 35-minute windows. In the last
  // window it must restart at least half as often as before. Otherwise the crash loop has ended, or the
  // pod no longer exists and only the earlier windows still contain it.
  return [
    `max by (namespace, pod) (`,
    `  ${waiting(podMetrics.waitingReason)} or ${waiting(podMetrics.initWaitingReason)}`,
    `) >= 1`,
    `or`,
    `max by (namespace, pod) (`,
    `  ${restarted(podMetrics.restarts)}`,
    `  or`,
    `  ${restarted(podMetrics.initRestarts)}`,
    `)`,
  ].join("\n");
}
