import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";
import { linksOf, pages, readPage } from "./markdown";

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("links", () => {
  it("are found", () => {
    assert.ok(pages().flatMap(linksOf).length > 20);
  });

  for (const file of pages()) {
    it(`of ${file} lead to what exists`, () => {
      for (const { line, target, anchor } of linksOf(file)) {
        const found = path.join(projectDirectory, path.dirname(file), target);
        assert.ok(fs.existsSync(found), `${file}:${line}: there is no ${target}`);
        if (anchor === undefined) continue;
        const page = path.relative(projectDirectory, found);
        assert.ok(
          anchorsOf(readPage(page)).includes(anchor),
          `${file}:${line}: ${page} has no heading for #${anchor}`,
        );
      }
    });
  }
});
