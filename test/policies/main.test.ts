import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

describe("the policy pack that Pulumi runs", function () {
  this.timeout(60_000);
  let pack: string;
  const write = (days: number): void =>
    fs.writeFileSync(path.join(pack, "pack.ts"), `export const days: number = ${days};`);
  const days = (): number =>
    Number(execFileSync("node", ["-p", "require('.').days"], { cwd: pack, encoding: "utf8" }));

  beforeEach(() => {
    pack = fs.mkdtempSync(path.join(os.tmpdir(), "pack-"));
    for (const file of ["build.cjs", "main.cjs", "package.json"]) {
      fs.copyFileSync(path.join("policies", file), path.join(pack, file));
    }
    fs.symlinkSync(path.resolve("node_modules"), path.join(pack, "node_modules"));
  });
  afterEach(() => fs.rmSync(pack, { recursive: true }));

  it("is compiled from the current sources", () => {
    write(15);
    assert.equal(days(), 15);
    write(30);
    assert.equal(days(), 30);
  });

  it("is only compiled in the repository, because the npm package has no sources", () => {
    write(15);
    assert.equal(days(), 15);
    fs.rmSync(path.join(pack, "pack.ts"));
    fs.rmSync(path.join(pack, "build.cjs"));
    assert.equal(days(), 15);
  });
});
