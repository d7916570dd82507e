/**
 * Changes the rules, one thing at a time, and shows that some scenario notices. `npm run
 * test:mutations` prints what it changed and fails when a mutant survives.
 */
import * as os from "node:os";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../components/alerting/rules";
import { testRules } from "./promtool";
import { withoutTexts } from "./rulesUnderTest";
import { Scenario } from "./scenarios";
import { Suite, suites } from "./suites";

type Rule = AlertRule | RecordingRule;

/** One change of one rule. */
interface Mutant {
  /** Where the rule stands in the last group that its scenarios need. */
  place: number;
  target: Rule;
  what: string;
  changed: Rule;
}

/** Counts and states, for which a little less is the same. */
const discrete = /^(PodCrashLooping|MemoryLimitMissing)$/;

/** A comparison with a number, and whether it stands in parentheses to keep a divisor from 0. */
const comparison = /(>=|<=|==|[<>]) (\d[\d.]*)((?: \* \d+)?)(?=(\s*\))?)/g;
const opposite: Record<string, string> = { ">": "<", ">=": "<", "<": ">", "<=": ">", "==": "!=" };

/** The same expression with one of its comparisons changed. */
function changedComparisons(rule: Rule): { what: string; expr: string }[] {
  return [...rule.expr.matchAll(comparison)].flatMap((found, index) => {
    const [text, sign = "", number = "", times = "", guard] = found;
    const replaced = (by: string) =>
      rule.expr.slice(0, found.index) + by + rule.expr.slice(found.index + text.length);
    const bound = Number(number);
    const at = `${index + 1}. bound`;
    const scaled = (value: number) => replaced(`${sign} ${value}${times}`);
    const name = "alert" in rule ? rule.alert : rule.record;
    // Nothing is a factor of nothing: where 0 is the bound, the next thing is something. A divisor
    // of 0 makes NaN, which is no more than any bound: that guard is for what is recorded.
    const lower =
      (bound === 0 && guard !== undefined) || discrete.test(name)
        ? []
        : [
            {
              what: `${at} -10 %`,
              expr: scaled(bound === 0 ? (sign === "<" ? -1e12 : -1) : bound * 0.9),
            },
          ];
    return [
      { what: `${at} +10 %`, expr: scaled(bound === 0 ? 1e12 : bound * 1.1) },
      ...lower,
      { what: `${at} turned`, expr: replaced(`${opposite[sign]} ${number}${times}`) },
    ];
  });
}

/** The windows of an objective, as in `[6h]` and `[6h:5m]`. */
function changedWindows(rule: Rule): { what: string; expr: string }[] {
  if (!("record" in rule) || !/burn_rate|remaining/.test(rule.record)) return [];
  return [2, 0.5].flatMap((factor) => {
    const expr = rule.expr.replace(/\[(\d+)([mhd])/g, (_, count: string, unit: string) => {
      const minutes = Number(count) * { m: 1, h: 60, d: 1440 }[unit as "m" | "h" | "d"];
      return `[${minutes * factor}m`;
    });
    return expr === rule.expr ? [] : [{ what: `window x ${factor}`, expr }];
  });
}

function elsewhere(rule: Rule): { what: string; expr: string }[] {
  const expr = rule.expr
    .replaceAll('namespace="ticketing"', 'namespace="other"')
    .replaceAll('namespace="monitoring"', 'namespace="other"')
    .replaceAll("serviceMonitor/ticketing/", "serviceMonitor/other/");
  return expr === rule.expr ? [] : [{ what: "another namespace", expr }];
}

function changes(rule: Rule): { what: string; changed: Rule }[] {
  const expressions = [
    ...changedComparisons(rule),
    ...changedWindows(rule),
    ...elsewhere(rule),
    ...("record" in rule
      ? [1.1, 0.9].map((factor) => ({
          what: `value x ${factor}`,
          expr: `(${rule.expr}) * ${factor}`,
        }))
      : []),
  ].map(({ what, expr }) => ({ what, changed: { ...rule, expr } }));
  if ("record" in rule) {
    return [
      ...expressions,
      { what: "another name", changed: { ...rule, record: `${rule.record}_other` } },
    ];
  }
  const { forMinutes, severity, labels } = rule;
  const other = severity === Severity.Critical ? Severity.Warning : Severity.Critical;
  return [
    ...expressions,
    { what: "for +1m", changed: { ...rule, forMinutes: forMinutes + 1 } },
    ...(forMinutes === 0
      ? []
      : [{ what: "for -1m", changed: { ...rule, forMinutes: forMinutes - 1 } }]),
    { what: "severity", changed: { ...rule, severity: other } },
    { what: "a label more", changed: { ...rule, labels: { ...labels, team: "somebody" } } },
    { what: "another name", changed: { ...rule, alert: `${rule.alert}Other` } },
  ];
}

/** The mutants of one group. */
function mutantsOf({ rules }: AlertGroup): Mutant[] {
  return rules.flatMap((target, place) =>
    changes(target).map(({ what, changed }) => ({ place, target, what, changed })),
  );
}

/**
 * All mutants of a group stand beside the rules as they are, under names of their own, so that one
 * run of promtool reads the series once and tries them all: a copy of the changed rule, of what
 * reads it, and of the other tiers of the alerts among those.
 */
function withMutants(groups: AlertGroup[], scenarios: Scenario[], mutants: Mutant[]) {
  const affected = mutants.map(({ target }) => affectedBy(groups, nameOf(target)));
  const copies = groups.map((group) => ({
    ...group,
    rules: group.rules.flatMap((rule, place) => [
      rule,
      ...mutants.flatMap((mutant, number) => {
        const names = affected[number] ?? new Set();
        if (!names.has(nameOf(rule))) return [];
        const isTarget = group === groups.at(-1) && place === mutant.place;
        const copy = isTarget ? mutant.changed : rule;
        // What a mutation has given another name is known to nobody.
        const name = renamed(nameOf(copy), names, number);
        const expr = renamed(copy.expr, names, number);
        return ["alert" in copy ? { ...copy, alert: name, expr } : { record: name, expr }];
      }),
    ]),
  }));
  const tests = scenarios.map((scenario) => ({
    ...scenario,
    alert_rule_test: affected.flatMap((names, number) =>
      scenario.alert_rule_test
        .filter(({ alertname }) => names.has(alertname))
        .map((test) => ({ ...test, alertname: renamed(test.alertname, names, number) })),
    ),
    promql_expr_test: affected.flatMap((names, number) =>
      (scenario.promql_expr_test ?? []).map((test) => ({
        ...test,
        expr: renamed(test.expr, names, number),
      })),
    ),
  }));
  return { groups: onlyRead(copies, tests), scenarios: tests };
}

function nameOf(rule: Rule): string {
  return "alert" in rule ? rule.alert : rule.record;
}

function words(text: string): string[] {
  return text.match(/[a-zA-Z_:][\w:]*/g) ?? [];
}

function renamed(text: string, names: Set<string>, number: number): string {
  return text.replace(/[a-zA-Z_:][\w:]*/g, (word) =>
    names.has(word) ? `${word}__${number}` : word,
  );
}

/** A name, and the names of all that reads what is recorded under it. */
function affectedBy(groups: AlertGroup[], name: string): Set<string> {
  const names = new Set([name]);
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    if (words(rule.expr).some((word) => names.has(word))) names.add(nameOf(rule));
  }
  return names;
}

