import * as assert from "node:assert/strict";
import { parsePromQL } from "../../../policies/promql/parse";
import { selectorsOf } from "../../../policies/promql/expr";
import { parse } from "./subjects";

describe("policies/promql/parse", () => {
  it("keeps the matchers, the range and the offset of a selector", () => {
    const [selector] = selectorsOf(parse('rate(a{b="c", d=~`e.*`, f!="it\\"s"}[5m] offset 1h)'));
    assert.deepEqual(selector, {
      kind: "selector",
      metric: "a",
      matchers: [
        { label: "b", operator: "=", value: "c" },
        { label: "d", operator: "=~", value: "e.*" },
        { label: "f", operator: "!=", value: 'it"s' },
      ],
      rangeSeconds: 300,
      offsetSeconds: 3600,
    });
  });

  it("finds the metric in every spelling", () => {
    for (const text of ["a", 'a{x="y"}', '{__name__="a"}', '{"a", x="y"}']) {
      assert.equal(selectorsOf(parse(text))[0]?.metric, "a", text);
    }
  });

  it("applies an offset to the selector before it, not to the whole operation", () => {
    for (const [text, expected] of [
      ["a / b offset 1h > 1", [0, 3600]],
      ["a offset 1h / b", [3600, 0]],
      ["-a offset 1h", [3600]],
    ] as const) {
      assert.deepEqual(
        selectorsOf(parse(text)).map(({ offsetSeconds }) => offsetSeconds),
        expected,
        text,
      );
    }
  });

  it("reads an arithmetic range", () => {
    assert.equal(selectorsOf(parse("rate(a[2 * 5m])"))[0]?.rangeSeconds, 600);
  });

  it("reports the position of a syntax error", () => {
    assert.deepEqual(parsePromQL("a >"), { error: "does not parse at character 4" });
    assert.deepEqual(parsePromQL("sum(a, b"), { error: "does not parse at character 9" });
    assert.notEqual(parsePromQL("").error, undefined);
    assert.notEqual(parsePromQL("a > 0.05d").error, undefined);
    assert.notEqual(parsePromQL("foo bar").error, undefined);
  });
});
