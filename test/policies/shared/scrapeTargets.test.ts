import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { scrapeTargets, targetsWith } from "../../../policies/shared/scrapeTargets";

const cases: [metric: string, targets: string[]][] = [
  ["kube_pod_info", ["kube-state-metrics"]],
  [
    "kube_apiserver_pod_logs_pods_logs_backend_tls_failure_total",
    scrapeTargets.map(({ name }) => name),
  ],
  ["node_load1", ["node-exporter"]],
  ["node_authorizer_graph_actions_duration_seconds_sum", scrapeTargets.map(({ name }) => name)],
  ["container_memory_rss", ["cAdvisor"]],
  ["machine_cpu_cores", ["cAdvisor"]],
  ["kubelet_running_pods", ["kubelet"]],
  ["apiserver_request_total", ["kubelet", "API server"]],
  ["prometheus_tsdb_head_series", ["Prometheus"]],
  ["prometheus_operator_syncs", ["Prometheus operator"]],
  ["process_open_fds", scrapeTargets.map(({ name }) => name)],
  // A pattern may match names of several targets.
  ["(?:kube_.+|node_.+)", scrapeTargets.map(({ name }) => name)],
];

describe("the targets that may expose a metric", () => {
  for (const [metric, targets] of cases) {
    it(`are ${targets.length === scrapeTargets.length ? "all" : targets.join(", ")} for ${metric}`, () => {
      assert.deepEqual(
        targetsWith(metric).map(({ name }) => name),
        targets,
      );
    });
  }

  it("have their relabelings under keys of the chart", () => {
    const file = path.join(__dirname, "../../charts/keys/kube-prometheus-stack.txt");
    const keys = fs.readFileSync(file, "utf8").split("\n");
    const paths = scrapeTargets.map(({ relabelings }) => relabelings.join("."));
    assert.deepEqual(
      paths.filter((each) => !keys.includes(each)),
      [],
    );
  });
});
