import * as assert from "node:assert/strict";
import { recordsExist } from "../../../policies/alerts/recordsExist";
import { alerts, judge, problems, prometheusRule, release } from "../subjects";

const keep = (regex: string) => ({ action: "keep", sourceLabels: ["__name__"], regex });
const listOf = (regex: string) => ({ prometheus: { monitor: { http: relabelings(keep(regex)) } } });
const relabelings = (...metricRelabelings: object[]) => ({ metricRelabelings });

/** A release whose keep lists contain `kube_pod_info` and `node_.+`. */
const stack = release("kube-prometheus-stack", {
  prometheus: { prometheusSpec: {} },
  "kube-state-metrics": listOf("kube_pod_info|kube_job_.+"),
  kubelet: { serviceMonitor: relabelings({ action: "drop", sourceLabels: ["le"], regex: "1" }) },
});

const found = (expr: string) => problems(recordsExist, [stack, alerts(expr)]);

describe("policy records-exist, for metrics that a keep list drops", () => {
  it("names the target, the metric and the key that keeps it", () => {
    const { violations } = judge(recordsExist, [stack, alerts("kube_pod_created > 1")]);
    assert.equal(violations.length, 1);
    const [{ problem, fix } = violations[0]!] = violations;
    assert.equal(problem, "the keep list of kube-state-metrics drops the metric kube_pod_created");
    assert.match(
      String(fix),
      /add kube_pod_created to metrics\.also .*, or to your own list in its values$/,
    );
  });

  it("judges recording rules", () => {
    const rule = prometheusRule([{ record: "a:b:sum", expr: "sum(kube_pod_created)" }]);
    assert.equal(problems(recordsExist, [stack, rule]).length, 1);
  });

  for (const [reason, expr] of [
    ["a metric in the list", "kube_pod_info"],
    ["a metric that matches a pattern in the list", "kube_job_failed > 0"],
    ["a target without a list", "node_load1 > 1"],
    ["a target with other relabelings", "kubelet_running_pods > 1"],
    ["a metric that an application may have", "process_open_fds > 1"],
    ["a pattern, which may match a kept metric", '{__name__=~"kube_pod_.+"} > 1'],
    ["an expression that does not parse", "sum("],
  ] as const) {
    it(`accepts ${reason}`, () => assert.deepEqual(found(expr), []));
  }

  it("accepts every metric of a stack without keep lists", () => {
    const values = { prometheus: { prometheusSpec: {} } };
    const subjects = [release("kube-prometheus-stack", values), alerts("kube_pod_created > 1")];
    assert.deepEqual(problems(recordsExist, subjects), []);
  });
});
