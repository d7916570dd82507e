import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readFiles } from "../golden/render";
import { projectDirectory } from "../support/stackConfig";

describe("docs/api", () => {
  it("describes what the package exports", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "api-"));
    try {
      // A type that an exported one refers to and that is not exported itself is an error.
      const { status, stdout, stderr } = spawnSync("npx", ["typedoc", "--out", folder], {
        cwd: projectDirectory,
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout + stderr);
      const message =
        "The public API differs from docs/api: check the changelog, then run npm run api";
      const documented = readFiles(path.join(projectDirectory, "docs", "api"));
      assert.deepEqual(documented, readFiles(folder), message);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
