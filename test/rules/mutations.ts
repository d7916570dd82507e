/**
 * Mutation testing of the rules: applies one change at a time and checks that some scenario fails.
 * `npm run test:mutations` prints a summary and fails if a mutant survives; with names of rule groups
 * without their namespace, such as `-- storms evidence`, it tests these groups only. A group whose
 * rules and scenarios have not changed since its mutants were killed is not tested again.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../components/alerting/rules";
import { cacheFolder, toolPath } from "../../tools/paths.cjs";
import { testRules } from "./promtool";
import { groupsNamed, withoutTexts } from "./rulesUnderTest";
import { Scenario } from "./scenarios";
import { Suite, suites } from "./suites";

type Rule = AlertRule | RecordingRule;

interface ExpressionChange {
  change: string;
  expr: string;
}

/** One change of one rule. */
interface Mutant {
  original: Rule;
  change: string;
  mutated: Rule;
}

/** Alerts on counts and states, whose bounds change by 1, because 10% of them may change nothing. */
const discrete =
  /^(PodCrashLooping|namespace_pod:crash_loop:info|MonitoringPodFailing|OOMKilled|MemoryLimitMissing|MostServicesFailing|NotificationsFailing|ScrapesFailing|PrometheusRuleFailures|PrometheusCompactionsFailing|LokiPanics)$/;

/** A comparison with a number, and whether it guards a divisor, in parentheses, against 0. */
const comparison = /(>=|<=|==|[<>]) (\d[\d.]*)((?: \* \d+)?)(?=(\s*\))?)/g;
const opposite: Record<string, string> = { ">": "<", ">=": "<", "<": ">", "<=": ">", "==": "!=" };

/** The expression with one of its comparisons changed. */
function comparisonChanges(rule: Rule): ExpressionChange[] {
  return [...rule.expr.matchAll(comparison)].flatMap((match, index) => {
    const [text, sign = "", number = "", times = "", guard] = match;
    const replaced = (replacement: string) =>
      rule.expr.slice(0, match.index) + replacement + rule.expr.slice(match.index + text.length);
    const bound = Number(number);
    const position = `bound ${index + 1}`;
    const bounded = (value: number) => replaced(`${sign} ${value}${times}`);
    const name = "alert" in rule ? rule.alert : rule.record;
    const [change, step] = discrete.test(name) ? ["1", 1] : ["10%", bound * 0.1];
    // A bound of 0 cannot be scaled; a huge or a negative number replaces it. Lowering the guard of a
    // divisor changes nothing in alerts, because a comparison with NaN is never true.
    const higher = bound === 0 ? 1e12 : bound + step;
    const lower = bound === 0 ? (sign === "<" ? -1e12 : -1) : bound - step;
    return [
      { change: `${position} +${change}`, expr: bounded(higher) },
      ...(bound === 0 && guard !== undefined
        ? []
        : [{ change: `${position} -${change}`, expr: bounded(lower) }]),
      { change: `${position} inverted`, expr: replaced(`${opposite[sign]} ${number}${times}`) },
    ];
  });
}

