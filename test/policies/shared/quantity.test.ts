import * as assert from "node:assert/strict";
import { parseQuantity, parseSize } from "../../../policies/shared/quantity";

describe("quantities", () => {
  for (const [text, bytes] of [
    ["1Gi", 1024 ** 3],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["1G", 1e9],
    ["1k", 1000],
    ["1e3", 1000],
    ["1000m", 1],
    [7, 7],
    ["GiB", undefined],
    ["1GiB", undefined],
    ["-1Gi", undefined],
    [0, undefined],
    [true, undefined],
  ] as const) {
    it(`parses the Kubernetes quantity ${text}`, () => assert.equal(parseQuantity(text), bytes));
  }
  for (const [text, bytes] of [
    ["1GiB", 1024 ** 3],
    ["1GB", 1024 ** 3],
    ["0.5KB", 512],
    ["10B", 10],
    ["0", 0],
    ["1Gi", undefined],
    ["", undefined],
    [1, undefined],
  ] as const) {
    it(`parses the Prometheus size ${text}`, () => assert.equal(parseSize(text), bytes));
  }
});
