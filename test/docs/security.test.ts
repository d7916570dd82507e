import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { ampChanges } from "../support/amp";
import { runProgram } from "../support/runProgram";
import { goldenFolder } from "../golden/render";
import { cellsOf, codeIn, readPage } from "./markdown";

describe("docs/security.md, Access of a deployment", () => {
  it("lists the actions for each AWS resource that the program registers, and for no other", async () => {
    const [, section = ""] = readPage("docs/security.md").split("## Access of a deployment\n");
    const listed = section
      .split("\n")
      .map((line) => codeIn(cellsOf(line)[0] ?? "")[0])
      .filter((type) => type?.startsWith("aws:"));
    const resources = JSON.parse(
      fs.readFileSync(path.join(goldenFolder("prod"), "resources.json"), "utf8"),
    ) as { type: string }[];
    // aws:s3/bucket:Bucket is shown as aws:s3:Bucket.
    const { resources: withWorkspace } = await runProgram("prod", ampChanges);
    const registered = [...resources, ...withWorkspace]
      .filter(({ type }) => type.startsWith("aws:"))
      .map(({ type }) => type.replace(/\/\w+(?=:)/, ""));
    assert.deepEqual(listed.toSorted(), [...new Set(registered)].sort());
  });
});
