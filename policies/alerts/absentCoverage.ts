import { alertsOfStack, ofRule, unlessUnknown } from "./checkRules";
import { StackFinding, stackPolicy } from "../engine/policy";
import { chartAlertsOf } from "../facts/chartAlerts";
import { Resource } from "../facts/resource";
import { canHoldRules } from "../facts/rules";
import { Expr, Selector, allows, callsOf, childrenOf, selects, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { exporterOf } from "../shared/scrapeTargets";

export const absentCoverage = stackPolicy({
  name: "absent-coverage",
  description:
    "In production, an alert covers the absence of each metric that a critical alert reads.",
  why: "An expression over absent series returns nothing, so the alert never fires: if the exporter fails first, the on-call engineer is not paged.",
  remediation:
    "add an alert on absent(<metric>) or on up == 0, or keep the chart's alert TargetDown (defaultRules.rules.general)",
  severity: "medium",
  // Another stack may define the TargetDown alert.
  baseline: { enforcementLevel: "advisory" },
  prodOnly: true,
  reads: canHoldRules,
  check,
});

function check(resources: Resource[]): StackFinding[] {
  // The chart's TargetDown covers every metric of a target, except when Prometheus no longer discovers
  // the target. Only an alert on absence covers that case.
  if (resources.some((resource) => chartAlertsOf(resource).has("TargetDown"))) return [];
  const { alerts, unknown } = alertsOfStack(resources);
  const covered = alerts.flatMap(({ expr }) => coveredSelectors(expr));
  const violations = alerts.flatMap(({ rule, expr }) => {
    if (rule.labels["severity"] !== "critical" || coveredSelectors(expr).length > 0) return [];
    const metrics = new Set(
      requiredSelectors(expr)
        .filter((selector) => !covered.some((companion) => covers(companion, selector)))
        .map(({ metric }) => metric ?? "a pattern of names"),
    );
    if (metrics.size === 0) return [];
    const names = [...metrics].join(", ");
    return [
      {
        ...ofRule(rule),
        problem: `no alert fires when ${names} ${metrics.size > 1 ? "are" : "is"} absent`,
        bound: "an alert on absent() of the metric, or on its target's `up`",
        fix: `add an alert on absent(${[...metrics][0]}), or on up == 0 for its targets`,
      },
    ];
  });
  return unlessUnknown(violations, unknown);
}

/**
 * Returns the selectors whose series must exist for the alert to fire. Selectors to the right of
 * `unless` only exclude series.
 */
function requiredSelectors(expr: Expr): Selector[] {
  if (expr.kind === "selector") return [expr];
  const isExclusion = expr.kind === "binary" && expr.operator === "unless";
  return (isExclusion ? [expr.left] : childrenOf(expr)).flatMap(requiredSelectors);
}

/** Returns the selectors for which an alert fires if their series are absent or their target is down. */
function coveredSelectors(expr: Expr): Selector[] {
  const absent = callsOf(expr, /^absent/).flatMap(({ args }) => args.flatMap(selectorsOf));
  const down = comparisonsOf(expr)
    .filter(({ operator, threshold }) => isDown(operator, threshold))
    .flatMap(({ numerator }) => numerator.flatMap(selectorsOf))
    .filter((selector) => selects(selector, "up"));
  return [...absent, ...down];
}

/**
 * Whether a comparison of `up`, or of its average over several targets, detects a target that is down:
 * `up == 0`, `up < 1`, `up != 1`.
 */
function isDown(operator: string, threshold: number): boolean {
  if (operator === "==") return threshold === 0;
  if (operator === "!=") return threshold === 1;
  return operator.startsWith("<") && threshold <= 1;
}

/** Whether an alert on the companion fires if a selector's series are absent. */
function covers(companion: Selector, { metric = "", matchers }: Selector): boolean {
  const isTarget = selects(companion, "up");
  if (!isTarget && (metric === "" || !selects(companion, metric))) return false;
  // The labels of an exporter's metrics describe other pods and nodes, not the exporter.
  const exporter = isTarget ? exporterOf(metric) : undefined;
  if (exporter !== undefined) return selectsJob(companion, exporter);
  return matchers.every(
    ({ label, operator, value }) =>
      operator !== "=" || (isTarget && !targetLabels.has(label)) || allows(companion, label, value),
  );
}

function selectsJob(companion: Selector, job: string): boolean {
  const labels = companion.matchers.map(({ label }) => label);
  if (labels.includes("job")) return allows(companion, "job", job);
  return !labels.some((label) => targetLabels.has(label));
}

/** Labels that `up` shares with its target's series. */
const targetLabels = new Set(["namespace", "service", "job", "cluster", "env", "endpoint"]);
