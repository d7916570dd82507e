import * as assert from "node:assert/strict";
import * as path from "node:path";
import { AlertRule } from "../../components/alerting/rules";
import { Outcome, checkRules, testFile, testRules } from "./promtool";
import { recipes } from "./recipes";
import { allDefinitions, definitionsFor, withoutTexts } from "./rulesUnderTest";
import { Suite, suites } from "./suites";

const definitions = allDefinitions();
const alerts = definitions
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is AlertRule => "alert" in rule);

describe("the rules, in promtool", () => {
  it("are valid", async () => {
    const { passed, output } = await checkRules(withoutTexts(definitions));
    assert.ok(passed, output);
  });

  it("fire as their documented names, severities and durations promise", async () => {
    const file = path.join(__dirname, "documented.test.yaml");
    const { passed, output } = await testFile(withoutTexts(definitionsFor()), file);
    assert.ok(passed, output);
  });

  it("each have a recipe that makes them fire", () => {
    const keys = (list: { alert: string; severity: string }[]) =>
      [...new Set(list.map(({ alert, severity }) => `${alert} ${severity}`))].sort();
    assert.deepEqual(keys(recipes), keys(alerts));
  });

  const all = suites();
  const outcomes = new Map<Suite, Promise<Outcome>>();
  /** Starts the tests of a suite, unless they have been started. */
  const outcomeOf = (suite: Suite): Promise<Outcome> => {
    const { groups, scenarios, evaluationSeconds } = suite;
    const outcome =
      outcomes.get(suite) ?? testRules(withoutTexts(groups), scenarios, evaluationSeconds);
    outcomes.set(suite, outcome);
    return outcome;
  };

  for (const [index, suite] of all.entries()) {
    const { name: suiteName, scenarios } = suite;
    describe(suiteName, () => {
      let failed: string[] = [];
      let output = "";
      before(async () => {
        const outcome = outcomeOf(suite);
        // promtool is single-threaded, so start the next suite in parallel.
        const next = all[index + 1];
        if (next !== undefined) void outcomeOf(next);
        ({ failed, output } = await outcome);
      });

      it("runs every scenario", () => {
        assert.ok(output.includes("SUCCESS") || failed.length > 0, output);
      });
      for (const name of new Set(scenarios.map(({ name }) => name))) {
        it(name, () => assert.ok(!failed.includes(name), output));
      }
    });
  }
});