/** Changes the windows of an objective, as in `[6h]` and `[6h:5m]`. */
function windowChanges(rule: Rule): ExpressionChange[] {
  if (!("record" in rule) || !/burn_rate|remaining/.test(rule.record)) return [];
  return [2, 0.5].flatMap((factor) => {
    const expr = rule.expr.replace(/\[(\d+)([mhd])/g, (_, count: string, unit: string) => {
      const minutes = Number(count) * { m: 1, h: 60, d: 1440 }[unit as "m" | "h" | "d"];
      return `[${minutes * factor}m`;
    });
    return expr === rule.expr ? [] : [{ change: `window x ${factor}`, expr }];
  });
}

function namespaceChanges(rule: Rule): ExpressionChange[] {
  const expr = rule.expr
    .replaceAll('namespace="ticketing"', 'namespace="other"')
    .replaceAll('namespace="monitoring"', 'namespace="other"')
    .replaceAll("serviceMonitor/ticketing/", "serviceMonitor/other/");
  return expr === rule.expr ? [] : [{ change: "another namespace", expr }];
}

function changesOf(rule: Rule): { change: string; mutated: Rule }[] {
  const expressions = [
    ...comparisonChanges(rule),
    ...windowChanges(rule),
    ...namespaceChanges(rule),
    ...("record" in rule
      ? [1.1, 0.9].map((factor) => ({
          change: `value x ${factor}`,
          expr: `(${rule.expr}) * ${factor}`,
        }))
      : []),
  ].map(({ change, expr }) => ({ change, mutated: { ...rule, expr } }));
  if ("record" in rule) {
    return [
      ...expressions,
      { change: "another name", mutated: { ...rule, record: `${rule.record}_other` } },
    ];
  }
  const { expr, forMinutes, severity } = rule;
  const other = severity === Severity.Critical ? Severity.Warning : Severity.Critical;
  return [
    ...expressions,
    { change: "for +1m", mutated: { ...rule, forMinutes: forMinutes + 1 } },
    ...(forMinutes === 0
      ? []
      : [{ change: "for -1m", mutated: { ...rule, forMinutes: forMinutes - 1 } }]),
    { change: "severity", mutated: { ...rule, severity: other } },
    {
      change: "extra label",
      mutated: { ...rule, expr: `label_replace(${expr}, "team", "checkout", "", "")` },
    },
    { change: "another name", mutated: { ...rule, alert: `${rule.alert}Other` } },
  ];
}

/** The mutants of one group. */
function mutantsOf({ rules }: AlertGroup): Mutant[] {
  return rules.flatMap((original) =>
    changesOf(original).map((change) => ({ original, ...change })),
  );
}

/**
 * Adds all mutants of a group to the original rules, under their own names, so that a single run of
 * promtool reads the series once and tests all mutants. A mutant consists of copies of the mutated
 * rule, of the rules that read it, and of the other tiers of those alerts.
 */
function withMutants(groups: AlertGroup[], scenarios: Scenario[], mutants: Mutant[]) {
  const affected = mutants.map(({ original }) => affectedBy(groups, nameOf(original)));
  const copies = groups.map((group) => ({
    ...group,
    rules: group.rules.flatMap((rule) => [
      rule,
      ...mutants.flatMap((mutant, number) => {
        const names = affected[number] ?? new Set();
        if (!names.has(nameOf(rule))) return [];
        const isMutated = isDeepStrictEqual(rule, mutant.original);
        const copy = isMutated ? mutant.mutated : rule;
        // A mutant with another name is not in `names`, and keeps that name.
        const name = renamed(nameOf(copy), names, number);
        const expr = renamed(copy.expr, names, number);
        return ["alert" in copy ? { ...copy, alert: name, expr } : { ...copy, record: name, expr }];
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
  return { groups: neededRules(copies, tests), scenarios: tests };
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

/** The name of a rule and the names of all rules that depend on it. */
function affectedBy(groups: AlertGroup[], name: string): Set<string> {
  const names = new Set([name]);
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    if (words(rule.expr).some((word) => names.has(word))) names.add(nameOf(rule));
  }
  return names;
}

/** Removes the rules that no test depends on, to save time. */
function neededRules(groups: AlertGroup[], scenarios: Scenario[]): AlertGroup[] {
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

/** The mutants for which none of these scenarios fails. */
async function survivorsOf(
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
  const killed = [...output.matchAll(/^ *(?:alertname|expr|rule): .*?__(\d+)\b/gm)].map(
    ([, number]) => Number(number),
  );
  if (!passed && killed.length === 0) throw new Error(`promtool cannot run ${name}: ${output}`);
  return mutants.filter((_, number) => !killed.includes(number));
}

async function runMutants(mutants: Mutant[], testSuites: Suite[]): Promise<Mutant[]> {
  let survivors = mutants;
  for (const suite of testSuites) {
    // A suite can have a part of the rules, and the series of the others as its input.
    const tested = new Set(
      survivors.filter(({ original }) =>
        suite.groups.at(-1)?.rules.some((rule) => isDeepStrictEqual(rule, original)),
      ),
    );
    let remaining = [...tested];
    // The first scenario kills most mutants, which leaves less work for the others.
    for (
      let from = 0, to = 1;
      from < suite.scenarios.length && remaining.length > 0;
      [from, to] = [to, 3 * to]
    ) {
      remaining = await survivorsOf(suite, suite.scenarios.slice(from, to), remaining);
    }
    survivors = survivors.filter((mutant) => !tested.has(mutant) || remaining.includes(mutant));
  }
  return survivors;
}

/** An empty file that exists once all mutants of a group with these suites have been killed. */
function recordOf(mutants: Mutant[], testSuites: Suite[]): string {
  const tested = [
    toolPath("promtool"),
    ...[__filename, path.join(__dirname, "promtool.ts")].map((file) =>
      fs.readFileSync(file, "utf8"),
    ),
    JSON.stringify(mutants),
    ...testSuites.map((suite) => JSON.stringify({ ...suite, groups: withoutTexts(suite.groups) })),
  ];
  const hash = createHash("sha256").update(tested.join("\n")).digest("hex").slice(0, 16);
  return path.join(cacheFolder(), "mutations", hash);
}

async function main(): Promise<void> {
  const requested = process.argv.slice(2);
  const suitesOf = new Map<string, { group: AlertGroup; testSuites: Suite[] }>();
  for (const suite of suites()) {
    // A suite tests the last group that it needs.
    const group = suite.groups.at(-1);
    if (group === undefined) continue;
    if (requested.length > 0 && groupsNamed([group], requested).length === 0) continue;
    const { testSuites } = suitesOf.get(group.name) ?? { testSuites: [] };
    suitesOf.set(group.name, { group, testSuites: [...testSuites, suite] });
  }
  // The slowest groups start first, so that the workers finish at about the same time.
  const waiting = [...suitesOf.values()].reverse();
  let mutantCount = 0;
  const survivors: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { group, testSuites } = next;
      const { name } = group;
      const started = Date.now();
      const mutants = mutantsOf(group);
      mutantCount += mutants.length;
      const record = recordOf(mutants, testSuites);
      if (fs.existsSync(record)) {
        console.log(`${name}: all ${mutants.length} mutants were killed before`);
        continue;
      }
      const remaining = await runMutants(mutants, testSuites);
      if (remaining.length === 0) {
        fs.mkdirSync(path.dirname(record), { recursive: true });
        fs.writeFileSync(record, "");
      }
      for (const { original, change } of remaining) {
        const tier = "alert" in original ? ` (${original.severity})` : "";
        survivors.push(`${name}: ${nameOf(original)}${tier}: ${change}`);
      }
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${name}: ${mutants.length - remaining.length} of ${mutants.length} mutants killed (${seconds} s)`,
      );
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  console.log(`\n${mutantCount - survivors.length} mutants killed, ${survivors.length} survived`);
  for (const survivor of survivors) console.log(`  ${survivor}`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

void main();
