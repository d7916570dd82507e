import * as assert from "node:assert/strict";
import { defined } from "../../../components/shared/defined";

describe("defined", () => {
  it("removes the fields that are undefined and keeps every other value", () => {
    const fields = { a: undefined, b: null, c: false, d: 0, e: "" };
    assert.deepEqual(Object.entries(defined(fields)), [
      ["b", null],
      ["c", false],
      ["d", 0],
      ["e", ""],
    ]);
    assert.ok("a" in fields, "does not mutate its argument");
  });
});
