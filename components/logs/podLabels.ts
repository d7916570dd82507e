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
  sourceLabels: [
    "__meta_kubernetes_pod_label_tags_datadoghq_com_version",
    "__meta_kubernetes_pod_label_app_kubernetes_io_version",
  ],
  regex: firstNonEmpty,
  targetLabel: "version",
};

/**
 * Relabeling rules that derive the labels `namespace`, `app`, `service`, `pod` and `container` of
 * logs from the metadata of a container. Both collectors apply them, so that queries work with either.
 */
export const podLogLabels: RelabelRule[] = [
  { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace" },
  { sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "pod" },
  { sourceLabels: ["__meta_kubernetes_pod_container_name"], targetLabel: "container" },
  // Name of the workload: the ReplicaSet of a Deployment ends with a hash, the Job of a CronJob with
  // its scheduled minute.
  { sourceLabels: ["__meta_kubernetes_pod_controller_name"], targetLabel: "__tmp_workload" },
  {
    sourceLabels: [
      "__meta_kubernetes_pod_controller_kind",
      "__meta_kubernetes_pod_controller_name",
    ],
    regex: "ReplicaSet;(.+)-[^-]+",
    targetLabel: "__tmp_workload",
  },
  {
    sourceLabels: [
      "__meta_kubernetes_pod_controller_kind",
      "__meta_kubernetes_pod_controller_name",
    ],
    regex: "Job;(.+)-[0-9]{8}",
    targetLabel: "__tmp_workload",
  },
  {
    sourceLabels: [
      "__meta_kubernetes_pod_label_app_kubernetes_io_name",
      "__meta_kubernetes_pod_label_app",
      "__tmp_workload",
      "__meta_kubernetes_pod_name",
    ],
    regex: firstNonEmpty,
    targetLabel: "app",
  },
  {
    sourceLabels: ["__meta_kubernetes_pod_label_tags_datadoghq_com_service", "app"],
    regex: firstNonEmpty,
    targetLabel: "service",
  },
  // The next two become structured metadata.
  { sourceLabels: ["__meta_kubernetes_pod_uid"], targetLabel: "pod_uid" },
  podVersion,
  {
    sourceLabels: ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"],
    separator: "/",
    replacement: "/var/log/pods/*$1/*.log",
    targetLabel: "__path__",
  },
  // The log directory of a static pod is named after the hash of its manifest.
  {
    sourceLabels: [
      "__meta_kubernetes_pod_annotationpresent_kubernetes_io_config_hash",
      "__meta_kubernetes_pod_annotation_kubernetes_io_config_hash",
      "__meta_kubernetes_pod_container_name",
    ],
    separator: "/",
    regex: "true/(.*)",
    replacement: "/var/log/pods/*$1/*.log",
    targetLabel: "__path__",
  },
];
