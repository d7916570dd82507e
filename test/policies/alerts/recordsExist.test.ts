import * as assert from "node:assert/strict";
import { recordsExist } from "../../../policies/alerts/recordsExist";
import { problems, prometheusRelease, prometheusRule } from "../subjects";

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
