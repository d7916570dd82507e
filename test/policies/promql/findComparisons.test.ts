import * as assert from "node:assert/strict";
import { comparisonsOf } from "../../../policies/promql/findComparisons";
import { parse, written } from "./subjects";

describe("policies/promql/findComparisons", () => {
  for (const [expression, expected] of [
    ["x > 0.05", ["x > 0.05"]],
    ["0.05 < x", ["x > 0.05"]],
    ["(((x))) >= (0.05)", ["x >= 0.05"]],
    ["x > 5 / 100", ["x > 0.05"]],
    ["x > 14.4 * (1 - 0.999)", ["x > 0.0144"]],
    ["x > 500m", ["x > 30000"]],
    ["x > 1h30m", ["x > 5400"]],
    ["x > 1e3", ["x > 1000"]],
    ["x > 0x10", ["x > 16"]],
    ["x > 010", ["x > 8"]],
    ["x > 1_000", ["x > 1000"]],
    ["x > 2 ^ 3 ^ 2", ["x > 512"]],
    ["x > -2 ^ 2", ["x > -4"]],
    ["x > 7 % 4", ["x > 3"]],
    ["x > scalar(vector(0.5))", ["x > 0.5"]],
    ["x > on () group_left vector(0.5)", ["x > 0.5"]],
    ["x > Inf", ["x > Infinity"]],
    ["-x < -0.5", ["x > 0.5"]],
    ["x * 100 > 5", ["x > 0.05"]],
    ["x * -1 < -0.5", ["x > 0.5"]],
    ["100 * (1 - x) > 5", ["x < 0.95"]],
    ["x - 0.5 > 0", ["x > 0.5"]],
    ["x > bool 0.5", ["x > 0.5"]],
    ["(x > bool 0.5) == 1", ["x > 0.5"]],
    ["errors / total > 0.05", ["errors / total > 0.05"]],
    ["errors > 0.05 * total", ["errors / total > 0.05"]],
    ["errors - 0.05 * total > 0", ["errors / total > 0.05"]],
    ["(total - good) / total > 0.05", ["good / total < 0.95"]],
    ["1 - good / total > 0.05", ["good / total < 0.95"]],
    ["sum(rate(a[5m]) * 0.01) / sum(rate(b[5m])) > 0.05", ["a / b > 5"]],
    ["max by (pod) (a / b) > 0.9", ["a / b > 0.9"]],
    ["max_over_time((a / b)[10m:1m]) > 0.9", ["a / b > 0.9"]],
    ["increase(a[5m]) > 3000", ["a > 10"]],
    ["abs(x) > 0.5", ["x > 0.5"]],
    ["floor(x) > 0.05", ["x > 1"]],
    ["ceil(x) > 1.5", ["x > 1"]],
    ["round(x, 0.1) > 0.5", ["x > 0.55"]],
    ["clamp(x, 0, 1) > 0.5", ["x > 0.5"]],
    ["clamp_max(x, 0.04) > 0.05", ["x > Infinity"]],
    ["clamp_min(x, 0.06) > 0.05", ["x > -Infinity"]],
    ["a / (b > 0) > 0.9", ["a / b > 0.9", "b > 0"]],
    ["(a or b) > 2", ["a > 2", "b > 2"]],
    ["x unless x < 0.5", ["x >= 0.5"]],
    ["absent(up == 1)", ["up != 1"]],
    ["count_over_time((x > 0.5)[10m:1m]) > 3", ["x > 3", "x > 0.5"]],
    ["x > 1 and y > 2 or z > 3", ["x > 1", "y > 2", "z > 3"]],
    ["x", []],
    ["1 > 2", []],
  ] as const) {
    it(`reads ${expression}`, () => {
      const found = comparisonsOf(parse(expression)).map(written);
      assert.deepEqual([...found].sort(), [...expected].sort());
    });
  }

  it("marks comparisons that `and` or `unless` joins to others", () => {
    const joined = comparisonsOf(parse("x > 1 and y > 2 or z > 3")).map((each) => each.joined);
    assert.deepEqual(joined, [true, true, false]);
  });
});
