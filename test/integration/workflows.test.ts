import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

describe("the workflows for GitHub", () => {
  it("are valid for actionlint", () => {
    const { status, stdout, stderr } = spawnSync(toolPath("actionlint"), ["-no-color"], {
      cwd: projectDirectory,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
  });
});
