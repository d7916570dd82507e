import * as assert from "node:assert/strict";
import {
  type PackPolicy,
  effectivePolicySettings,
  policyLayer,
} from "../../../preview/pack/policyConfig";

const policies: PackPolicy[] = [
  {
    name: "retention",
    level: "mandatory",
    properties: { maxDays: { type: "integer", default: 90 } as object, minDays: { default: 7 } },
  },
  { name: "grouping", level: "advisory", properties: {} },
];

function effective(...files: Record<string, unknown>[]) {
  return effectivePolicySettings(
    policies,
    files.map((file) => policyLayer(file, policies).layer),
  );
}

describe("the configuration of policies", () => {
  it("has the defaults of the policies without a file", () => {
    assert.deepEqual(effective({}), {
      retention: { level: "mandatory", properties: { maxDays: 90, minDays: 7 } },
      grouping: { level: "advisory", properties: {} },
    });
  });

  it("accepts a level for all policies, a level by name and single properties", () => {
    const settings = effective({
      all: "disabled",
      retention: { maxDays: 14 },
      grouping: "mandatory",
    });
    assert.deepEqual(settings["retention"], {
      level: "disabled",
      properties: { maxDays: 14, minDays: 7 },
    });
    assert.equal(settings["grouping"]?.level, "mandatory");
  });

  it("prefers `all` of a later layer to a policy of an earlier layer, as the engine does", () => {
    const settings = effective({ retention: "remediate" }, { all: "advisory" });
    assert.equal(settings["retention"]?.level, "advisory");
  });

  const wrong: [file: Record<string, unknown>, problem: RegExp][] = [
    [{ retentoin: "mandatory" }, /retentoin is not a policy.*\n.*rename retentoin to retention/],
    [{ retention: "strict" }, /retention must be one of advisory, mandatory, remediate, disabled/],
    [{ retention: { maxDay: 1 } }, /retention\.maxDay is not a property/],
    [{ retention: { maxDays: "1" } }, /retention\.maxDays must be a number/],
    [{ all: { enforcementLevel: "mandatory" } }, /all must be one of/],
  ];
  for (const [file, problem] of wrong) {
    it(`rejects ${JSON.stringify(file)}`, () => {
      assert.match(policyLayer(file, policies).problems.join("\n"), problem);
    });
  }

  it("accepts only the properties that the pack describes", () => {
    const { problems } = policyLayer({ retention: { excludeFor: ["a"] } }, policies);
    assert.match(problems[0] ?? "", /^retention\.excludeFor is not a property/);
  });

  it("reports all problems at once", () => {
    assert.equal(policyLayer({ a: "mandatory", retention: "b" }, policies).problems.length, 2);
  });
});
