import * as assert from "node:assert/strict";
import { comparisonsOf } from "../../../policies/promql/findComparisons";
import { inlineRecords } from "../../../policies/promql/records";
import { selectorsOf } from "../../../policies/promql/expr";
import { parse, written } from "./subjects";

describe("policies/promql/records", () => {
  it("replaces a recorded series by its expression and adds the matchers", () => {
    const records = new Map([["ratio", parse("errors / total")]]);
    const inlined = inlineRecords(parse('ratio{namespace="a"} > 0.5'), records);
    assert.deepEqual(comparisonsOf(inlined).map(written), ["errors / total > 0.5"]);
    assert.deepEqual(
      selectorsOf(inlined).map(({ matchers }) => matchers),
      Array(2).fill([{ label: "namespace", operator: "=", value: "a" }]),
    );
  });

  it("stops at recording rules that refer to themselves", () => {
    const records = new Map([["a", parse("a + 1")]]);
    assert.ok(inlineRecords(parse("a > 1"), records));
  });
});
