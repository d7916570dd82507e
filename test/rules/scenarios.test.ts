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
  it("are rules", async () => {
    const { passed, output } = await checkRules(withoutTexts(definitions));
    assert.ok(passed, output);
  });

  it("do what a stranger expects who knows only the names", async () => {
    const file = path.join(__dirname, "stranger.test.yaml");
    const { passed, output } = await testFile(withoutTexts(definitionsFor()), file);
    assert.ok(passed, output);
  });

  it("each have a recipe that brings them about", () => {
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
      for (const name of new Set(scenarios.map((each) => each.name))) {
        it(name, () => assert.ok(!failed.includes(name), output));
      }
    });
  }
});
