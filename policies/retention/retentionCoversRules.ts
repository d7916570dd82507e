import { StackFinding, stackPolicy } from "../engine/policy";
import { configSet, numeral } from "../engine/violation";
import { UNKNOWN, at } from "../facts/plain";
import { canRunPrometheus, prometheusServer, retentionPath } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canHoldRules, rulesOf } from "../facts/rules";
import { Expr, childrenOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { SECONDS_PER_DAY, formatDays, parseDuration } from "../shared/duration";

export const retentionCoversRules = stackPolicy({
  name: "prometheus-retention-covers-rules",
  description: "The retention of Prometheus covers the time ranges of its rules.",
  why: "A 30-day objective over 15 days of samples is silently wrong: the query evaluates only the samples that exist.",
  remediation: "retain samples for longer, or shorten the range in the rule",
  severity: "high",
  reads: (type) => canRunPrometheus(type) || canHoldRules(type),
  check,
});

interface Retention {
  server: string;
  seconds: number;
}

function check(resources: Resource[]): StackFinding[] {
  const { retentions, unknown } = retentionsOf(resources);
  const [shortest] = retentions.sort((a, b) => a.seconds - b.seconds);
  if (shortest === undefined) return unknown;
  return [...unknown, ...resources.flatMap((resource) => checkRules(resource, shortest))];
}

/** The retention of each server, because any server may evaluate the rules. */
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
    if (seconds !== undefined) retentions.push({ server: server.what, seconds });
  }
  return { retentions, unknown };
}

function checkRules(resource: Resource, { server, seconds }: Retention): StackFinding[] {
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
        problem: "the time range of the rule is longer than the retention of Prometheus",
        where: rule.record === undefined ? rule.where : `${rule.where}, record ${rule.record}`,
        found: `${numeral(range / SECONDS_PER_DAY)} days`,
        bound: `${numeral(seconds / SECONDS_PER_DAY)} days, the retention of ${server}`,
        fix: `${configSet("prometheus.retentionDays", days)} (retention: "${formatDays(days)}"), or a shorter range in the rule`,
      },
    ];
  });
  return unknownAt === undefined ? findings : [...findings, { unknown: unknownAt, urn }];
}

/** How many seconds into the past an expression reaches, through ranges, subqueries and offsets. */
function rangeOf(expr: Expr): number {
  const inner = Math.max(0, ...childrenOf(expr).map(rangeOf));
  if (expr.kind !== "selector" && expr.kind !== "subquery") return inner;
  return inner + (expr.rangeSeconds || 0) + (expr.offsetSeconds || 0);
}
