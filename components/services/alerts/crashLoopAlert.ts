import { podMetrics } from "../../../policies/shared/metricNames";
import { alertNames } from "../../alerting/alertNames";
import { crashLoop } from "../../alerting/crashLoop";
import { first, labels, list } from "../../alerting/annotations";
import { AlertRule, RecordingRule, Severity } from "../../alerting/rules";
import { ofService } from "./podScope";

/** Number of containers per pod that an alert lists by name. */
export const namedContainers = 3;

/** Selector for use in annotations, which matches the series of the alert's pod. */
export const ofPod = `{namespace="${labels.namespace}", pod="${labels.pod}", container!=""}`;

/** A series for each pod whose containers crash repeatedly. */
const crashLooping = "namespace_pod:crash_loop:info";

/**
 * Returns rules that alert on pods whose containers crash repeatedly. If the pod belongs to a
 * configured service, the alert has the `service` label, so that ServiceDown inhibits it.
 *
 * @param kubeState Returns a selector for the pods' kube-state-metrics series with the given matchers.
 * @param inScope Limits an expression to the pods that the alert covers.
 */
export function crashLoopRules(
  namespace: string,
  kubeState: (...matchers: string[]) => string,
  inScope: (expr: string) => string,
): [RecordingRule, AlertRule] {
  const pods = `${crashLooping}{namespace="${namespace}"}`;
  const recently = `increase(${podMetrics.restarts}${ofPod}[2h]) > 0 or increase(${podMetrics.initRestarts}${ofPod}[2h]) > 0`;
  const containers = list(`group by (container) (${recently})`, "container", namedContainers);
  const restarts = first(`sum (${recently})`);
  const reasons = list(
    `group by (reason) (${podMetrics.lastTerminatedReason}${ofPod} == 1) or on () label_replace(vector(1), "reason", "unknown", "", "")`,
    "reason",
    namedContainers,
  );
  const alert: AlertRule = {
    alert: alertNames.podCrashLooping,
    expr: inScope(`${ofService(namespace, pods)}\nor on (namespace, pod)\n${pods}`),
    forMinutes: 5,
    keepFiringMinutes: 10,
    severity: Severity.Critical,
    summary: `${labels.pod}: a container is crash looping`,
    description: `The container ${containers} of pod ${labels.pod} in ${labels.namespace} (last reason: ${reasons}; restarts in the last 2 hours: ${restarts}) was in CrashLoopBackOff in the last 4 minutes, or restarted repeatedly in the last 2 hours: it crashes after every restart. The service lacks a replica, or is down.`,
  };
  return [
    { record: crashLooping, expr: `group by (namespace, pod) (\n${crashLoop(kubeState)}\n)` },
    alert,
  ];
}
