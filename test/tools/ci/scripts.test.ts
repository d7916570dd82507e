import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectDirectory } from "../../support/stackConfig";

const scripts = path.join(projectDirectory, "tools/ci");

describe("the scripts of the workflows", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "ci-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const run = (script: string, args: string[], input = "", env: NodeJS.ProcessEnv = {}) =>
    spawnSync(path.join(scripts, script), args, {
      encoding: "utf8",
      input,
      env: { ...process.env, ...env },
    });

  describe("report.sh", () => {
    const report = (output: string): string => {
      const file = path.join(folder, "preview-prod.txt");
      fs.writeFileSync(file, output);
      const { status, stdout, stderr } = run("report.sh", [file]);
      assert.equal(status, 0, stderr);
      return stdout;
    };

    it("shows the last line of the output in the title, and the whole output below", () => {
      const text = report("Preview of prod\n\nPassed: 39 resources\n");
      assert.match(text, /^<details><summary>preview of prod: Passed: 39 resources<\/summary>$/m);
      assert.match(text, /^````text\nPreview of prod\n\nPassed: 39 resources\n\n````$/m);
    });

    it("keeps Markdown as it is", () => {
      const file = path.join(folder, "changes-prod.md");
      fs.writeFileSync(file, "## Changes to prod\n");
      assert.equal(run("report.sh", [file]).stdout, "## Changes to prod\n\n\n");
    });

    it("cuts long outputs, says so, and stays below the limit of a comment with both stacks", () => {
      const files = ["changes-prod.md", "preview-prod.txt"].map((name) => path.join(folder, name));
      for (const file of files) fs.writeFileSync(file, `${"x".repeat(200)}\n`.repeat(1000));
      const { stdout } = run("report.sh", files);
      assert.equal(stdout.match(/The output is cut/g)?.length, 2);
      assert.ok(2 * stdout.length < 65_536, String(stdout.length));
    });
  });

  describe("comment.sh", () => {
    /** Runs the script with a stand-in for gh that has comments, and returns its calls. */
    const calls = (existing: string): { args: string; body?: string }[] => {
      const gh = path.join(folder, "gh");
      fs.writeFileSync(path.join(folder, "existing"), existing);
      fs.writeFileSync(
        gh,
        `#!/usr/bin/env bash
echo "$*" >> "${folder}/calls"
case "$*" in
  *--paginate*) cat "${folder}/existing" ;;
  *) for last; do :; done; cat "\${last#body=@}" > "${folder}/body" ;;
esac
`,
        { mode: 0o755 },
      );
      const { status, stderr } = run("comment.sh", [], "the report\n", {
        PATH: `${folder}${path.delimiter}${process.env["PATH"]}`,
        REPOSITORY: "team/repository",
        PULL_REQUEST: "7",
      });
      assert.equal(status, 0, stderr);
      const lines = fs.readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n");
      return lines.map((args, index) =>
        index === 0 ? { args } : { args, body: fs.readFileSync(path.join(folder, "body"), "utf8") },
      );
    };

    it("creates a comment in a pull request without one", () => {
      const [, write] = calls("");
      assert.match(write?.args ?? "", /--method POST repos\/team\/repository\/issues\/7\/comments/);
      assert.equal(write?.body, "<!-- preview of the stacks -->\n\nthe report\n");
    });

    it("updates the first comment that an earlier run wrote", () => {
      const [list, write] = calls("41\n42\n");
      assert.match(list?.args ?? "", /startswith\("<!-- preview of the stacks -->"\)/);
      assert.match(
        write?.args ?? "",
        /--method PATCH repos\/team\/repository\/issues\/comments\/41 /,
      );
    });
  });
});
