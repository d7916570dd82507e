import { applicationNamespace, podOf } from "./fakeServices";
import { servePage } from "./prometheus";

/**
 * Fake exporters of a cluster, with the names and labels of the real ones: kube-state-metrics, the
 * kubelet, cAdvisor, node-exporter, Alloy, and the client libraries of each language.
 */
export interface FakeCluster {
  /** Scrape address, as `host:port`. */
  address: string;
  stop: () => Promise<void>;
}

export async function startFakeCluster(service: string, job: string): Promise<FakeCluster> {
  const startedAt = Date.now();
  return servePage(() =>
    [
      ...metrics(service, (Date.now() - startedAt) / 1000),
      ...probeMetrics(service),
      ...jobMetrics(job),
    ].join("\n"),
  );
}

/** Gauges have a constant value; counters increase by their value each second. */
function metrics(service: string, seconds: number): string[] {
  const ns = `namespace="${applicationNamespace}"`;
  const pod = `${ns},pod="${podOf(service)}"`;
  const container = `${pod},container="app"`;
  const instance = 'job="node-exporter",instance="10.0.0.1:9100"';
  const process = `${pod},service="${service}"`;
  const collector = 'namespace="monitoring",pod="alloy-x2x4z"';
  const gauges: Record<string, number> = {
    'kube_namespace_status_phase{namespace="ticketing",phase="Active"}': 1,
    'kube_node_info{node="node-1"}': 1,
    'kube_node_status_condition{node="node-1",condition="Ready",status="true"}': 1,
    'kube_node_status_condition{node="node-1",condition="Ready",status="false"}': 0,
    'kube_node_status_allocatable{node="node-1",resource="cpu",unit="core"}': 4,
    'kube_node_status_allocatable{node="node-1",resource="memory",unit="byte"}': 16e9,
    [`kube_pod_status_phase{${pod},phase="Running"}`]: 1,
    [`kube_pod_status_phase{${pod},phase="Pending"}`]: 0,
    [`kube_deployment_status_replicas_unavailable{${ns},deployment="${service}"}`]: 0,
    [`kube_pod_container_status_last_terminated_reason{${container},reason="OOMKilled"}`]: 1,
    [`kubelet_volume_stats_available_bytes{${ns},persistentvolumeclaim="data"}`]: 6e9,
    [`kubelet_volume_stats_capacity_bytes{${ns},persistentvolumeclaim="data"}`]: 1e10,
    [`node_uname_info{${instance},nodename="node-1"}`]: 1,
    [`node_load5{${instance}}`]: 1.5,
    [`node_memory_MemAvailable_bytes{${instance}}`]: 8e9,
    [`node_memory_MemTotal_bytes{${instance}}`]: 16e9,
    [`node_filesystem_avail_bytes{${instance},fstype="xfs",mountpoint="/"}`]: 4e10,
    [`node_filesystem_size_bytes{${instance},fstype="xfs",mountpoint="/"}`]: 8e10,
    [`process_resident_memory_bytes{${process}}`]: 1e8,
    [`process_open_fds{${process}}`]: 20,
    [`go_memstats_heap_inuse_bytes{${process}}`]: 5e7,
    [`go_goroutines{${process}}`]: 42,
    [`go_threads{${process}}`]: 9,
    [`jvm_memory_used_bytes{${process},area="heap",id="G1 Eden Space"}`]: 5e7,
    [`jvm_threads_live_threads{${process}}`]: 30,
    [`nodejs_heap_size_used_bytes{${process}}`]: 5e7,
    [`nodejs_active_handles_total{${process}}`]: 4,
  };
  const counters: Record<string, number> = {
    [`container_cpu_cfs_periods_total{${container}}`]: 10,
    [`container_cpu_cfs_throttled_periods_total{${container}}`]: 1,
    [`container_network_receive_bytes_total{${pod},interface="eth0"}`]: 1e6,
    [`container_network_transmit_bytes_total{${pod},interface="eth0"}`]: 1e6,
    [`node_cpu_seconds_total{${instance},cpu="0",mode="idle"}`]: 0.7,
    [`node_disk_read_bytes_total{${instance},device="nvme0n1"}`]: 1e6,
    [`node_disk_written_bytes_total{${instance},device="nvme0n1"}`]: 1e6,
    [`node_disk_io_time_seconds_total{${instance},device="nvme0n1"}`]: 0.1,
    ...Object.fromEntries(
      ["receive", "transmit"].flatMap((direction) => [
        [`node_network_${direction}_bytes_total{${instance},device="eth0"}`, 1e6],
        [`node_network_${direction}_errs_total{${instance},device="eth0"}`, 0],
      ]),
    ),
    [`process_cpu_seconds_total{${process}}`]: 0.2,
    [`go_gc_duration_seconds_sum{${process}}`]: 0.001,
    [`jvm_gc_pause_seconds_sum{${process},action="end of minor GC"}`]: 0.01,
    [`nodejs_gc_duration_seconds_sum{${process},kind="minor"}`]: 0.01,
    [`loki_write_sent_entries_total{${collector}}`]: 100,
    [`loki_write_sent_bytes_total{${collector}}`]: 1e5,
    [`loki_write_dropped_entries_total{${collector},reason="ingester_error"}`]: 0,
    [`loki_write_request_duration_seconds_sum{${collector},status_code="204"}`]: 0.1,
    [`loki_write_request_duration_seconds_count{${collector},status_code="204"}`]: 10,
  };
  return [
    ...Object.entries(gauges).map(([series, value]) => `${series} ${value}`),
    ...Object.entries(counters).map(([series, perSecond]) => `${series} ${perSecond * seconds}`),
  ];
}

/** The results of a probe of a service, in the metrics of the blackbox exporter. */
function probeMetrics(service: string): string[] {
  const of = `namespace="${applicationNamespace}",probe="${service}"`;
  return [
    `probe_success{${of}} 1`,
    `probe_http_duration_seconds{${of},phase="connect"} 0.01`,
    `probe_ssl_earliest_cert_expiry{${of}} ${Date.now() / 1000 + 60 * 86_400}`,
  ];
}

/** A CronJob with a failed and a running job, in the metrics of kube-state-metrics. */
function jobMetrics(name: string): string[] {
  const now = Date.now() / 1000;
  const ns = `namespace="${applicationNamespace}"`;
  const cronJob = `${ns},cronjob="${name}"`;
  const job = (run: string) => `${ns},job_name="${name}-${run}"`;
  const owned = (run: string) =>
    `kube_job_owner{${job(run)},owner_kind="CronJob",owner_name="${name}"}`;
  return Object.entries({
    [`kube_cronjob_info{${cronJob}}`]: 1,
    [`kube_cronjob_created{${cronJob}}`]: now - 86_400,
    [`kube_cronjob_spec_suspend{${cronJob}}`]: 0,
    [`kube_cronjob_status_last_successful_time{${cronJob}}`]: now - 7_200,
    [owned("1")]: 1,
    [`kube_job_status_start_time{${job("1")}}`]: now - 3_600,
    [`kube_job_failed{${job("1")},condition="true"}`]: 1,
    [owned("2")]: 1,
    [`kube_job_status_start_time{${job("2")}}`]: now - 600,
    [`kube_job_status_active{${job("2")}}`]: 1,
  }).map(([series, value]) => `${series} ${value}`);
}
