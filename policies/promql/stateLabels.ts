import { podMetrics } from "../shared/metricNames";

/** A label of a kube-state-metrics metric that contains an object's state or resource. */
interface StateLabel {
  label: string;
  /** All values of the label. Not set if they depend on the object. */
  values?: string[];
  /**
   * Whether each object has one series per state, with the value 1 for its current state and 0 for the
   * others.
   */
  isComplete?: boolean;
}

const terminations = ["OOMKilled", "Completed", "Error", "ContainerCannotRun", "DeadlineExceeded"];
const waits = [
  ...["CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ContainerCreating"],
  ...["CreateContainerConfigError", "CreateContainerError", "InvalidImageName"],
];
const resources = { label: "resource", values: ["cpu", "memory"] };
const phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
const answers = ["true", "false", "unknown"];

/** Metrics with a label that other metrics of the same object do not have. */
export const stateLabels: Record<string, StateLabel> = {
  [podMetrics.lastTerminatedReason]: { label: "reason", values: terminations },
  kube_pod_container_status_terminated_reason: { label: "reason", values: terminations },
  [podMetrics.waitingReason]: { label: "reason", values: waits },
  [podMetrics.resourceLimits]: resources,
  [podMetrics.resourceRequests]: resources,
  kube_pod_status_phase: { label: "phase", values: phases, isComplete: true },
  kube_pod_status_ready: { label: "condition", values: answers, isComplete: true },
  kube_node_status_condition: { label: "status", values: answers, isComplete: true },
  kube_persistentvolume_status_phase: { label: "phase", isComplete: true },
  kube_persistentvolumeclaim_status_phase: { label: "phase", isComplete: true },
  kube_deployment_status_condition: { label: "status", isComplete: true },
};
