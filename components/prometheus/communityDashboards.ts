/** A reviewed revision of a dashboard on grafana.com. */
interface CommunityDashboard {
  revision: number;
  /**
   * Metrics that it reads, as regular expressions. The program cannot read the dashboard, because Grafana
   * downloads it.
   */
  metrics: string[];
}

/**
 * Reviewed community dashboards, keyed by ID. Other dashboards require a revision, because the chart
 * silently downloads revision 1 by default.
 */
export const communityDashboards: Record<number, CommunityDashboard> = {
  // Kubernetes Cluster
  7249: {
    revision: 1,
    metrics: [
      "container_cpu_usage_seconds_total",
      "container_memory_usage_bytes",
      "http_request_duration_(milli)?seconds_count",
      "kube_pod_container_status_restarts_total",
      "kube_pod_status_phase",
      "node_cpu_seconds_total",
      "node_disk_io_time_seconds_total",
      "node_filesystem_avail_bytes",
      "node_filesystem_size_bytes",
      "node_load1",
      "node_memory_Buffers_bytes",
      "node_memory_Cached_bytes",
      "node_memory_MemAvailable_bytes",
      "node_memory_MemFree_bytes",
      "node_memory_MemTotal_bytes",
    ],
  },
  // Kubernetes Pods
  6417: {
    revision: 1,
    metrics: [
      "kube_deployment_status_replicas",
      "kube_deployment_status_replicas_unavailable",
      "kube_deployment_status_replicas_updated",
      "kube_job_status_active",
      "kube_job_status_failed",
      "kube_job_status_succeeded",
      "kube_node_info",
      "kube_node_spec_unschedulable",
      "kube_node_status_condition",
      "kube_pod_container_status_running",
      "kube_pod_container_status_terminated",
      "kube_pod_container_status_waiting",
      "kube_pod_info",
      "kube_pod_status_phase",
    ],
  },
  // Go Metrics
  10826: {
    revision: 1,
    metrics: [
      "go_gc_duration_seconds.*",
      "go_goroutines",
      "go_info",
      "go_memstats_.+",
      "go_threads",
      "process_.+",
    ],
  },
};
