import { equal } from "node:assert/strict";
import { canHaveResult } from "../../../preview/backtest/canHaveResult";
import { parsePromQL } from "../../../policies/promql/parse";

describe("without the metric a, an expression", () => {
  for (const [expr, expected] of [
    ["a > 1", false],
    ["b > 1", true],
    ["sum(rate(a[5m]))", false],
    ["b / a", false],
    ["a or b", true],
    ["b and a", false],
    ["b unless a", true],
    ["a unless b", false],
    ["absent(a)", true],
    ["a or vector(0)", true],
    ["max_over_time((a > 0)[1h:1m])", false],
    ['{__name__=~"a|b"}', true],
  ] as const) {
    it(`${expr} ${expected ? "can" : "cannot"} have a result`, () => {
      const parsed = parsePromQL(expr);
      if (parsed.error !== undefined) throw new Error(parsed.error);
      equal(
        canHaveResult(parsed.expr, (metric) => metric !== "a"),
        expected,
      );
    });
  }
});
