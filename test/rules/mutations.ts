/**
 * Mutates the definition of every alert and shows that some scenario notices. `npm run
 * test:mutations` prints a table and fails when a mutant survives.
 */
import { AlertGroup, AlertRule, Severity } from "../../components/alerting/rules";
import { testRules } from "./promtool";
import { recipes } from "./recipes";
import { allDefinitions, groupsNamed, withoutTexts } from "./rulesUnderTest";
import { scenariosOf } from "./scenarios";

/** Counts and states, for which a little more or less is the same. */
const discrete = new Set(["PodCrashLooping", "MemoryLimitMissing"]);

interface Mutation {
  what: string;
  change: (rule: AlertRule) => AlertRule | undefined;
}

/** The comparison that an alert is about: the first one with a number that is more than a guard. */
const comparison = /(>=|==|[<>]) (\d[\d.]*(?: \* \d+)?)(?![\d.]|\s*\))/;
/** Both pairs of windows at once: each alone is enough for the alert. */
const burnRates = /(?<=ratio_rate\w+\{[^}]*\} )(>) ([\d.]+)/g;
const lastComparison = /(>=|==|[<>]) (\d[\d.]*)(?!.*(>=|==|[<>]) \d)/s;

function atComparison(expr: string, change: (operator: string, number: string) => string) {
  const pattern = expr.includes("burn_rate")
    ? burnRates
    : comparison.test(expr)
      ? comparison
      : lastComparison;
  const changed = expr.replace(pattern, (_, operator: string, number: string) =>
    change(operator, number),
  );
  return changed === expr ? undefined : changed;
}

const onExpression =
  (change: (operator: string, number: string) => string) =>
  (rule: AlertRule): AlertRule | undefined => {
    const expr = atComparison(rule.expr, change);
    return expr === undefined ? undefined : { ...rule, expr };
  };

const scaled = (factor: number) =>
  onExpression((operator, number) => {
    const [first = "", ...rest] = number.split(" ");
    const value = Number(first);
    // Nothing is a factor of nothing: where 0 is the bound, the next thing is something.
    const mutated = value === 0 ? (factor > 1 ? 1e6 : -1) : value * factor;
    return [operator, mutated, ...rest].join(" ");
  });

const opposite: Record<string, string> = { ">": "<", ">=": "<", "<": ">", "==": "!=" };

const mutations: Mutation[] = [
  { what: "threshold +10 %", change: scaled(1.1) },
  { what: "threshold -10 %", change: scaled(0.9) },
  {
    what: "comparison turned",
    change: onExpression((sign, number) => `${opposite[sign]} ${number}`),
  },
  { what: "for +1m", change: (rule) => ({ ...rule, forMinutes: rule.forMinutes + 1 }) },
  {
    what: "for -1m",
    change: (rule) =>
      rule.forMinutes === 0 ? undefined : { ...rule, forMinutes: rule.forMinutes - 1 },
  },
  {
    what: "severity",
    change: (rule) => ({
      ...rule,
      severity: rule.severity === Severity.Critical ? Severity.Warning : Severity.Critical,
    }),
  },
  {
    what: "a label more",
    change: (rule) => ({ ...rule, labels: { ...rule.labels, team: "somebody" } }),
  },
  { what: "another name", change: (rule) => ({ ...rule, alert: `${rule.alert}s` }) },
  { what: "another namespace", change: (rule) => elsewhere(rule) },
];

function elsewhere(rule: AlertRule): AlertRule | undefined {
  const expr = rule.expr
    .replaceAll('namespace="ticketing"', 'namespace="other"')
    .replaceAll('namespace="monitoring"', 'namespace="other"')
    .replaceAll("serviceMonitor/ticketing/", "serviceMonitor/other/");
  return expr === rule.expr ? undefined : { ...rule, expr };
}

function mutated(groups: AlertGroup[], target: AlertRule, mutant: AlertRule): AlertGroup[] {
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (rule === target ? mutant : rule)),
  }));
}

async function main(): Promise<void> {
  const definitions = allDefinitions();
  const alerts = definitions
    .flatMap(({ rules }) => rules)
    .filter((rule): rule is AlertRule => "alert" in rule);
  let killed = 0;
  const survivors: string[] = [];
  const header = ["alert".padEnd(40), ...mutations.map(({ what }) => what)].join(" | ");
  console.log(header);
  for (const alert of alerts) {
    const mine = recipes.filter((recipe) => recipe.alert === alert.alert);
    const ends = [...new Set(mine.flatMap(({ groups }) => groups))];
    const scenarios = mine.flatMap(scenariosOf);
    const cells: string[] = [];
    for (const { what, change } of mutations) {
      const same = discrete.has(alert.alert) && what === "threshold -10 %";
      const mutant = same ? undefined : change(alert);
      let cell = "-";
      if (mutant !== undefined) {
        const groups = groupsNamed(mutated(definitions, alert, mutant), ends);
        const outcome = await testRules(withoutTexts(groups), scenarios);
        cell = outcome.passed ? "SURVIVED" : "red";
        if (outcome.passed) survivors.push(`${alert.alert} ${alert.severity}: ${what}`);
        else killed += 1;
      }
      cells.push(cell.padEnd(what.length));
    }
    console.log([`${alert.alert} (${alert.severity})`.padEnd(40), ...cells].join(" | "));
  }
  console.log(`\n${killed} mutants red, ${survivors.length} survived`);
  for (const survivor of survivors) console.log(`  ${survivor}`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

void main();
