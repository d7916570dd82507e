import {
  Finding,
  StackCheck,
  StackFinding,
  UnknownFinding,
  ViolationFinding,
} from "../engine/policy";
import { Resource } from "../facts/resource";
import {
  Rule,
  StackRule,
  canContainRules,
  judgedRules,
  rulesOf,
  rulesOfStack,
} from "../facts/rules";
import { Expr, selectorsOf } from "../promql/expr";
import { inClassicForm } from "../promql/nativeHistograms";
import { parsePromQL } from "../promql/parse";
import { Records, inlineRecords, recordsIn } from "../promql/records";

/** The findings for a rule; undefined for each check that passes. */
type Violations = Finding | undefined | (Finding | undefined)[];

/** A finding in a rule, with its location as text. */
type RuleFinding = (ViolationFinding & { where: string }) | UnknownFinding;

/** Checks each rule in a resource separately. */
export function checkRules(
  resource: Resource,
  checkRule: (rule: Rule) => Violations,
): RuleFinding[] {
  const { rules, unknownAt } = judgedRules(resource);
  const findings = rules.flatMap((rule): RuleFinding[] =>
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
): RuleFinding[] {
  return checkRules(resource, (rule) => (rule.alert === undefined ? [] : checkAlert(rule)));
}

/**
 * Returns a function that parses a rule's expression, replaces recorded series with their expressions,
 * and converts native histograms to classic form. `records` defaults to the resource's own records.
 */
export function expressionsIn(
  resource: Resource,
  records: Records = recordsIn(judgedRules(resource).rules),
): (rule: Rule) => Expr | undefined {
  return ({ expr }) => {
    const parsed = parsePromQL(expr);
    return parsed.error === undefined
      ? inClassicForm(inlineRecords(parsed.expr, records))
      : undefined;
  };
}

/** Checks each valid expression after replacing recorded series with their expressions. */
export function checkExpressions(
  resource: Resource,
  checkExpr: (expr: Expr, rule: Rule) => Violations,
  records?: Records,
): RuleFinding[] {
  const expressionOf = expressionsIn(resource, records);
  return checkRules(resource, (rule) => {
    const expr = expressionOf(rule);
    return expr === undefined ? { unknown: [...rule.path, "expr"] } : checkExpr(expr, rule);
  });
}

/**
 * Repeats a check, with all records of the stack, for resources that read series recorded by other
 * resources. Returns only findings that the resource alone does not reveal.
 */
export function withRecordsOfStack<Config>(
  check: (resource: Resource, config: Config, records?: Records) => RuleFinding[],
): StackCheck<Config> {
  return {
    reads: canContainRules,
    check: (resources, config) => {
      const all = recordsIn(resources.flatMap((resource) => judgedRules(resource).rules));
      return resources.flatMap((resource): StackFinding[] => {
        const { rules } = judgedRules(resource);
        const records = recordsFor(rules, all);
        if (records === recordsIn(rules)) return [];
        const alone = new Set(check(resource, config).map((finding) => JSON.stringify(finding)));
        return check(resource, config, records)
          .filter((finding) => !alone.has(JSON.stringify(finding)))
          .map((finding) => ({ ...finding, urn: resource.urn }));
      });
    },
  };
}

/** Returns the parts of a stack finding that identify its rule. */
export function ofRule({ urn, name, where }: StackRule) {
  return { urn, rule: name, where };
}

/** Returns violations for missing rules, unless a rule that is still unknown may be the missing one. */
export function unlessUnknown(violations: StackFinding[], unknown: StackFinding[]): StackFinding[] {
  return violations.length > 0 && unknown.length > 0 ? unknown : violations;
}

/** Returns the valid alerts of a stack, with recorded series replaced by their expressions. */
export function alertsOfStack(resources: Resource[]) {
  const { rules, unknown } = rulesOfStack(resources);
  const records = recordsIn(rules);
  const recordsOf = new Map(
    resources.map((resource) => [resource.urn, recordsFor(rulesOf(resource).rules, records)]),
  );
  const alerts = rules.flatMap((rule) => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    const inlined = inlineRecords(parsed.expr, recordsOf.get(rule.urn) ?? records);
    return [{ rule, expr: inClassicForm(inlined) }];
  });
  return { alerts, unknown };
}

/**
 * Returns the records for an object's rules: its own, plus the stack's if it reads series from other
 * objects. Its own records take precedence, because objects in two namespaces may record the same series
 * for different services. Inlined expressions are cached per map, so most policies share the object's
 * map.
 */
function recordsFor(rules: Rule[], all: Records): Records {
  const ownRecords = recordsIn(rules);
  const readsOther = rules.some(({ expr }) => {
    const parsed = parsePromQL(expr);
    return (
      parsed.error === undefined &&
      selectorsOf(parsed.expr).some(({ metric = "" }) => all.has(metric) && !ownRecords.has(metric))
    );
  });
  if (!readsOther) return ownRecords;
  const replacesOther = [...ownRecords].some(([name, expr]) => all.get(name) !== expr);
  return replacesOther ? new Map([...all, ...ownRecords]) : all;
}
