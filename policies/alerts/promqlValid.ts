import { Matcher } from "../shared/matcher";
import { judgeRules } from "./eachRule";
import { Resource } from "../facts/resource";
import { Rule, canContainRules, judgedRules } from "../facts/rules";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Comparison } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Expr, nodesOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";
import { selectorsOf } from "../promql/selectors";
import { typeProblem } from "../promql/types";
import { Violation } from "../engine/violation";

export const promqlValid: ResourcePolicy<unknown> = {
  scope: "resource",
  name: "promql-valid",
  description: "Rules are expressions that Prometheus can run, and alerts compare something.",
  why: "One rule that does not parse keeps its whole group from loading; an alert without a comparison always fires; topk changes its series with every evaluation, so `for` never passes.",
  remediation: "correct the expression; `promtool check rules` names the place",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {},
  appliesTo: canContainRules,
  judge,
};

function judge(resource: Resource): Verdict {
  const records = recordsIn(judgedRules(resource).rules);
  return judgeRules(resource, (rule) => judgeRule(rule, records));
}

function judgeRule(rule: Rule, records: Map<string, Expr>): Violation[] {
  const { where } = rule;
  const parsed = parsePromQL(rule.expr);
  if (parsed.error !== undefined) return [broken(where, parsed.error)];
  const { expr } = parsed;
  const wrongType = typeProblem(expr);
  if (wrongType !== undefined) return [broken(where, wrongType)];
  return [
    ...needlessPatterns(expr).map(({ label, operator }) => ({
      problem: `a regular expression matches ${label} with a plain text`,
      where,
      found: `${label}${operator}`,
      bound: "= or != where there is nothing to match but one text",
      fix: `${label}${operator === "=~" ? "=" : "!="}"…"`,
    })),
    ...(rule.alert === undefined ? [] : judgeAlert(rule, inlineRecords(expr, records))),
  ];
}

function broken(where: string, error: string): Violation {
  return {
    problem: `the expression ${error}`,
    where,
    bound: "an expression that Prometheus can run",
    fix: "correct it; promtool check rules names the place",
  };
}

function judgeAlert({ where, labels }: Rule, expr: Expr): Violation[] {
  const unsteady = nodesOf(expr).find(
    (part) => part.kind === "aggregate" && unsteadyOperators.has(part.operator),
  );
  return [
    ...(compares(expr) || isHeartbeat(expr, labels)
      ? []
      : [
          {
            problem: "the alert compares nothing, so it fires as long as its series exist",
            where,
            bound: "a comparison with a threshold, or absent()",
            fix: "add the threshold, for example > 0",
          },
        ]),
    ...(unsteady?.kind === "aggregate"
      ? [
          {
            problem: `${unsteady.operator} in an alert changes its series from one evaluation to the next, so \`for\` never passes`,
            where,
            bound: "no topk, bottomk, limitk or limit_ratio in alerts",
            fix: "compare every series with the threshold, and sort in the dashboard",
          },
        ]
      : []),
  ];
}

const unsteadyOperators = new Set(["topk", "bottomk", "limitk", "limit_ratio"]);

/** Whether the result depends on more than that the series are there. */
function compares(expr: Expr): boolean {
  return (
    comparisonsOf(expr).some(isDecisive) ||
    nodesOf(expr).some(
      (part) =>
        (part.kind === "call" && part.name.startsWith("absent")) ||
        (part.kind === "binary" && part.operator === "unless"),
    )
  );
}

/** Not a comparison with itself, with infinity or with no number. */
function isDecisive({ threshold, numerator, denominator }: Comparison): boolean {
  return Number.isFinite(threshold) && JSON.stringify(numerator) !== JSON.stringify(denominator);
}

/** An alert that is meant to fire for ever, such as Watchdog. */
function isHeartbeat(expr: Expr, { severity }: Record<string, unknown>): boolean {
  return severity === "none" && constantOf(expr) !== undefined;
}

function needlessPatterns(expr: Expr): Matcher[] {
  return selectorsOf(expr)
    .flatMap(({ matchers }) => matchers)
    .filter(({ operator, value }) => operator.includes("~") && isPlainText(value));
}

/** Whether nothing in a pattern has a meaning of its own. */
function isPlainText(pattern: string): boolean {
  return !/[.^$*+?()[\]{}|\\]/.test(pattern.replace(/\\[.^$*+?()[\]{}|\\-]/g, ""));
}
