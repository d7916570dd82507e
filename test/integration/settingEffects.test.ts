import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { effectsPage, generatedPage } from "../../tools/docs";
import { projectDirectory } from "../support/stackConfig";

describe("the table of what each setting changes", () => {
  it("is up to date", async () => {
    const page = fs.readFileSync(path.join(projectDirectory, effectsPage), "utf8");
    assert.equal(page, await generatedPage(effectsPage), "out of date; run: npm run docs");
  });
});
