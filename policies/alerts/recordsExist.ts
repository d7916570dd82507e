import { StackFinding, stackPolicy } from "../engine/policy";
import { canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canHoldRules, rulesOfStack } from "../facts/rules";
import { selectorsOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { closest, distance } from "fastest-levenshtein";

export const recordsExist = stackPolicy({
  name: "records-exist",
  description: "Each recorded series that an alert reads is recorded.",
  why: "An alert on a series that no rule records never fires: a recording rule was renamed, or its name is misspelled.",
  remediation: "correct the name of the series, or add the recording rule",
  severity: "high",
  // Another stack may hold the recording rules.
  baseline: { enforcementLevel: "advisory" },
  reads: (type) => canHoldRules(type) || canRunPrometheus(type),
  check,
});

const MANY = 100;

function withoutRange(name: string): string {
  return name.replace(/\d+[smhdw]?/g, "");
}

/**
 * Only names that resemble a series of the stack are violations: rules of charts, of Sloth or of
 * another stack may record the others.
 */
function check(resources: Resource[]): StackFinding[] {
  if (!resources.some((resource) => prometheusServer(resource) !== undefined)) return [];
  const { rules, unknown } = rulesOfStack(resources);
  const records = new Set(rules.flatMap(({ record }) => record ?? []));
  const names = [...records].filter((name) => name.includes(":"));
  if (names.length === 0) return [];
  const reading = rules.flatMap((rule) => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    const missing = selectorsOf(parsed.expr)
      .map(({ metric = "" }) => metric)
      .filter((metric) => metric.includes(":") && !records.has(metric));
    return missing.length === 0 ? [] : [{ rule, missing }];
  });
  // So many are not misspelled: another stack records them.
  if (reading.length > MANY) return [];
  const findings = reading.flatMap(({ rule, missing }): StackFinding[] => {
    return [...new Set(missing)].flatMap((metric) => {
      const similar = closest(metric, names);
      // Names that differ in their range are series of their own.
      const isTypo =
        distance(metric, similar) <= 3 && withoutRange(metric) !== withoutRange(similar);
      if (!isTypo) return [];
      return [
        {
          urn: rule.urn,
          rule: rule.name,
          problem: `no rule records the series ${metric}`,
          where: rule.where,
          bound: "a series that a rule of the stack records",
          fix: `write ${similar}, or add a rule that records ${metric}`,
        },
      ];
    });
  });
  return findings.length > 0 && unknown.length > 0 ? unknown : findings;
}
