import * as assert from "node:assert/strict";
import { policyDescriptions, policyDocumentation } from "../../../policies/index";

describe("docs/policies.md", () => {
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
