import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import recorded from "../../../policies/facts/recordedFields.json";
import { removedFields } from "../../../policies/retention/lokiRetention";
import { toolPath } from "../../../tools/paths.cjs";

describe("the fields of Loki that policies know", () => {
  let folder: string;
  before(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-fields-"))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** What Loki says of a configuration with these fields, without values. */
  function validate(section: string, fields: string[]): string {
    const file = path.join(folder, `${section}.yaml`);
    fs.writeFileSync(file, `${section}:\n${fields.map((field) => `  ${field}:\n`).join("")}`);
    const options = [`-config.file=${file}`, "-verify-config"];
    return spawnSync(toolPath("loki"), options, { encoding: "utf8" }).stderr;
  }

  for (const section of ["limits_config", "compactor"] as const) {
    it(`exist in Loki: ${section}`, () => {
      const stderr = validate(section, recorded[section].split(" "));
      assert.deepEqual(stderr.match(/field \w+ not found/g) ?? [], [], stderr);
      assert.ok(stderr !== "", "Loki did not validate the configuration");
    });
  }

  it("no longer exist in Loki, if policies report them as removed", () => {
    const known = Object.values(recorded).flatMap((fields) => fields.split(" "));
    for (const field of removedFields) {
      assert.ok(!known.includes(field), field);
      for (const section of ["limits_config", "compactor"]) {
        assert.match(validate(section, [field]), new RegExp(`field ${field} not found`), section);
      }
    }
  });
});
