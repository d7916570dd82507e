import { SECONDS_PER_DAY, formatDays, parseDuration } from "../shared/duration";
import { Path, UNKNOWN, at } from "../facts/plain";
import { canRunPrometheus, prometheusServer, retentionPath } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canHoldRules, rulesOf } from "../facts/rules";
import { StackPolicy, Verdict, holds } from "../engine/policy";
import { Expr, childrenOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { configSet, numeral } from "../engine/violation";

export const retentionCoversRules: StackPolicy<unknown> = {
  scope: "stack",
  name: "prometheus-retention-covers-rules",
  description: "Prometheus keeps its samples for as long as the rules look back.",
  why: "A 30-day objective over 15 days of data is a lie: the query runs, and answers for what is there.",
  remediation: "keep the samples longer, or make the window of the rule shorter",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {},
  reads: (type) => canRunPrometheus(type) || canHoldRules(type),
  judge,
};

interface Retention {
  what: string;
  seconds: number;
}

function judge(resources: Resource[]): Verdict {
  const { shortest, unknown } = shortestRetention(resources);
  const found = resources.map((resource) => ({ ...rulesOf(resource), urn: resource.urn }));
  if (shortest === undefined) return unknown === undefined ? holds : { violations: [], unknown };
  const hidden = found.find(({ unknownAt }) => unknownAt !== undefined);
  return {
    violations: found.flatMap(({ rules, urn }) =>
      rules.flatMap((rule) => {
        const parsed = parsePromQL(rule.expr);
        const reach = parsed.error === undefined ? reachOf(parsed.expr) : 0;
        if (!(reach > shortest.seconds)) return [];
        const days = Math.ceil(reach / SECONDS_PER_DAY);
        return [
          {
            urn,
            rule: rule.name,
            problem: "the rule looks back further than Prometheus keeps its samples",
            where: rule.record === undefined ? rule.where : `${rule.where}, record ${rule.record}`,
            found: `${numeral(reach / SECONDS_PER_DAY)} days`,
            bound: `${numeral(shortest.seconds / SECONDS_PER_DAY)} days, the retention of ${shortest.what}`,
            fix: `${configSet("prometheus.retentionDays", days)} (retention: "${formatDays(days)}"), or a shorter window in the rule`,
          },
        ];
      }),
    ),
    unknown:
      unknown ??
      (hidden?.unknownAt === undefined ? undefined : { path: hidden.unknownAt, urn: hidden.urn }),
  };
}

/** The least that any server of the stack keeps: every one of them may run the rules. */
function shortestRetention(resources: Resource[]): {
  shortest?: Retention;
  unknown?: { path: Path; urn: string };
} {
  let shortest: Retention | undefined;
  let unknown: { path: Path; urn: string } | undefined;
  for (const resource of resources) {
    const server = prometheusServer(resource);
    if (server === undefined) continue;
    const path = retentionPath(server);
    const written = at(resource.props, ...path);
    if (written === UNKNOWN) unknown ??= { path, urn: resource.urn };
    const text = typeof written === "string" && written !== "" ? written : server.defaultRetention;
    const seconds = written === UNKNOWN ? undefined : parseDuration(text);
    if (seconds === undefined || (shortest && shortest.seconds <= seconds)) continue;
    shortest = { what: server.what, seconds };
  }
  return { ...(shortest && { shortest }), ...(unknown && { unknown }) };
}

/** Seconds into the past that an expression reads, through ranges, subqueries and offsets. */
function reachOf(expr: Expr): number {
  const inside = Math.max(0, ...childrenOf(expr).map(reachOf));
  if (expr.kind !== "selector" && expr.kind !== "subquery") return inside;
  return inside + known(expr.rangeSeconds) + known(expr.offsetSeconds);
}

function known(seconds: number | undefined): number {
  return seconds === undefined || Number.isNaN(seconds) ? 0 : seconds;
}
