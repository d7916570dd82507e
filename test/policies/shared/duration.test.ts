import * as assert from "node:assert/strict";
import { formatDays, parseDuration } from "../../../policies/shared/duration";

describe("policies/duration", () => {
  for (const [text, seconds] of [
    ["15d", 1_296_000],
    ["2w", 1_209_600],
    ["360h", 1_296_000],
    ["1y", 31_536_000],
    ["1d12h", 129_600],
    ["1500ms", 1.5],
    ["0", 0],
    ["0s", 0],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), seconds));
  }

  for (const text of [
    "",
    "15",
    "15 d",
    "-15d",
    "1.5d",
    "15D",
    "12h1d",
    "d",
    "15days",
    " 15d",
    15,
    ["15d"],
    null,
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));
  }

  it("formats whole days in days, and fractions in hours", () => {
    assert.equal(formatDays(15), "15d");
    assert.equal(formatDays(1.5), "36h");
  });
});
