import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { bundlePack } from "../../../preview/pack/packBundle";

describe("the bundle of the policy pack", () => {
  let folder: string;
  const bundle = (): string => fs.readFileSync(path.join(folder, "bin", "index.js"), "utf8");
  const source = (name: string, text: string, ageSeconds: number): void => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    const time = Date.now() / 1000 - ageSeconds;
    fs.utimesSync(file, time, time);
  };
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "pack-"));
    source("pack.ts", 'import { days } from "./limit"; console.log("days", days);', 60);
    source("limit.ts", "export const days: number = 15;", 60);
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("is made when there is none", () => {
    bundlePack(folder);
    assert.match(bundle(), /days = 15/);
    assert.deepEqual(fs.readdirSync(path.join(folder, "bin")), ["index.js", "index.js.map"]);
  });

  it("stays while no source is newer", () => {
    bundlePack(folder);
    source("limit.ts", "export const days: number = 30;", 30);
    bundlePack(folder);
    assert.match(bundle(), /days = 15/);
  });

  it("is made anew when any of its sources is newer", () => {
    bundlePack(folder);
    source("limit.ts", "export const days: number = 30;", -30);
    bundlePack(folder);
    assert.match(bundle(), /days = 30/);
  });

  it("is not needed for a pack in JavaScript", () => {
    fs.rmSync(path.join(folder, "pack.ts"));
    bundlePack(folder);
    assert.equal(fs.existsSync(path.join(folder, "bin")), false);
  });

  it("names the file and the line of a mistake", () => {
    source("limit.ts", "export const days: number = ;", 60);
    assert.throws(() => bundlePack(folder), /limit\.ts:1:28/);
  });
});
