import { InProd, environmentProperty, isProd } from "../engine/environment";
import { chartAlertsOf } from "../facts/chartAlerts";
import { Path } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Rule, canHoldRules, rulesOf } from "../facts/rules";
import { StackPolicy, Verdict, holds } from "../engine/policy";
import { Expr, Selector, nodesOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";
import { allows, selects, selectorsOf } from "../promql/selectors";

export type AbsentCoverageConfig = InProd;

export const absentCoverage: StackPolicy<AbsentCoverageConfig> = {
  scope: "stack",
  name: "absent-coverage",
  description: "Something alerts when the metric behind a critical alert is gone.",
  why: "An expression over series that do not exist returns nothing, which looks like health: the exporter dies first, and the alert that should have said so is silent.",
  remediation:
    "add an alert on absent(<metric>) or on up == 0, or keep TargetDown of the chart (defaultRules.rules.general)",
  severity: "medium",
  enforcementLevel: "mandatory",
  config: { environment: environmentProperty },
  reads: canHoldRules,
  judge,
};

interface Alert {
  rule: Rule;
  urn: string;
  expr: Expr;
}

function judge(resources: Resource[], config: AbsentCoverageConfig): Verdict {
  const inProd = resources.filter((resource) => isProd(resource, config));
  // The chart's own alert on every target that is down counts for every metric, although what is no
  // target any more only an alert on absence would see.
  if (inProd.some((resource) => chartAlertsOf(resource).has("TargetDown"))) return holds;
  const { alerts, unknown } = alertsIn(inProd);
  const companions = alerts.flatMap(({ expr }) => watchedForAbsence(expr));
  const violations = alerts
    .filter(({ rule }) => rule.labels["severity"] === "critical")
    .flatMap(({ rule, urn, expr }) => {
      if (watchedForAbsence(expr).length > 0) return [];
      const uncovered = selectorsOf(expr).filter(
        (selector) => !companions.some((companion) => notices(companion, selector)),
      );
      const metrics = [...new Set(uncovered.map(({ metric }) => metric ?? "a pattern of names"))];
      if (metrics.length === 0) return [];
      return [
        {
          urn,
          rule: rule.name,
          problem: `nothing alerts when ${metrics.join(", ")} ${metrics.length > 1 ? "are" : "is"} gone`,
          where: rule.where,
          bound: "an alert on absent() of the metric, or on up of its target",
          fix: `add an alert absent(${metrics[0]}), or up == 0 for its targets`,
        },
      ];
    });
  // A rule that is not known yet may be the companion.
  if (violations.length > 0 && unknown !== undefined) return { violations: [], unknown };
  return { violations };
}

function alertsIn(resources: Resource[]) {
  const found = resources.map((resource) => ({ ...rulesOf(resource), urn: resource.urn }));
  const records = recordsIn(found.flatMap(({ rules }) => rules));
  let unknown: { path: Path; urn: string } | undefined;
  const alerts: Alert[] = [];
  for (const { rules, urn, unknownAt } of found) {
    if (unknownAt !== undefined) unknown ??= { path: unknownAt, urn };
    for (const rule of rules) {
      const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
      if (parsed === undefined || parsed.error !== undefined) continue;
      alerts.push({ rule, urn, expr: inlineRecords(parsed.expr, records) });
    }
  }
  return { alerts, unknown };
}

/** The selectors whose absence, or whose target being down, makes an alert fire. */
function watchedForAbsence(expr: Expr): Selector[] {
  const absent = nodesOf(expr).flatMap((part) =>
    part.kind === "call" && part.name.startsWith("absent") ? part.args.flatMap(selectorsOf) : [],
  );
  const down = comparisonsOf(expr)
    .filter(({ operator, threshold }) => isDown(operator, threshold))
    .flatMap(({ numerator }) => numerator.flatMap(selectorsOf))
    .filter((selector) => selects(selector, "up"));
  return [...absent, ...down];
}

/** `up == 0`, `up < 1`, `up != 1`, also as an average over targets. */
function isDown(operator: string, threshold: number): boolean {
  if (operator === "==") return threshold === 0;
  if (operator === "!=") return threshold === 1;
  return operator.startsWith("<") && threshold <= 1;
}

/** Whether an absence alert sees that the series of a selector are gone. */
function notices(companion: Selector, { metric, matchers }: Selector): boolean {
  const target = selects(companion, "up");
  if (!target && (metric === undefined || !selects(companion, metric))) return false;
  const exporter = exporters.find(({ series }) => series.test(metric ?? ""));
  if (target && exporter !== undefined) return isAbout(companion, exporter.job);
  return matchers.every(
    ({ label, operator, value }) =>
      operator !== "=" || (target && !targetLabels.has(label)) || allows(companion, label, value),
  );
}

/** What these serve is about other pods and nodes, so its labels say nothing of their own `up`. */
const exporters = [
  { series: /^kube_/, job: "kube-state-metrics" },
  { series: /^(container|kubelet)_/, job: "kubelet" },
  { series: /^node_/, job: "node-exporter" },
];

function isAbout(companion: Selector, job: string): boolean {
  const asked = companion.matchers.map(({ label }) => label);
  if (asked.includes("job")) return allows(companion, "job", job);
  return !asked.some((label) => targetLabels.has(label));
}

/** Labels that `up` shares with what its target exposes. */
const targetLabels = new Set(["namespace", "service", "job", "cluster", "env", "endpoint"]);
