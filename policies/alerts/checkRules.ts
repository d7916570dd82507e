import { Finding, UnknownFinding, ViolationFinding } from "../engine/policy";
import { Resource } from "../facts/resource";
import { Rule, judgedRules, rulesOfStack } from "../facts/rules";
import { Expr } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";

/** The findings in one rule; undefined for each check that passes. */
type Violations = Finding | undefined | (Finding | undefined)[];

/** A finding that states its place. */
type PlacedFinding = (ViolationFinding & { where: string }) | UnknownFinding;

/** Checks each rule in a resource separately. */
export function checkRules(
  resource: Resource,
  checkRule: (rule: Rule) => Violations,
): PlacedFinding[] {
  const { rules, unknownAt } = judgedRules(resource);
  const findings = rules.flatMap((rule): PlacedFinding[] =>
    [checkRule(rule)]
      .flat()
      .filter((finding) => finding !== undefined)
      .map((finding) =>
        "unknown" in finding ? finding : { where: rule.where, rule: rule.name, ...finding },
      ),
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

/** The expression of each rule in a resource, with recorded series replaced by their expressions. */
export function expressionsIn(resource: Resource): (rule: Rule) => Expr | undefined {
  const records = recordsIn(judgedRules(resource).rules);
  return ({ expr }) => {
    const parsed = parsePromQL(expr);
    return parsed.error === undefined ? inlineRecords(parsed.expr, records) : undefined;
  };
}

/** Checks each valid expression, with recorded series replaced by their expressions. */
export function checkExpressions(
  resource: Resource,
  checkExpr: (expr: Expr, rule: Rule) => Violations,
): Finding[] {
  const expressionOf = expressionsIn(resource);
  return checkRules(resource, (rule) => {
    const expr = expressionOf(rule);
    return expr === undefined ? { unknown: [...rule.path, "expr"] } : checkExpr(expr, rule);
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
