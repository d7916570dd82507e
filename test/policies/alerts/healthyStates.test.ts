import * as assert from "node:assert/strict";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { problems, prometheusRule } from "../subjects";

const find = (expr: string, severity = "critical") =>
  problems(promqlValid, prometheusRule([{ alert: "A", expr, labels: { severity } }]));

const free = 'node_filesystem_avail_bytes{fstype!="tmpfs"}';
const size = 'node_filesystem_size_bytes{fstype!="tmpfs"}';
const left = "probe_ssl_earliest_cert_expiry - time()";

describe("conditions that hold in health", () => {
  for (const expr of [
    'up{job="cart"} == 1',
    'up{job="cart"} > 0',
    "probe_success != 0",
    "avg_over_time(probe_success[5m]) >= 0.99",
    "max by (job) (pg_up) == 1",
    "cart_down == 1 or redis_up == 1",
    'kube_node_status_condition{condition="Ready", status="true"} == 1',
    'kube_pod_status_ready{condition="true"} > 0',
    'kube_pod_status_phase{phase="Running"} == 1',
    `${free} / ${size} * 100 > 90`,
    `${free} / ${size} < 0.9`,
    `1 - ${free} / ${size} < 0.1`,
    "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
    "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes > 0.85",
    'time() - process_start_time_seconds{job="cart"} > 300',
    "node_time_seconds - node_boot_time_seconds > 600",
    `${left} > 14 * 86400`,
    "(x509_cert_not_after - time()) / 86400 > 14",
    "time() - backup_last_success_timestamp_seconds < 86400",
  ]) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(find(expr).join(), /the condition holds (for every|while|after every)/));
  }

  for (const expr of [
    'up{job="cart"} == 0',
    'up{job="cart"} < 1',
    "probe_success != 1",
    "avg_over_time(probe_success[5m]) < 0.99",
    'absent(up{job="cart"} == 1)',
    'sum(up{job="cart"} == bool 1) < 3',
    "sum(up) by (job) > 5",
    'up{job="cart"} == 1 unless on (instance) cart_ready',
    "cart_queue > 100 and on (instance) up == 1",
    'kube_node_status_condition{condition="Ready", status="false"} == 1',
    'kube_node_status_condition{condition="MemoryPressure", status="true"} == 1',
    'kube_pod_status_ready{condition="true"} == 0',
    'kube_pod_status_phase{phase=~"Pending|Running"} == 1',
    'kube_pod_status_phase{phase="Pending"} == 1',
    `${free} / ${size} * 100 < 10`,
    `100 - ${free} * 100 / ${size} > 90`,
    `1 - ${free} / ${size} > 0.9`,
    "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1",
    "node_filesystem_avail_bytes / node_memory_MemTotal_bytes > 0.9",
    'time() - process_start_time_seconds{job="cart"} < 300',
    "time() - process_start_time_seconds > 30 * 86400",
    `${left} < 14 * 86400`,
    `${left} < 14 * 86400 and ${left} > 7 * 86400`,
    "time() - backup_last_success_timestamp_seconds > 86400",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(find(expr), []));
  }

  it("may be what a heartbeat or a note is about", () => {
    for (const severity of ["none", "info"]) {
      assert.deepEqual(find('up{job="prometheus"} == 1', severity), []);
      assert.deepEqual(
        find("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.8", severity),
        [],
      );
    }
  });
});
