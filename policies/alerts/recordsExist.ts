import { StackFinding, stackPolicy } from "../engine/policy";
import { canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";
import { Rule, canHoldRules, rulesOfStack } from "../facts/rules";
import { isMonitor, scrapedServices } from "../facts/services";
import { selectorsOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { closest, distance } from "fastest-levenshtein";

export const recordsExist = stackPolicy({
  name: "records-exist",
  description:
    "Each recorded series that an alert reads is recorded, and each job that it names exists.",
  why: "An alert on a series that no rule records never fires: a recording rule was renamed, or its name is misspelled.",
  remediation: "correct the name of the series, or add the recording rule",
  severity: "high",
  // Another stack may hold the recording rules.
  baseline: { enforcementLevel: "advisory" },
  reads: (type) =>
    canHoldRules(type) ||
    canRunPrometheus(type) ||
    isMonitor(type) ||
    type === "kubernetes:core/v1:Service",
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
  return [...checkJobs(resources, rules), ...checkRecords(rules, unknown)];
}

/** Names that the label `job` of the targets of the stack has, or may have. */
function jobsOf(resources: Resource[]): string[] {
  const monitored = resources.flatMap(scrapedServices).flatMap(({ knownAs }) => knownAs);
  const services = resources.filter(({ type }) => type === "kubernetes:core/v1:Service");
  return [...new Set([...monitored, ...services.map(objectName)])];
}

/** A job that differs in a letter or two from a target of the stack. */
function checkJobs(resources: Resource[], rules: (Rule & { urn: string })[]): StackFinding[] {
  const jobs = jobsOf(resources);
  if (jobs.length === 0) return [];
  return rules.flatMap((rule): StackFinding[] => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    const named = selectorsOf(parsed.expr).flatMap(({ matchers }) =>
      matchers.flatMap(({ label, operator, value }) =>
        label === "job" && operator === "=" && value.length >= 8 ? [value] : [],
      ),
    );
    return [...new Set(named)]
      .filter((job) => !jobs.includes(job))
      .flatMap((job) => {
        const similar = closest(job, jobs);
        const isTypo = distance(job, similar) <= 2 && withoutRange(job) !== withoutRange(similar);
        if (!isTypo || similar.length < 8) return [];
        return [
          {
            urn: rule.urn,
            rule: rule.name,
            problem: `no target of the stack has the job ${job}`,
            where: rule.where,
            bound: "the name of a Service that a monitor selects",
            fix: `write ${similar}`,
          },
        ];
      });
  });
}

function checkRecords(rules: (Rule & { urn: string })[], unknown: StackFinding[]): StackFinding[] {
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
