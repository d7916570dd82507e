import { Finding, ViolationFinding } from "../engine/policy";
import { Resource } from "../facts/resource";
import { Rule, judgedRules, rulesOfStack } from "../facts/rules";
import { Expr } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";

/** The violations of one rule; undefined for each check that passes. */
type Violations = ViolationFinding | undefined | (ViolationFinding | undefined)[];

/** Checks each rule in a resource separately. */
export function checkRules(resource: Resource, checkRule: (rule: Rule) => Violations): Finding[] {
  const { rules, unknownAt } = judgedRules(resource);
  const findings = rules.flatMap((rule): Finding[] =>
    [checkRule(rule)]
      .flat()
      .filter((finding) => finding !== undefined)
      .map((finding) => ({ where: rule.where, rule: rule.name, ...finding })),
  );
  return unknownAt === undefined ? findings : [...findings, { unknown: unknownAt }];
}

/** Checks each alert in a resource separately. */
export function checkAlerts(
  resource: Resource,
  checkAlert: (alert: Rule) => Violations,
): Finding[] {
  return checkRules(resource, (rule) => (rule.alert === undefined ? [] : checkAlert(rule)));
}

/** Checks each valid expression, with recorded series replaced by their expressions. */
export function checkExpressions(
  resource: Resource,
  checkExpr: (expr: Expr, rule: Rule) => Violations,
): Finding[] {
  const records = recordsIn(judgedRules(resource).rules);
  return checkRules(resource, (rule) => {
    const parsed = parsePromQL(rule.expr);
    return parsed.error === undefined ? checkExpr(inlineRecords(parsed.expr, records), rule) : [];
  });
}

/** The valid alerts of a stack, with recorded series replaced by their expressions. */
export function alertsOfStack(resources: Resource[]) {
  const { rules, unknown } = rulesOfStack(resources);
  const records = recordsIn(rules);
  const alerts = rules.flatMap((rule) => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    return [{ rule, expr: inlineRecords(parsed.expr, records) }];
  });
  return { alerts, unknown };
}
