import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { logGroupRetention } from "../../../policies/retention/logGroupRetention";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, remedied } from "../platformSubjects";
import { judge, problems, resource } from "../subjects";

const group = (retentionInDays: unknown) =>
  resource("aws:cloudwatch/logGroup:LogGroup", "cluster", { retentionInDays });

describe("policy log-group-retention", () => {
  for (const days of [14, 30, 365, "90"]) {
    it(`accepts ${JSON.stringify(days)}`, () =>
      assert.deepEqual(problems(logGroupRetention, group(days)), []));
  }
  for (const [days, problem] of [
    [7, /shorter than 14/],
    [400, /longer than 365/],
    [31, /does not support this retention/],
    [0, /retains log events forever/],
    [undefined, /is not set/],
    [null, /is not set/],
    ["", /is not set/],
  ] as const) {
    it(`refuses ${JSON.stringify(days)}`, () =>
      assert.match(problems(logGroupRetention, group(days))[0] ?? "", problem));
  }

  it("is configured by minDays and maxDays", () => {
    assert.deepEqual(problems(logGroupRetention, group(7), { minDays: 7 }), []);
    assert.equal(problems(logGroupRetention, group(365), { maxDays: 90 }).length, 1);
    const { min, max } = limits.logGroupRetentionDays;
    assert.equal(logGroupRetention.config["minDays"]?.default, min);
    assert.equal(logGroupRetention.config["maxDays"]?.default, max);
  });

  it("reports an unknown retention instead of a violation", () => {
    assert.deepEqual(judge(logGroupRetention, group(UNKNOWN)), {
      violations: [],
      unknown: { path: ["retentionInDays"] },
    });
  });

  it("names the problem, the place, the value, the bounds and the fix", () => {
    const [violation] = judge(logGroupRetention, group(31)).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "CloudWatch does not support this retention",
        '  where: LogGroup "cluster", retentionInDays',
        "  found: 31",
        "  bound: 14 to 365 days, and a number that CloudWatch supports",
        "  fix:   set retentionInDays: 60",
      ].join("\n"),
    );
    assertSilent(logGroupRetention, group);
  });

  it("remediates to the next supported number of days within the bounds", () => {
    assert.equal(remedied(logGroupRetention, group(1))?.["retentionInDays"], 14);
    assert.equal(remedied(logGroupRetention, group(31))?.["retentionInDays"], 60);
    assert.equal(remedied(logGroupRetention, group(3653))?.["retentionInDays"], 365);
    assert.equal(remedied(logGroupRetention, group(undefined))?.["retentionInDays"], 30);
    assert.equal(remedied(logGroupRetention, group(30)), undefined);
    assert.equal(remedied(logGroupRetention, group(UNKNOWN)), undefined);
    const narrow = { minDays: 61, maxDays: 89 };
    assert.equal(remedied(logGroupRetention, group(7), narrow), undefined);
  });
});
