import { defined } from "../shared/defined";

/** A relabeling rule as Prometheus defines it. */
export interface RelabelRule {
  sourceLabels: string[];
  separator?: string;
  regex?: string;
  replacement?: string;
  targetLabel: string;
}

const firstNonEmpty = "^;*([^;]+)(;.*)?$";

/**
 * Label `version` of series and logs: the Datadog label of the pod, so that all three systems agree,
 * or else the label that Kubernetes recommends. A pod with neither has no version.
 */
export const podVersion: RelabelRule = {
  sourceLabels: podMeta("label_tags_datadoghq_com_version", "label_app_kubernetes_io_version"),
  regex: firstNonEmpty,
  targetLabel: "version",
};

const controller = podMeta("controller_kind", "controller_name");
const logFiles = { replacement: "/var/log/pods/*$1/*.log", targetLabel: "__path__" };

/**
 * Relabeling rules that derive the labels `namespace`, `app`, `service`, `pod` and `container` of
 * logs from the metadata of a container. Both collectors apply them, so that queries work with either.
 */
export const podLogLabels: RelabelRule[] = [
  { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace" },
  { sourceLabels: podMeta("name"), targetLabel: "pod" },
  { sourceLabels: podMeta("container_name"), targetLabel: "container" },
  // Name of the workload: the ReplicaSet of a Deployment ends with a hash, the Job of a CronJob with
  // its scheduled minute.
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
  // The next two become structured metadata.
  { sourceLabels: podMeta("uid"), targetLabel: "pod_uid" },
  podVersion,
  { sourceLabels: podMeta("uid", "container_name"), separator: "/", ...logFiles },
  // The log directory of a static pod is named after the hash of its manifest.
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

/** A relabeling rule with the names of the fields in the configuration of both collectors. */
export function relabelConfig(rule: RelabelRule) {
  return defined({
    source_labels: rule.sourceLabels,
    separator: rule.separator,
    regex: rule.regex,
    replacement: rule.replacement,
    target_label: rule.targetLabel,
  });
}
