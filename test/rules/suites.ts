import { AlertGroup } from "../../components/alerting/rules";
import { BudgetKind, lowTrafficBudgetScenarios, pairScenarios, remainingScenario } from "./budgets";
import { burnRateScenarios, conditionScenarios, recentScenarios } from "./budgetConditions";
import { crashLoopRecordScenario, crashLoopScenarios, podServiceScenarios } from "./crashLoops";
import { errorScenarios } from "./errors";
import { burstScenarios } from "./bursts";
import { recipes } from "./recipes";
import {
  allDefinitions,
  definitionsFor,
  existingDefinitions,
  groupsNamed,
  jobDefinitions,
  probeDefinitions,
} from "./rulesUnderTest";
import { Scenario, scenariosOf } from "./scenarios";
import { boundaryScenarios, bucketScenarios, latencyScenarios } from "./latency";
import { jobScenarios } from "./jobs";
import { probeScenarios } from "./probes";
import { nativeDefinitions, nativeScenarios } from "./native";
import { noTrafficScenarios } from "./noTraffic";
import { usualStopScenarios } from "./usualStops";
import { serviceDownScenarios } from "./serviceDown";
import { stormGroups, stormScenarios } from "./storms";
import { gapScenarios } from "./gaps";
import { healthScenarios } from "./health";
import {
  existingScenarios,
  lokiScenarios,
  notificationScenarios,
  scrapeScenarios,
  targetScenarios,
  volumeScenarios,
} from "./platform";
import { workloadScenarios } from "./workloads";

/** Rule groups and the scenarios that test them. */
export interface Suite {
  name: string;
  groups: AlertGroup[];
  scenarios: Scenario[];
  /** Seconds between two evaluations of the rules. */
  evaluationSeconds: number;
}

const budgetKinds: BudgetKind[] = ["availability", "latency"];

/** All scenarios, by the rule groups that they need. */
export function suites(): Suite[] {
  return [
    // They are fast, and leave few mutants to the slow suites.
    ...budgetKinds.flatMap(conditionSuites),
    ...familySuites(),
    {
      name: "no traffic",
      groups: groupsNamed(allDefinitions(), ["configured", "services"]),
      scenarios: noTrafficScenarios,
      evaluationSeconds: 60,
    },
    {
      name: "usual stops of traffic",
      // Their input is the recorded rate of requests.
      groups: groupsNamed(allDefinitions(), ["stops", "services"])
        .map((group) => ({
          ...group,
          rules: group.rules.filter((rule) =>
            "alert" in rule
              ? rule.alert === "NoTraffic"
              : /requests_(stop|before)/.test(rule.record),
          ),
        }))
        .reverse(),
      scenarios: usualStopScenarios,
      evaluationSeconds: 240,
    },
    {
      name: "errors",
      groups: groupsNamed(allDefinitions(), ["evidence", "services"]),
      scenarios: errorScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "errors over 30 minutes",
      groups: groupsNamed(allDefinitions(), ["evidence", "services"]).reverse(),
      scenarios: errorScenarios.filter(({ name }) =>
        /minimum rate|30 minutes|longer|too few/.test(name),
      ),
      evaluationSeconds: 30,
    },
    {
      name: "latency",
      groups: groupsNamed(allDefinitions(), ["buckets", "services"]),
      scenarios: latencyScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "boundaries of buckets",
      groups: groupsNamed(allDefinitions(), ["buckets"]),
      scenarios: boundaryScenarios,
      evaluationSeconds: 30,
    },
    ...["services", "dependencies"].map((group) => ({
      name: `buckets, ${group}`,
      groups: groupsNamed(allDefinitions(), ["buckets", group]),
      scenarios: bucketScenarios.filter(
        ({ name }) => name.startsWith("HighLatencyP99") === (group === "services"),
      ),
      evaluationSeconds: 30,
    })),
    {
      name: "native histograms",
      groups: nativeDefinitions(),
      scenarios: nativeScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "crash loops",
      groups: groupsNamed(allDefinitions(), ["pods"]),
      scenarios: [...crashLoopScenarios, crashLoopRecordScenario],
      evaluationSeconds: 30,
    },
    {
      name: "crash loops of services",
      groups: groupsNamed(allDefinitions(), ["configured", "ownership", "pods", "absence"]),
      scenarios: podServiceScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "bursts",
      groups: groupsNamed(allDefinitions(), ["dependencies"]),
      scenarios: burstScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "an existing Prometheus",
      groups: groupsNamed(existingDefinitions(), ["targets"]),
      scenarios: existingScenarios,
      evaluationSeconds: 30,
    },
    ...(
      [
        ["volumes", volumeScenarios],
        ["targets", targetScenarios],
        ["scrapes", scrapeScenarios],
        ["loki", lokiScenarios],
        ["health", healthScenarios],
        ["prometheus", notificationScenarios],
      ] as const
    ).map(([group, scenarios]) => ({
      name: `the platform, ${group}`,
      groups: groupsNamed(allDefinitions(), [group]).filter(({ name }) =>
        name.startsWith("monitoring."),
      ),
      scenarios,
      evaluationSeconds: 30,
    })),
    {
      name: "gaps",
      groups: groupsNamed(allDefinitions(), ["pods"]).filter(({ name }) =>
        name.startsWith("ticketing."),
      ),
      scenarios: gapScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "workloads",
      groups: groupsNamed(allDefinitions(), ["ownership"]),
      scenarios: workloadScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "service down",
      groups: groupsNamed(allDefinitions(), ["configured", "absence"]),
      scenarios: serviceDownScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "scheduled jobs",
      groups: jobDefinitions(),
      scenarios: jobScenarios,
      evaluationSeconds: 60,
    },
    {
      name: "probes",
      groups: probeDefinitions(),
      scenarios: probeScenarios,
      evaluationSeconds: 30,
    },
    {
      name: "storms",
      groups: stormGroups(),
      scenarios: stormScenarios,
      evaluationSeconds: 5,
    },
    ...budgetKinds.flatMap(budgetSuites),
    {
      name: "error budgets with few requests",
      groups: groupsNamed(allDefinitions(), ["services", "slo.availability"]),
      scenarios: lowTrafficBudgetScenarios,
      evaluationSeconds: 60,
    },
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

/** Suites with recorded series as their input. */
function conditionSuites(kind: BudgetKind): Suite[] {
  const groups = groupsNamed(allDefinitions(), [`slo.${kind}`]);
  const only = (part: "alert" | "record") =>
    groups.map((group) => ({ ...group, rules: group.rules.filter((rule) => part in rule) }));
  return [
    {
      name: `conditions of budgets, ${kind}`,
      groups: only("alert"),
      scenarios: conditionScenarios(kind),
      evaluationSeconds: 60,
    },
    {
      name: `burn rate of the last minutes, ${kind}`,
      groups: only("record"),
      scenarios: recentScenarios(kind),
      evaluationSeconds: 60,
    },
    {
      name: `burn rates, ${kind}`,
      groups: only("record"),
      scenarios: burnRateScenarios(kind),
      evaluationSeconds: 300,
    },
  ];
}

function budgetSuites(kind: BudgetKind): Suite[] {
  const needed = ["services", `slo.${kind}`];
  return [
    {
      name: `burn rate windows, ${kind}`,
      groups: groupsNamed(allDefinitions(), needed),
      scenarios: pairScenarios(kind),
      // The longest interval that fits into the shortest window, because scenarios last for days.
      evaluationSeconds: 300,
    },
    {
      name: `remaining budget, ${kind}`,
      // Burn rates do not affect the remaining budget, and take long to evaluate over a month.
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
