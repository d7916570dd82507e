import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { policyDescriptions, policyDocumentation } from "../../../policies/index";

describe("docs/policies.md", () => {
  it("is up to date", () => {
    const update = `node --require tsx/cjs -e 'fs.writeFileSync("docs/policies.md", require("./policies/index").policyDocumentation())'`;
    const page = path.resolve(__dirname, "../../../docs/policies.md");
    assert.equal(
      fs.existsSync(page) ? fs.readFileSync(page, "utf8") : "",
      policyDocumentation(),
      `out of date; run: ${update}`,
    );
  });

  it("describes the reason, default, fix and exception of each policy", () => {
    const sections = policyDocumentation().split("\n### ").slice(1);
    assert.equal(sections.length, policyDescriptions().length);
    policyDescriptions().forEach(({ name, enforcementLevel, config }, index) => {
      const section = sections[index] ?? "";
      assert.ok(section.startsWith(`${name}\n`), name);
      for (const part of [
        "**Why**: ",
        `**Default**: ${enforcementLevel}`,
        "**Fix**: ",
        "**Except**: ",
      ]) {
        assert.ok(section.includes(part), `${name}: ${part}`);
      }
      for (const property of Object.keys(config)) {
        assert.ok(section.includes(`- \`${property}\` (`), `${name}: ${property}`);
      }
    });
  });
});
