import * as assert from "node:assert/strict";
import { countGroups, highestGroup } from "../../../policies/shared/groups";

describe("groups of a regular expression", () => {
  it("are counted, other than those without a number", () => {
    assert.equal(countGroups("([^:]+):(.*)"), 2);
    assert.equal(countGroups("(?:a|b)[(]\\(c"), 0);
    assert.equal(countGroups("(?P<name>a)(?<other>b)"), 2);
  });

  it("are named by a replacement", () => {
    assert.equal(highestGroup("$1-${3}"), 3);
    assert.equal(highestGroup("shop $name"), 0);
  });
});
