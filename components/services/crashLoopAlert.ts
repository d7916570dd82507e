import { podMetrics } from "../../policies/shared/metricNames";
import { alertNames } from "../alerting/alertNames";
import { crashLoop } from "../alerting/crashLoop";
import { first, labels, list } from "../alerting/annotations";
import { AlertRule, Severity } from "../alerting/rules";

/** Number of containers of a pod that an alert names. */
export const namedContainers = 3;

/** Selects the series of the pod of an alert, in annotations. */
export const ofPod = `{namespace="${labels.namespace}", pod="${labels.pod}", container!=""}`;

/**
 * Alert on pods whose containers crash repeatedly.
 *
 * @param kubeState Selects the series of kube-state-metrics for the pods, with these matchers.
 * @param inScope Limits an expression to the pods that the alert covers.
 */
export function crashLoopAlert(
  kubeState: (...matchers: string[]) => string,
  inScope: (expr: string) => string,
): AlertRule {
  const recently = `increase(${podMetrics.restarts}${ofPod}[2h]) > 0 or increase(${podMetrics.initRestarts}${ofPod}[2h]) > 0`;
  const containers = list(`group by (container) (${recently})`, "container", namedContainers);
  const restarts = first(`sum (${recently})`);
  const reasons = list(
    `group by (reason) (${podMetrics.lastTerminatedReason}${ofPod} == 1) or on () label_replace(vector(1), "reason", "unknown", "", "")`,
    "reason",
    namedContainers,
  );
  return {
    alert: alertNames.podCrashLooping,
    expr: inScope(crashLoop(kubeState)),
    forMinutes: 5,
    keepFiringMinutes: 10,
    severity: Severity.Critical,
    summary: `${labels.pod}: a container is crash looping`,
    description: `The container ${containers} of pod ${labels.pod} in ${labels.namespace} (last reason: ${reasons}; restarts in the last 2 hours: ${restarts}) was in CrashLoopBackOff in the last 4 minutes, or restarted repeatedly in the last 2 hours: it crashes after every restart. The service lacks a replica, or is down.`,
  };
}
