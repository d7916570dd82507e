import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { credentialField, credentialIn } from "../../policies/shared/credentials";
import { type Files, goldenFolder, readFiles, render, stacks } from "./render";
import { unifiedDiff } from "./unifiedDiff";

/** Longer differences of one file are cut: who sees 60 lines of them has seen enough. */
const shownLines = 60;

for (const stack of stacks) {
  describe(`the preview of ${stack}`, () => {
    let home: string;
    let files: Files;

    before("on another machine than the one that wrote test/golden", () => {
      home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
      const elsewhere = { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
      files = render(stack, { ...elsewhere, HOME: home, USER: "somebody-else" });
    });

    after(() => fs.rmSync(home, { recursive: true, force: true }));

    it(`is as kept in test/golden/${stack}`, () => {
      const differences = differencesBetween(readFiles(goldenFolder(stack)), files);
      if (differences.length > 0) assert.fail(message(stack, differences));
    });

    it("writes nothing that looks like a secret into any file", () => {
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

    it("names no folder of the machine it ran on", () => {
      for (const [file, text] of files) {
        for (const folder of [os.tmpdir() + path.sep, home, path.resolve(__dirname, "../..")]) {
          assert.ok(!text.includes(folder), `${file}: ${folder}`);
        }
      }
    });
  });
}

describe("a difference from test/golden", () => {
  const kept: Files = new Map([
    ["rules/a.yaml", "for: 5m\n"],
    ["values/b.yaml", "a: 1\nretention: 15d\nz: 2\n"],
  ]);

  it("is shown by file and line, and how to accept it is said", () => {
    const now: Files = new Map([...kept, ["values/b.yaml", "a: 1\nretention: 30d\nz: 2\n"]]);
    assert.equal(
      message("prod", differencesBetween(kept, now)),
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
        "If this is what the change was meant to do, run npm run golden and commit test/golden with it.",
      ].join("\n"),
    );
  });

  it("is also a file that is new, and one that is gone", () => {
    const now: Files = new Map([
      ["rules/new.yaml", "for: 5m\n"],
      ["values/b.yaml", "a: 1\nretention: 15d\nz: 2\n"],
    ]);
    const differences = differencesBetween(kept, now);
    assert.deepEqual(
      differences.map(({ file }) => file),
      ["rules/a.yaml", "rules/new.yaml"],
    );
    assert.match(differences[0]?.diff ?? "", /^-for: 5m$/m);
    assert.match(differences[1]?.diff ?? "", /^\+for: 5m$/m);
  });

  it("is cut when it is long", () => {
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
      diff: cut(unifiedDiff(before.get(file) ?? "", after.get(file) ?? "")),
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
    "If this is what the change was meant to do, run npm run golden and commit test/golden with it.",
  ].join("\n");
}

function cut(diff: string): string {
  const lines = diff.split("\n");
  if (lines.length <= shownLines) return diff;
  return [...lines.slice(0, shownLines), `(${lines.length - shownLines} more lines)`].join("\n");
}

function parsed(text: string): unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

/** Every text in a value, with the name of the field it is in. */
function textsIn(value: unknown, field = ""): [field: string, text: string][] {
  if (typeof value === "string") return [[field, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    textsIn(item, Array.isArray(value) ? field : key),
  );
}