/** Without the rules that no test comes to read: they would only take time. */
function onlyRead(groups: AlertGroup[], scenarios: Scenario[]): AlertGroup[] {
  const names = new Set(
    scenarios.flatMap(({ alert_rule_test, promql_expr_test = [] }) => [
      ...alert_rule_test.map(({ alertname }) => alertname),
      ...promql_expr_test.flatMap(({ expr }) => words(expr)),
    ]),
  );
  for (const rule of groups.flatMap(({ rules }) => rules).reverse()) {
    if (names.has(nameOf(rule))) words(rule.expr).forEach((word) => names.add(word));
  }
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => names.has(nameOf(rule))) }))
    .filter(({ rules }) => rules.length > 0);
}

/** The mutants that these scenarios do not notice. */
async function unnoticed(
  { name, groups, evaluationSeconds }: Suite,
  scenarios: Scenario[],
  mutants: Mutant[],
): Promise<Mutant[]> {
  const mutated = withMutants(groups, scenarios, mutants);
  const { passed, output } = await testRules(
    withoutTexts(mutated.groups),
    mutated.scenarios,
    evaluationSeconds,
  );
  const red = [...output.matchAll(/^ *(?:alertname|expr|rule): .*?__(\d+)\b/gm)].map(([, number]) =>
    Number(number),
  );
  if (!passed && red.length === 0) throw new Error(`promtool cannot run ${name}: ${output}`);
  return mutants.filter((_, number) => !red.includes(number));
}

async function survivorsOf(mutants: Mutant[], judges: Suite[]): Promise<Mutant[]> {
  let left = mutants;
  for (const suite of judges) {
    // Most fall in the first scenario, and are not in the way of the others then.
    for (
      let from = 0, to = 1;
      from < suite.scenarios.length && left.length > 0;
      [from, to] = [to, 3 * to]
    ) {
      left = await unnoticed(suite, suite.scenarios.slice(from, to), left);
    }
  }
  return left;
}

async function main(): Promise<void> {
  const judgesOf = new Map<string, { group: AlertGroup; judges: Suite[] }>();
  for (const suite of suites()) {
    // A suite is about the last group it needs.
    const group = suite.groups.at(-1);
    if (group === undefined) continue;
    const { judges } = judgesOf.get(group.name) ?? { judges: [] };
    judgesOf.set(group.name, { group, judges: [...judges, suite] });
  }
  // The longest first: what is left for the end is then short.
  const waiting = [...judgesOf.values()].reverse();
  let mutantsInAll = 0;
  const survivors: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { group, judges } = next;
      const { name } = group;
      const started = Date.now();
      const mutants = mutantsOf(group);
      const left = await survivorsOf(mutants, judges);
      mutantsInAll += mutants.length;
      for (const { target, what } of left) {
        const tier = "alert" in target ? ` (${target.severity})` : "";
        survivors.push(`${name}: ${nameOf(target)}${tier}: ${what}`);
      }
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${name}: ${mutants.length - left.length} of ${mutants.length} mutants red (${seconds} s)`,
      );
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  console.log(`\n${mutantsInAll - survivors.length} mutants red, ${survivors.length} survived`);
  for (const survivor of survivors) console.log(`  ${survivor}`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

void main();
