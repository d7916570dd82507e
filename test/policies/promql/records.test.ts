import * as assert from "node:assert/strict";
import { comparisonsOf } from "../../../policies/promql/findComparisons";
import { inlineRecords } from "../../../policies/promql/records";
import { selectorsOf } from "../../../policies/promql/expr";
import { parse, written } from "./subjects";

describe("policies/promql/records", () => {
  it("puts what is recorded in the place of its series, narrowed by how it is selected", () => {
    const records = new Map([["ratio", parse("errors / total")]]);
    const inlined = inlineRecords(parse('ratio{namespace="a"} > 0.5'), records);
    assert.deepEqual(comparisonsOf(inlined).map(written), ["errors / total > 0.5"]);
    assert.deepEqual(
      selectorsOf(inlined).map(({ matchers }) => matchers),
      Array(2).fill([{ label: "namespace", operator: "=", value: "a" }]),
    );
  });

  it("does not follow records in circles", () => {
    const records = new Map([["a", parse("a + 1")]]);
    assert.ok(inlineRecords(parse("a > 1"), records));
  });
});
