import * as assert from "node:assert/strict";
import { recordsExist } from "../../../policies/alerts/recordsExist";
import { problems, prometheusRelease, prometheusRule, release, resource } from "../subjects";
import { PlainMap } from "../../../policies/facts/plain";

const found = (record: string, expr: string): string[] =>
  problems(recordsExist, [
    prometheusRelease("15d"),
    prometheusRule([
      { record, expr: "sum by (service) (x)" },
      { alert: "A", expr },
    ]),
  ]);

describe("policy records-exist", () => {
  for (const [record, expr] of [
    ["service:errors:ratio5m", "service:error:ratio5m > 0.05"],
    ["service:errors:ratio5m", "services:errors:ratio5m > 0.05"],
    ["service:errors:ratio5m", "service:errors_ratio5m:sum > 1 or service:errors:rato5m > 0.05"],
  ] as const) {
    it(`finds a misspelled series in ${expr}`, () => {
      assert.equal(found(record, expr).length, 1);
    });
  }

  for (const [record, expr] of [
    ["service:errors:ratio5m", "service:errors:ratio5m > 0.05"],
    ["service:errors:ratio5m", "service:errors:ratio1h > 0.05"],
    ["service:errors:ratio5m", "instance:node_cpu_utilisation:rate5m > 0.9"],
    ["service:errors:ratio5m", "slo:sli_error:ratio_rate5m > 0.05"],
    ["service:errors:ratio5m", "node_namespace_pod_container:container_memory_rss > 1"],
    ["service:errors:ratio5m", "service_errors_ratio5m > 0.05"],
    ["service:errors:ratio5m", "up == 0"],
    ["service_errors", "service:errors > 0.05"],
    ["service:errors:ratio5m", "sum("],
    ["service:errors:ratio5m", "http_request:burnrate5m > 14.4"],
  ] as const) {
    it(`accepts ${expr}`, () => assert.deepEqual(found(record, expr), []));
  }

  it("accepts the series of another stack, which are many, in little time", () => {
    const rules = Array.from({ length: 4000 }, (_, index) => [
      { record: `service${index}:errors:rate5m`, expr: "x" },
      { alert: "A", expr: `service${index}:error:rate5m > 1` },
    ]);
    const subjects = [prometheusRelease("15d"), prometheusRule(rules.flat())];
    assert.deepEqual(problems(recordsExist, subjects), []);
  });

  it("accepts series without a Prometheus, which another stack runs", () => {
    const rules = prometheusRule([
      { record: "service:errors:ratio5m", expr: "x" },
      { alert: "A", expr: "service:error:ratio5m > 1" },
    ]);
    assert.deepEqual(problems(recordsExist, rules), []);
  });
});

describe("metrics of a disabled exporter", () => {
  for (const [key, metric, expected] of [
    ["kubeStateMetrics", "kube_pod_info", 1],
    ["kubeStateMetrics", "kube_state_metrics_list_total", 1],
    ["kubeStateMetrics", "kube_pod_resource_request", 0],
    ["kubeStateMetrics", "kube_apiserver_pod_logs_backend_tls_failure_total", 0],
    ["nodeExporter", "node_load1", 1],
    ["nodeExporter", "node_collector_zone_size", 0],
    ["nodeExporter", "node_namespace_pod_container:container_memory_rss", 0],
    ["kubelet", "container_memory_rss", 1],
    ["kubelet", "machine_cpu_cores", 1],
    ["kubelet", "prober_probe_total", 1],
    ["kubelet", "apiserver_request_total", 0],
    ["kubelet", "kube_pod_info", 0],
  ] as const) {
    it(`${expected === 1 ? "include" : "do not include"} ${metric} for ${key}`, () => {
      const stack = release("kube-prometheus-stack", { [key]: { enabled: false } });
      const rule = prometheusRule([{ alert: "A", expr: `${metric} > 1` }]);
      assert.deepEqual(
        problems(recordsExist, [stack, rule]),
        Array.from(
          { length: expected },
          () => `nothing exports the metric ${metric}, because the values disable ${key}`,
        ),
      );
    });
  }
});

describe("series that are recorded too rarely", () => {
  const recorded = (interval: string, expr: string, values: PlainMap = {}) =>
    problems(recordsExist, [
      release("kube-prometheus-stack", values),
      resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
        spec: {
          groups: [
            { name: "records", interval, rules: [{ record: "cart:backlog:sum", expr: "sum(x)" }] },
            { name: "alerts", rules: [{ alert: "A", expr }] },
          ],
        },
      }),
    ]);

  it("disappear in between", () =>
    assert.match(
      recorded("10m", "cart:backlog:sum > 5")[0] ?? "",
      /so infrequently that it disappears/,
    ));

  for (const [how, problemsOf] of Object.entries({
    "within the time for which Prometheus looks back": recorded("5m", "cart:backlog:sum > 5"),
    "for a range": recorded("10m", "last_over_time(cart:backlog:sum[15m]) > 5"),
    "by a Prometheus that looks back for longer": recorded("10m", "cart:backlog:sum > 5", {
      prometheus: { prometheusSpec: { query: { lookbackDelta: "15m" } } },
    }),
  })) {
    it(`are read ${how}`, () => assert.deepEqual(problemsOf, []));
  }
});

describe("labels of objects", () => {
  const labeled = (stack: PlainMap, expr = 'kube_pod_labels{label_team="cart"} == 1') =>
    problems(recordsExist, [
      release("kube-prometheus-stack", stack),
      prometheusRule([{ alert: "A", expr }]),
    ]);

  it("are not exported by default", () =>
    assert.match(labeled({})[0] ?? "", /does not export object labels/));

  for (const [how, problemsOf] of Object.entries({
    "which a list allows": labeled({
      "kube-state-metrics": { metricLabelsAllowlist: ["pods=[team]"] },
    }),
    "which arguments allow": labeled({
      "kube-state-metrics": { extraArgs: ["--metric-labels-allowlist=pods=[team]"] },
    }),
    "which exclude nothing then": labeled(
      {},
      'kube_pod_status_ready == 0 unless on (pod) kube_pod_labels{label_quiet="true"}',
    ),
    "without a matcher": labeled({}, 'kube_pod_labels{namespace="shop"} == 1'),
  })) {
    it(`may be read, ${how}`, () => assert.deepEqual(problemsOf, []));
  }
});
