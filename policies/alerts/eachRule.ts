import { Finding, Verdict, ViolationFinding } from "../engine/policy";
import { Resource } from "../facts/resource";
import { Rule, judgedRules } from "../facts/rules";
import { Expr } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";

/** Checks each rule in a resource by itself. */
export function checkRules(
  resource: Resource,
  checkRule: (rule: Rule) => ViolationFinding[],
): Finding[] {
  const { rules, unknownAt } = judgedRules(resource);
  const findings = rules.flatMap((rule): Finding[] =>
    checkRule(rule).map((finding) => ({ where: rule.where, rule: rule.name, ...finding })),
  );
  return unknownAt === undefined ? findings : [...findings, { unknown: unknownAt }];
}

/** Checks each alert by itself. */
export function checkAlerts(
  resource: Resource,
  checkAlert: (alert: Rule) => ViolationFinding[],
): Finding[] {
  return checkRules(resource, (rule) => (rule.alert === undefined ? [] : checkAlert(rule)));
}

/** Checks each valid expression, with the series of recording rules in it replaced by their expressions. */
export function checkExpressions(
  resource: Resource,
  checkExpr: (expr: Expr, rule: Rule) => ViolationFinding[],
): Finding[] {
  const records = recordsIn(judgedRules(resource).rules);
  return checkRules(resource, (rule) => {
    const parsed = parsePromQL(rule.expr);
    return parsed.error === undefined ? checkExpr(inlineRecords(parsed.expr, records), rule) : [];
  });
}

/** @deprecated Return the findings of {@link checkRules} from a check. */
export function judgeRules(resource: Resource, judgeRule: (rule: Rule) => ViolationFinding[]) {
  return asVerdict(checkRules(resource, judgeRule));
}

/** @deprecated Return the findings of {@link checkAlerts} from a check. */
export function judgeAlerts(resource: Resource, judgeAlert: (rule: Rule) => ViolationFinding[]) {
  return asVerdict(checkAlerts(resource, judgeAlert));
}

/** @deprecated Return the findings of {@link checkExpressions} from a check. */
export function judgeExpressions(
  resource: Resource,
  judgeExpr: (expr: Expr, rule: Rule) => ViolationFinding[],
) {
  return asVerdict(checkExpressions(resource, judgeExpr));
}

function asVerdict(findings: Finding[]): Verdict {
  const unknown = findings.find((finding) => "unknown" in finding);
  return {
    violations: findings.flatMap((finding) =>
      "unknown" in finding ? [] : [{ ...finding, where: finding.where ?? "" }],
    ),
    unknown: unknown && { path: unknown.unknown },
  };
}
