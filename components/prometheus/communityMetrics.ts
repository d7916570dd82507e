/**
 * Metrics that the reviewed revisions of community dashboards read, as regular expressions. The program
 * cannot read these dashboards, because Grafana downloads them.
 */
export const communityMetrics: Record<number, string[]> = {
  7249: [
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
  6417: [
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
  10826: [
    "go_gc_duration_seconds.*",
    "go_goroutines",
    "go_info",
    "go_memstats_.+",
    "go_threads",
    "process_.+",
  ],
};
