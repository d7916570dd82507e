import * as assert from "node:assert/strict";
import { promqlUnits } from "../../../policies/alerts/promqlUnits";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { alerts, problems, prometheusRule } from "../subjects";

const templated = (expr: string, summary: string) =>
  problems(promqlValid, prometheusRule([{ alert: "A", expr, annotations: { summary } }]));

describe("alerts on the value of a counter", () => {
  for (const expr of [
    "http_errors_total > 5",
    "sum by (service) (http_errors_total) >= 100",
    "5 < max(jobs_failed_total)",
  ]) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr))[0] ?? "", /the value of a counter/));
  }

  for (const expr of [
    "rate(http_errors_total[5m]) > 5",
    "increase(http_errors_total[1h]) > 5",
    "http_errors_total - http_errors_total offset 5m > 5",
    "changes(restarts_total[1h]) > 3",
    "delta(connections_total[5m]) > 3",
    "jobs_total == 0",
    "jobs_total < 1",
    "errors_total / requests_total > 0.5",
    "node_memory_MemTotal_bytes > 5e9",
    "volume_capacity_total > 5",
    "max_over_time(queue_total[5m]) > 5",
    "absent(http_requests_total)",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("labels in templates", () => {
  for (const [expr, summary] of [
    ["sum(rate(x[5m])) > 5", "{{ $labels.service }} fails"],
    ["sum by (namespace) (rate(x[5m])) > 5", "{{ $labels.namespace }}/{{ $labels.pod }}"],
    ["5 < sum by (namespace) (rate(x[5m]))", "{{ $labels.pod }}"],
    ["max without (pod) (x) > 5", "{{ $labels.pod }}"],
    ["sum by (a) (x) > 5 and on (a) y == 1", '{{ printf "%s" $labels.b }}'],
  ] as const) {
    it(`must be in the result of ${expr}`, () =>
      assert.match(templated(expr, summary)[0] ?? "", /removes$/));
  }

  for (const [expr, summary] of [
    ["sum by (namespace, pod) (rate(x[5m])) > 5", "{{ $labels.namespace }}/{{ $labels.pod }}"],
    ["x > 5", "{{ $labels.anything }}"],
    ["max without (pod) (x) > 5", "{{ $labels.namespace }}"],
    ["sum by (pod) (x) * on (pod) group_left (node) node_info > 5", "{{ $labels.node }}"],
    ["sum by (a) (x) / sum by (a) (y) > 5", "{{ $labels.a }}"],
    ['count_values by (job) ("version", build) > 1', "{{ $labels.version }}"],
    ["topk by (a) (1, x) > 5", "{{ $labels.b }}"],
    ["sum by (a) (x) > 5 or sum by (b) (y) > 5", "{{ $labels.b }}"],
    ["sum(x) > 5", "{{ $value }} requests"],
    ['absent(x{service="cart"})', "{{ $labels.service }}"],
    ['label_replace(sum by (a) (x), "b", "$1", "a", "(.*)") > 5', "{{ $labels.b }}"],
  ] as const) {
    it(`may be in the result of ${expr}`, () => assert.deepEqual(templated(expr, summary), []));
  }
});

describe("operators between series", () => {
  for (const expr of [
    "sum by (namespace) (x) / sum by (service) (y) > 1",
    "sum by (pod) (x) / on (namespace, pod) sum by (namespace, pod) (y) > 1",
    "sum by (a) (x) > 1 and sum by (b) (y) > 1",
    "sum(x) / sum by (a) (y) > 1",
    "sum by (a, b) (x) / ignoring (c) sum by (a) (y) > 1",
  ]) {
    it(`never match: ${expr}`, () =>
      assert.match(problems(promqlValid, alerts(expr)).join(), /only one side has the label/));
  }

  for (const expr of [
    "sum by (a) (x) / sum by (a) (y) > 1",
    "sum by (a, b) (x) / on (a) group_left sum by (a) (y) > 1",
    "sum by (a, b) (x) / ignoring (b) group_left sum by (a) (y) > 1",
    "sum by (a) (x) / on () group_left sum(y) > 1",
    "sum by (a) (x) > 1 or sum by (b) (y) > 1",
    "sum by (a) (x) / on (a) y > 1",
    "sum by (a) (x) > scalar(sum(y))",
    'sum by (a) (x) / on (a) label_replace(sum by (b) (y), "a", "$1", "b", "(.*)") > 1',
    "x / y > 1",
    "max without (pod) (x) / sum by (a) (y) > 1",
    "sum by (a) (x) > 1 and on () hour() > 8",
    "histogram_quantile(0.99, sum by (a, le) (rate(x_bucket[5m]))) / avg by (a) (y) > 2",
  ]) {
    it(`may match: ${expr}`, () => assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});

describe("sums of counters, and totals since the start of a process", () => {
  for (const [expr, problem] of [
    ["rate(sum by (job) (orders_total)[5m:]) > 1", /computed from a sum of counters/],
    ["histogram_quantile(0.9, sum by (le) (wait_bucket)) > 1", /since the start of a process/],
    ['errors_total{code="500"} / errors_total > 0.1', /divided by itself/],
    ["disk_used_bytes / disk_size_bytes > 80", /cannot reach/],
  ] as const) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr)).join(), problem));
  }

  for (const expr of [
    "rate(max by (job) (orders_total)[5m:]) > 1",
    "histogram_quantile(0.9, sum by (le) (job:wait_bucket)) > 1",
    'sum(errors_total{code="500"}) / sum(errors_total) > 0.1',
    'errors_total{code="500"} / ignoring (code) group_left errors_total > 0.1',
    "disk_used_bytes / disk_size_bytes > 0.8",
    "pool_used / connections_size > 80",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});
