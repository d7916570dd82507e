import { AlertGroup } from "../../components/alerting/rules";
import { BudgetKind, pairScenarios, remainingScenario } from "./budgets";
import { recipes } from "./recipes";
import { allDefinitions, definitionsFor, groupsNamed } from "./rulesUnderTest";
import { Scenario, scenariosOf } from "./scenarios";
import { silenceScenarios } from "./silence";

/** Rules and the scenarios that they must hold in. */
export interface Suite {
  name: string;
  groups: AlertGroup[];
  scenarios: Scenario[];
  /** Seconds between two evaluations. */
  evaluationSeconds: number;
}

const budgetKinds: BudgetKind[] = ["availability", "latency"];

/** All scenarios of all alerts, by the groups that they need. */
export function suites(): Suite[] {
  return [
    ...familySuites(),
    {
      name: "silence",
      groups: groupsNamed(allDefinitions(), ["services"]),
      scenarios: silenceScenarios,
      evaluationSeconds: 60,
    },
    ...budgetKinds.flatMap(budgetSuites),
  ];
}

function familySuites(): Suite[] {
  const families = new Map(recipes.map(({ groups }) => [groups.join(", "), groups]));
  return [...families].map(([name, groups]) => ({
    name,
    groups: groupsNamed(allDefinitions(), groups),
    scenarios: recipes
      .filter((recipe) => recipe.groups.join(", ") === name)
      .flatMap((recipe) => scenariosOf(recipe)),
    evaluationSeconds: 30,
  }));
}

function budgetSuites(kind: BudgetKind): Suite[] {
  const needed = ["services", `slo.${kind}`];
  return [
    {
      name: `pairs of windows, ${kind}`,
      groups: groupsNamed(allDefinitions(), needed),
      scenarios: pairScenarios(kind),
      // Days have to pass quickly, and no window is shorter.
      evaluationSeconds: 300,
    },
    {
      name: `what is left of the budget, ${kind}`,
      // How fast it burns has nothing to do with it, and takes long over a month.
      groups: groupsNamed(definitionsFor({ retentionDays: 30 }), [
        ...needed,
        `slo.${kind}.period`,
      ]).map((group) => ({
        ...group,
        rules: group.rules.filter((rule) => "record" in rule && !rule.record.includes("burn_rate")),
      })),
      scenarios: [remainingScenario(kind)],
      evaluationSeconds: 3600,
    },
  ];
}
