import * as assert from "node:assert/strict";
import { metricsRead } from "../../../policies/shared/metricsRead";

const cases: [expr: string, metrics: string[]][] = [
  ["up", ["up"]],
  ['sum by (job) (rate(a_total{code="b"}[5m])) / on (c) group_left (d) e', ["a_total", "e"]],
  ["histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m])))", ["a_bucket"]],
  ["histogram_fraction(0, 0.5, sum(rate(a_seconds[5m])))", ["a_seconds"]],
  ['{__name__="a"}', ["a"]],
  ['{"__name__"="a"}', ["a"]],
  ['{__name__=~"a_.+|b"}', ["(?:a_.+|b)"]],
  ['{__name__!="a", job="b"}', []],
  ['{"http.server.duration", job="b"}', ["http\\.server\\.duration"]],
  ["max_over_time(rate(a[5m])[1h:1m] offset 1d) > bool 1", ["a"]],
  ['label_replace(a, "b", "$1", "c", "(.*)") unless `d`', ["a"]],
  ["namespace:a:sum + a", ["namespace:a:sum", "a"]],
  ["vector(1) and absent(a)", ["a"]],
  ["sum(a) by (", ["a"]],
  ["1 + 2", []],
  ["", []],
];

describe("the metrics that an expression reads", () => {
  for (const [expr, metrics] of cases) {
    it(`are ${metrics.join(", ") || "none"} in ${expr || "nothing"}`, () => {
      assert.deepEqual(metricsRead(expr), metrics);
    });
  }
});
