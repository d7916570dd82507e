import * as assert from "node:assert/strict";
import { ThresholdAlertName, ruleThresholds } from "../../components/alerting/ruleThresholds";
import { testRules } from "./promtool";
import { Recipe, Subject, recipes } from "./recipes";
import { definitionsFor, groupsNamed, platformDefinitions, withoutTexts } from "./rulesUnderTest";
import { expectedAlerts, firesAtMinute, healthy, unhealthy } from "./scenarios";
import { Level, Series } from "./series";
import { stormGroups, targetsDown } from "./storms";

/** A threshold at which the outcome at a level is the opposite of the outcome at the default. */
const cases: [alert: ThresholdAlertName, level: Level, threshold: number][] = [
  ["MostRequestsFailing", "above", 60],
  ["MostRequestsFailing", "below", 40],
  ["OOMKilled", "above", 4],
  ["PrometheusRuleFailures", "above", 2],
  ["PrometheusCompactionsFailing", "above", 2],
  ["NotificationsFailing", "above", 2],
  ["ScrapesFailing", "above", 5],
  ["SamplesNearLimit", "above", 90],
  ["SamplesNearLimit", "below", 70],
  ["VolumeNearlyFull", "above", 97],
  ["VolumeNearlyFull", "below", 90],
  ["LokiRequestErrors", "above", 12],
  ["LokiRequestErrors", "below", 8],
  ["LogLinesDropped", "above", 0.2],
  ["LogLinesDropped", "below", 0.05],
  ["LokiPanics", "above", 2],
  ["LokiCompactionNotRunning", "above", 6],
];

function recipeOf(alert: string): Recipe {
  const recipe = recipes.find((candidate) => candidate.alert === alert);
  assert.ok(recipe !== undefined, alert);
  return recipe;
}

/** Checks that the alert fires for these subjects, and for no other, when its `for` has passed. */
async function expectSubjects(
  recipe: Recipe,
  groups: ReturnType<typeof definitionsFor>,
  series: Series[],
  subjects: Subject[],
): Promise<void> {
  const minute = firesAtMinute(recipe);
  const { passed, output } = await testRules(withoutTexts(groupsNamed(groups, recipe.groups)), [
    {
      name: recipe.alert,
      interval: "30s",
      input_series: series,
      alert_rule_test: [
        {
          eval_time: `${minute * 60}s`,
          alertname: recipe.alert,
          exp_alerts: expectedAlerts(recipe, subjects, minute),
        },
      ],
    },
  ]);
  assert.ok(passed, output);
}

describe("thresholds by the name of an alert, in promtool", () => {
  it("have a case for each alert whose threshold can be set", () => {
    const tested = [...cases.map(([alert]) => alert), "MostServicesFailing"];
    assert.deepEqual([...new Set(tested)].sort(), Object.keys(ruleThresholds).sort());
  });

  for (const [alert, level, threshold] of cases) {
    const firesThen = level === "below";
    it(`${alert} ${firesThen ? "fires" : "does not fire"} at ${threshold}, unlike at its default`, async () => {
      const recipe = recipeOf(alert);
      const series = recipe.series(unhealthy, {
        minutes: firesAtMinute(recipe),
        levelAt: () => level,
      });
      for (const [rules, fires] of [
        [{}, !firesThen],
        [{ [alert]: { threshold } }, firesThen],
      ] as const) {
        const groups = recipe.groups.some((name) => ["services", "pods"].includes(name))
          ? definitionsFor({ alerts: { rules } })
          : platformDefinitions(rules);
        await expectSubjects(recipe, groups, series, fires ? [unhealthy] : []);
      }
    });
  }

  it("MostServicesFailing counts to the threshold", async () => {
    for (const [down, threshold, fires] of [
      [6, undefined, true],
      [6, 70, false],
      [5, undefined, false],
      [5, 40, true],
      // At least five, even if they are more than the threshold.
      [4, 30, false],
      [5, 30, true],
    ] as const) {
      const rules = threshold === undefined ? {} : { MostServicesFailing: { threshold } };
      const { passed, output } = await testRules(
        withoutTexts(stormGroups({ rules })),
        [
          {
            name: "MostServicesFailing",
            interval: "30s",
            input_series: targetsDown(down),
            alert_rule_test: [
              {
                eval_time: "15m",
                alertname: "MostServicesFailing",
                exp_alerts: fires
                  ? [{ exp_labels: { severity: "critical", namespace: "ticketing" } }]
                  : [],
              },
            ],
          },
        ],
        30,
      );
      assert.ok(passed, `${down} down at ${threshold}: ${output}`);
    }
  });

  for (const [alert, threshold] of [
    ["MostRequestsFailing", 60],
    ["OOMKilled", 4],
  ] as const) {
    it(`${alert} of one service keeps the threshold of its neighbors`, async () => {
      const recipe = recipeOf(alert);
      const timeline = { minutes: firesAtMinute(recipe), levelAt: () => "above" as const };
      const services = [
        { name: unhealthy.service, alerts: { rules: { [alert]: { threshold } } } },
        { name: healthy.service },
      ];
      const rules = definitionsFor({ services });
      const configured = groupsNamed(rules, ["configured", "ownership"]);
      await expectSubjects(
        { ...recipe, groups: [...recipe.groups, "configured", "ownership"] },
        [...configured, ...groupsNamed(rules, recipe.groups)],
        [unhealthy, healthy].flatMap((subject) => recipe.series(subject, timeline)),
        [healthy],
      );
    });
  }
});
