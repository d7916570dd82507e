import { StackFinding, stackPolicy } from "../engine/policy";
import { numeral } from "../engine/violation";
import { UNKNOWN, at } from "../facts/plain";
import {
  Selecting,
  canRunPrometheus,
  canRunRuler,
  prometheusServer,
  retentionPath,
  thanosRuler,
} from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canHoldRules, rulesOf } from "../facts/rules";
import { isSelected, namespaceLabels } from "../facts/selection";
import { Expr, childrenOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { SECONDS_PER_DAY, formatDays, parseDuration } from "../shared/duration";
import { prometheusRuleType } from "../facts/types";

export const retentionCoversRules = stackPolicy({
  name: "prometheus-retention-covers-rules",
  description: "The retention of Prometheus covers the time ranges of its rules.",
  why: "A 30-day objective over 15 days of samples is silently wrong: the query evaluates only the samples that exist.",
  remediation: "retain samples for longer, or shorten the range in the rule",
  severity: "high",
  reads: (type) => canRunPrometheus(type) || canRunRuler(type) || canHoldRules(type),
  check,
});

interface Retention extends Selecting {
  seconds: number;
}

function check(resources: Resource[]): StackFinding[] {
  const { retentions, unknown } = retentionsOf(resources);
  const rulers = resources.flatMap(thanosRuler);
  if (retentions.length + unknown.length + rulers.length === 0) return unjudged(resources);
  retentions.sort((a, b) => a.seconds - b.seconds);
  const namespaces = namespaceLabels(resources);
  const findings = resources.flatMap((resource): StackFinding[] => {
    const evaluates = (server: Selecting) =>
      isSelected(resource, "rule", server, namespaces) !== false;
    const isObject = resource.type === prometheusRuleType;
    const shortest = isObject ? retentions.find(evaluates) : retentions[0];
    // Long-term storage covers the ranges of rules that only a ThanosRuler evaluates.
    if (isObject && shortest === undefined && rulers.some(evaluates)) return [];
    const retention = shortest ?? retentions[0];
    return retention === undefined ? [] : checkRules(resource, retention);
  });
  return [...unknown, ...findings];
}

/** Reports rules as not evaluated if the Prometheus that evaluates them is in another stack. */
function unjudged(resources: Resource[]): StackFinding[] {
  const rules = resources.find(({ type }) => type === prometheusRuleType);
  if (rules === undefined) return [];
  const because =
    "the Prometheus that must retain their samples is not among the stack's resources";
  return [{ urn: rules.urn, unknown: ["spec", "groups"], because }];
}

/** Returns the retention of each server, because any of them may evaluate the rules. */
function retentionsOf(resources: Resource[]) {
  const retentions: Retention[] = [];
  const unknown: StackFinding[] = [];
  for (const resource of resources) {
    const server = prometheusServer(resource);
    if (server === undefined) continue;
    const path = retentionPath(server);
    const value = at(resource.props, ...path);
    if (value === UNKNOWN) {
      unknown.push({ unknown: path, urn: resource.urn });
      continue;
    }
    const text = typeof value === "string" && value !== "" ? value : server.defaultRetention;
    const seconds = parseDuration(text);
    if (seconds !== undefined) retentions.push({ ...server, resource, seconds });
  }
  return { retentions, unknown };
}

function checkRules(resource: Resource, { what, seconds }: Retention): StackFinding[] {
  const { urn } = resource;
  const { rules, unknownAt } = rulesOf(resource);
  const findings = rules.flatMap((rule): StackFinding[] => {
    const parsed = parsePromQL(rule.expr);
    const range = parsed.error === undefined ? rangeOf(parsed.expr) : 0;
    if (range <= seconds) return [];
    const days = Math.ceil(range / SECONDS_PER_DAY);
    return [
      {
        urn,
        rule: rule.name,
        problem: "the rule's time range is longer than the retention of Prometheus",
        where: rule.record === undefined ? rule.where : `${rule.where}, record ${rule.record}`,
        found: `${numeral(range / SECONDS_PER_DAY)} days`,
        bound: `${numeral(seconds / SECONDS_PER_DAY)} days, the retention of ${what}`,
        setting: { path: "prometheus.retentionDays", value: days },
        fix: `retention: "${formatDays(days)}" there, or a shorter range in the rule`,
      },
    ];
  });
  return unknownAt === undefined ? findings : [...findings, { unknown: unknownAt, urn }];
}

/** Returns how far back an expression reads, in seconds, through ranges, subqueries and offsets. */
function rangeOf(expr: Expr): number {
  const inner = Math.max(0, ...childrenOf(expr).map(rangeOf));
  if (expr.kind !== "selector" && expr.kind !== "subquery") return inner;
  return inner + (expr.rangeSeconds || 0) + (expr.offsetSeconds || 0);
}
