import * as assert from "node:assert/strict";
import { usesColor } from "../../../preview/output/write";

describe("usesColor", () => {
  const noColor = process.env["NO_COLOR"];

  afterEach(() => {
    if (noColor === undefined) delete process.env["NO_COLOR"];
    else process.env["NO_COLOR"] = noColor;
  });

  it("uses color only on a terminal, and only without NO_COLOR", () => {
    delete process.env["NO_COLOR"];
    assert.equal(usesColor({ isTTY: true }), true);
    assert.equal(usesColor({}), false);
    process.env["NO_COLOR"] = "1";
    assert.equal(usesColor({ isTTY: true }), false);
  });
});
