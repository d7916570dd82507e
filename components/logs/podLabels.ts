import { defined } from "../shared/defined";

/** A Prometheus relabeling rule. */
export interface RelabelRule {
  sourceLabels: string[];
  separator?: string;
  regex?: string;
  replacement?: string;
  targetLabel: string;
}

const firstNonEmpty = "^;*([^;]+)(;.*)?$";

/**
 * Sets the `version` label of series and logs. The pod's Datadog label takes precedence over the label
 * that Kubernetes recommends, so Prometheus, Loki and Datadog show the same version. A pod with neither
 * label has no version.
 */
export const podVersion: RelabelRule = {
  sourceLabels: podMeta("label_tags_datadoghq_com_version", "label_app_kubernetes_io_version"),
  regex: firstNonEmpty,
  targetLabel: "version",
};

const controller = podMeta("controller_kind", "controller_name");
const logFiles = { replacement: "/var/log/pods/*$1/*.log", targetLabel: "__path__" };

/**
 * Relabeling rules that derive the log labels `namespace`, `app`, `service`, `pod` and `container` from
 * pod metadata. Both collectors apply these rules, so queries work with either one.
 */
export const podLogLabels: RelabelRule[] = [
  { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace" },
  { sourceLabels: podMeta("name"), targetLabel: "pod" },
  { sourceLabels: podMeta("container_name"), targetLabel: "container" },
  // Name of the workload. A Deployment's ReplicaSet has a hash as its suffix, and a CronJob's Job has
  // the scheduled minute.
  { sourceLabels: podMeta("controller_name"), targetLabel: "__tmp_workload" },
  { sourceLabels: controller, regex: "ReplicaSet;(.+)-[^-]+", targetLabel: "__tmp_workload" },
  { sourceLabels: controller, regex: "Job;(.+)-[0-9]{8}", targetLabel: "__tmp_workload" },
  {
    sourceLabels: [
      ...podMeta("label_app_kubernetes_io_name", "label_app"),
      "__tmp_workload",
      ...podMeta("name"),
    ],
    regex: firstNonEmpty,
    targetLabel: "app",
  },
  {
    sourceLabels: [...podMeta("label_tags_datadoghq_com_service"), "app"],
    regex: firstNonEmpty,
    targetLabel: "service",
  },
  // The pipeline turns the next two labels into structured metadata.
  { sourceLabels: podMeta("uid"), targetLabel: "pod_uid" },
  podVersion,
  { sourceLabels: podMeta("uid", "container_name"), separator: "/", ...logFiles },
  // The log directory of a static pod contains the hash of its manifest instead of the pod's UID.
  {
    sourceLabels: podMeta(
      "annotationpresent_kubernetes_io_config_hash",
      "annotation_kubernetes_io_config_hash",
      "container_name",
    ),
    separator: "/",
    regex: "true/(.*)",
    ...logFiles,
  },
];

function podMeta(...names: string[]): string[] {
  return names.map((name) => `__meta_kubernetes_pod_${name}`);
}

/** Renders a rule with the field names that both collectors use in their configuration. */
export function relabelConfig(rule: RelabelRule) {
  return defined({
    source_labels: rule.sourceLabels,
    separator: rule.separator,
    regex: rule.regex,
    replacement: rule.replacement,
    target_label: rule.targetLabel,
  });
}
