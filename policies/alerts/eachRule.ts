import { Resource } from "../facts/resource";
import { Rule, broughtRules } from "../facts/rules";
import { Verdict } from "../engine/policy";
import { Expr } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";
import { Violation } from "../engine/violation";

/** Judges every rule that a resource brings by itself. */
export function judgeRules(resource: Resource, judgeRule: (rule: Rule) => Violation[]): Verdict {
  const { rules, unknownAt } = broughtRules(resource);
  return {
    violations: rules.flatMap((rule) =>
      judgeRule(rule).map((violation) => ({ ...violation, rule: rule.name })),
    ),
    unknown: unknownAt === undefined ? undefined : { path: unknownAt },
  };
}

/** Judges every alert by itself. */
export function judgeAlerts(resource: Resource, judgeAlert: (alert: Rule) => Violation[]): Verdict {
  return judgeRules(resource, (rule) => (rule.alert === undefined ? [] : judgeAlert(rule)));
}

/**
 * Judges every expression that can be read, with what the recording rules beside it record in the
 * place of their series.
 */
export function judgeExpressions(
  resource: Resource,
  judgeExpr: (expr: Expr, rule: Rule) => Violation[],
): Verdict {
  const records = recordsIn(broughtRules(resource).rules);
  return judgeRules(resource, (rule) => {
    const parsed = parsePromQL(rule.expr);
    if (parsed.error !== undefined) return [];
    return judgeExpr(inlineRecords(parsed.expr, records), rule);
  });
}
