/** One relabeling step, as Prometheus defines it. */
export interface RelabelRule {
  sourceLabels: string[];
  separator?: string;
  regex?: string;
  replacement?: string;
  targetLabel: string;
}

const firstNonEmpty = "^;*([^;]+)(;.*)?$";

/**
 * The version of a pod, on its series as on its logs: what Datadog reads, so that all three agree,
 * or else Kubernetes' own label. A pod with neither has none.
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
 * From what Kubernetes knows of a container to the labels of its logs: `namespace`, `app`,
 * `service`, `pod` and `container`. Both collectors follow these steps, so that a query works
 * whichever of them is in use.
 */
export const podLogLabels: RelabelRule[] = [
  { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace" },
  { sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "pod" },
  { sourceLabels: ["__meta_kubernetes_pod_container_name"], targetLabel: "container" },
  // The name of the workload: a Deployment's ReplicaSet ends with a hash, a CronJob's Job with the
  // minute it was due.
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
  // These two become structured metadata.
  { sourceLabels: ["__meta_kubernetes_pod_uid"], targetLabel: "pod_uid" },
  podVersion,
  {
    sourceLabels: ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"],
    separator: "/",
    replacement: "/var/log/pods/*$1/*.log",
    targetLabel: "__path__",
  },
  // The directory of a static pod is named after the hash of its manifest.
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
