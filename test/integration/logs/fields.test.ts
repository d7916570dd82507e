import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import recorded from "../../../policies/facts/recordedFields.json";
import { toolPath } from "../../../tools/paths.cjs";

describe("the fields of Loki that policies know", () => {
  let folder: string;
  before(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-fields-"))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const section of ["limits_config", "compactor"] as const) {
    it(`exist in Loki: ${section}`, () => {
      const file = path.join(folder, `${section}.yaml`);
      const fields = recorded[section].split(" ").map((field) => `  ${field}:\n`);
      fs.writeFileSync(file, `${section}:\n${fields.join("")}`);
      const { stderr } = spawnSync(toolPath("loki"), [`-config.file=${file}`, "-verify-config"], {
        encoding: "utf8",
      });
      assert.deepEqual(stderr.match(/field \w+ not found/g) ?? [], [], stderr);
      assert.ok(stderr !== "", "Loki validates a configuration without a schema");
    });
  }
});
