import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";
import { linksOf, pages, readPage } from "./markdown";

/** Anchors that GitHub generates for the headings of a page. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("links in the documentation", () => {
  it("are found", () => {
    assert.ok(pages().flatMap(linksOf).length > 20);
  });

  for (const file of pages()) {
    it(`point to existing files and headings in ${file}`, () => {
      for (const { line, target, anchor } of linksOf(file)) {
        const targetPath = path.join(projectDirectory, path.dirname(file), target);
        assert.ok(fs.existsSync(targetPath), `${file}:${line}: ${target} does not exist`);
        if (anchor === undefined) continue;
        const page = path.relative(projectDirectory, targetPath);
        assert.ok(
          anchorsOf(readPage(page)).includes(anchor),
          `${file}:${line}: ${page} has no heading for #${anchor}`,
        );
      }
    });
  }
});
