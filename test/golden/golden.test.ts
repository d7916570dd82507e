import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { credentialField, credentialIn } from "../../policies/shared/credentials";
import { type Files, goldenFolder, readFiles, render, stacks } from "./render";
import { unifiedDiff } from "./unifiedDiff";
import { projectDirectory } from "../support/stackConfig";

/** Maximum number of diff lines to show per file. */
const maxDiffLines = 60;

for (const stack of stacks) {
  describe(`the preview of ${stack}`, () => {
    let home: string;
    let files: Files;

    before("run with a different locale, time zone and user", () => {
      home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
      const elsewhere = { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
      files = render(stack, { ...elsewhere, HOME: home, USER: "another-user" });
    });

    after(() => fs.rmSync(home, { recursive: true, force: true }));

    it(`matches test/golden/${stack}`, () => {
      const differences = differencesBetween(readFiles(goldenFolder(stack)), files);
      if (differences.length > 0) assert.fail(message(stack, differences));
    });

    it("writes no file with text that looks like a secret", () => {
      assert.ok(files.size > 0);
      for (const [file, text] of files) {
        assert.equal(credentialIn(text), undefined, file);
        const structured = file.endsWith(".tmpl") ? [] : textsIn(parsed(text));
        for (const [field, value] of structured) {
          assert.equal(credentialIn(value), undefined, `${file}: ${field}`);
          assert.equal(credentialField(field, value), undefined, `${file}: ${field}`);
        }
      }
    });

    it("writes no file with a path of the machine", () => {
      for (const [file, text] of files) {
        for (const folder of [os.tmpdir() + path.sep, home, projectDirectory]) {
          assert.ok(!text.includes(folder), `${file}: ${folder}`);
        }
      }
    });
  });
}

describe("a difference from test/golden", () => {
  const golden: Files = new Map([
    ["rules/a.yaml", "for: 5m\n"],
    ["values/b.yaml", "a: 1\nretention: 15d\nz: 2\n"],
  ]);

  it("is shown by file and line, with the command to accept it", () => {
    const now: Files = new Map([...golden, ["values/b.yaml", "a: 1\nretention: 30d\nz: 2\n"]]);
    assert.equal(
      message("prod", differencesBetween(golden, now)),
      [
        "the preview of prod differs from test/golden/prod in 1 file:",
        "",
        "--- test/golden/prod/values/b.yaml",
        "+++ npm run preview -- --stack prod",
        "@@ -1,4 +1,4 @@",
        " a: 1",
        "-retention: 15d",
        "+retention: 30d",
        " z: 2",
        " ",
        "",
        "If you intended this change, run npm run golden and commit test/golden.",
      ].join("\n"),
    );
  });

  it("includes added and removed files", () => {
    const now: Files = new Map([
      ["rules/new.yaml", "for: 5m\n"],
      ["values/b.yaml", "a: 1\nretention: 15d\nz: 2\n"],
    ]);
    const differences = differencesBetween(golden, now);
    assert.deepEqual(
      differences.map(({ file }) => file),
      ["rules/a.yaml", "rules/new.yaml"],
    );
    assert.match(differences[0]?.diff ?? "", /^-for: 5m$/m);
    assert.match(differences[1]?.diff ?? "", /^\+for: 5m$/m);
  });

  it("is truncated if it is long", () => {
    const before = new Map([["a", ""]]);
    const [difference] = differencesBetween(before, new Map([["a", "line\n".repeat(500)]]));
    assert.equal(difference?.diff.split("\n").at(-1), "(442 more lines)");
  });
});

interface Difference {
  file: string;
  diff: string;
}

function differencesBetween(before: Files, after: Files): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => before.get(file) !== after.get(file))
    .sort()
    .map((file) => ({
      file,
      diff: truncate(unifiedDiff(before.get(file) ?? "", after.get(file) ?? "")),
    }));
}

function message(stack: string, differences: Difference[]): string {
  const count = `${differences.length} file${differences.length === 1 ? "" : "s"}`;
  const blocks = differences.flatMap(({ file, diff }) => [
    `--- test/golden/${stack}/${file}`,
    `+++ npm run preview -- --stack ${stack}`,
    diff,
    "",
  ]);
  return [
    `the preview of ${stack} differs from test/golden/${stack} in ${count}:`,
    "",
    ...blocks,
    "If you intended this change, run npm run golden and commit test/golden.",
  ].join("\n");
}

function truncate(diff: string): string {
  const lines = diff.split("\n");
  if (lines.length <= maxDiffLines) return diff;
  return [...lines.slice(0, maxDiffLines), `(${lines.length - maxDiffLines} more lines)`].join("\n");
}

function parsed(text: string): unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

/** All strings in a value with the names of their fields. */
function textsIn(value: unknown, field = ""): [field: string, text: string][] {
  if (typeof value === "string") return [[field, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    textsIn(item, Array.isArray(value) ? field : key),
  );
}
