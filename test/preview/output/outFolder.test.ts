import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { checkOutFolder, writeOutFolder } from "../../../preview/output/outFolder";
import { filesBelow } from "../../support/filesBelow";

describe("the folder of --out", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "preview-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const write = (name: string): void => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), "");
  };
  const files = (): string[] => filesBelow(folder);

  it("replaces the files of an earlier preview and keeps all others", () => {
    const before = ["resources.json", "policy.json", "manifests/old.yaml", "values/old.yaml"];
    const others = ["notes.txt", "manifests/notes.txt", "manifests/deep/kept.yaml", "other/a.yaml"];
    [...before, ...others].forEach(write);
    writeOutFolder(
      folder,
      new Map([
        ["resources.json", "[]"],
        ["rules/new.yaml", "groups: []"],
      ]),
    );
    assert.deepEqual(files(), ["resources.json", "rules/new.yaml", ...others].sort());
    assert.equal(fs.existsSync(path.join(folder, "values")), false);
  });

  it("is rejected if it contains folders that no preview wrote", () => {
    write("dashboards/mine.json");
    assert.throws(() => checkOutFolder(folder), /contains dashboards, which no preview wrote/);
  });

  it("is accepted if it is new, contains other files, or was written by a preview", () => {
    checkOutFolder(path.join(folder, "new"));
    write("notes.txt");
    checkOutFolder(folder);
    write("resources.json");
    write("dashboards/a.json");
    checkOutFolder(folder);
  });
});
