import * as assert from "node:assert/strict";
import { unifiedDiff } from "./unifiedDiff";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
const text = (...lines: string[]) => lines.join("\n");

describe("unifiedDiff", () => {
  it("is empty for equal texts", () => {
    assert.equal(unifiedDiff("a\nb\n", "a\nb\n"), "");
  });

  it("shows a changed line with three lines of context and its position", () => {
    const before = text(...numbers(1, 20));
    const after = text(...numbers(1, 9), "ten", ...numbers(11, 20));
    assert.equal(
      unifiedDiff(before, after),
      text("@@ -7,7 +7,7 @@", " 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"),
    );
  });

  it("counts the lines of each text separately", () => {
    const before = text(...numbers(1, 20));
    const after = text("zero", ...numbers(1, 19), "last", "20");
    assert.equal(
      unifiedDiff(before, after),
      text(
        ...["@@ -1,3 +1,4 @@", "+zero", " 1", " 2", " 3"],
        ...["@@ -17,4 +18,5 @@", " 17", " 18", " 19", "+last", " 20"],
      ),
    );
  });

  it("shows unchanged lines between two changes", () => {
    assert.equal(
      unifiedDiff("a\nb\nc\nd", "A\nb\nc\nD"),
      text("@@ -1,4 +1,4 @@", "-a", "+A", " b", " c", "-d", "+D"),
    );
  });
});
