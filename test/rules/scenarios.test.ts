import * as assert from "node:assert/strict";
import * as path from "node:path";
import { AlertRule } from "../../components/alerting/rules";
import { checkRules, testFile, testRules } from "./promtool";
import { recipes } from "./recipes";
import { allDefinitions, definitionsFor, withoutTexts } from "./rulesUnderTest";
import { suites } from "./suites";

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

  for (const { name: suite, groups, scenarios, evaluationSeconds } of suites()) {
    describe(suite, () => {
      let failed: string[] = [];
      let output = "";
      before(async () => {
        ({ failed, output } = await testRules(withoutTexts(groups), scenarios, evaluationSeconds));
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
