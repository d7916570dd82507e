import * as assert from "node:assert/strict";
import { builtInRedactions } from "../../../components/logs/redactions";
import { capturingGroups, matchesEmptyText, re2Problem } from "../../../components/logs/re2";
import { rejectedByRe2, acceptedByRe2 } from "../../support/re2Expressions";

describe("re2Problem", () => {
  for (const expression of acceptedByRe2) {
    it(`finds nothing in ${expression}`, () => assert.equal(re2Problem(expression), undefined));
  }

  for (const [expression, problem] of Object.entries(rejectedByRe2)) {
    it(`${expression} ${problem}`, () =>
      assert.equal(re2Problem(expression), `must be a valid RE2 expression: ${problem}`));
  }

  it("accepts the built-in redactions", () => {
    for (const expression of Object.values(builtInRedactions()).flat()) {
      assert.equal(re2Problem(expression), undefined, expression);
    }
  });
});

describe("capturingGroups", () => {
  const counts: Record<string, number> = {
    "no group": 0,
    "(one)": 1,
    "(?:none)(?i)(?s:none)": 0,
    "(?P<one>a)(?<two>b)": 2,
    "\\((one)[(]\\Q(\\E": 1,
  };
  for (const [expression, count] of Object.entries(counts)) {
    it(`counts ${count} in ${expression}`, () => assert.equal(capturingGroups(expression), count));
  }
});

describe("matchesEmptyText", () => {
  it("is true for expressions that match every line", () => {
    for (const expression of ["(a*)", "()", "(?i)(x?)$", "\\A(b{0,3})\\z"]) {
      assert.ok(matchesEmptyText(expression), expression);
    }
    for (const expression of ["(a+)", "(x)|y", "(?P<name>.)"]) {
      assert.ok(!matchesEmptyText(expression), expression);
    }
  });
});
