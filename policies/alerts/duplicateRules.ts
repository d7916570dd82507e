import { ofRule } from "./checkRules";
import { StackFinding, stackPolicy } from "../engine/policy";
import { chartAlertsOf } from "../facts/chartAlerts";
import { helmChart } from "../facts/helm";
import { Resource } from "../facts/resource";
import { StackRule, canHoldRules, rulesOfStack } from "../facts/rules";
import { parsePromQL } from "../promql/parse";
import { labelsOf } from "../promql/labels";
import { selectorsOf } from "../promql/expr";

export const duplicateRules = stackPolicy({
  name: "duplicate-rules",
  description:
    "No alert exists twice, in the stack or in the chart, and no two rules record the same series.",
  why: "If two rules record the same series, Prometheus drops the samples of one of them. A duplicate alert pages the on-call engineer twice, and a silence or a new threshold applies to only one of the two.",
  remediation:
    "remove one of the two, or disable the chart's alert: defaultRules.disabled.<alert>: true",
  severity: "low",
  enforcementLevel: "advisory",
  reads: canHoldRules,
  check(resources) {
    const { rules } = rulesOfStack(resources);
    const alerts = rules.filter(({ alert }) => alert !== undefined);
    return [...repeated(alerts), ...alsoInChart(alerts, resources), ...recordedTwice(rules)];
  },
});

/** Finds alerts with the same name, labels and selectors. */
function repeated(alerts: StackRule[]): StackFinding[] {
  const firstByKey = new Map<string, StackRule>();
  return alerts.flatMap((alert) => {
    const key = keyOf(alert);
    const first = firstByKey.get(key);
    if (first === undefined) {
      firstByKey.set(key, alert);
      return [];
    }
    return [
      {
        ...ofRule(alert),
        problem: `the alert ${alert.name} exists twice`,
        found: `also in ${first.where}`,
        fix: "remove one of the two",
      },
    ];
  });
}

/** Finds recording rules in one object whose results have the same name and no distinguishing label. */
function recordedTwice(rules: StackRule[]): StackFinding[] {
  const firstByKey = new Map<string, StackRule>();
  return rules.flatMap((rule): StackFinding[] => {
    const { urn, record, labels } = rule;
    if (record === undefined) return [];
    const key = JSON.stringify([urn, record, labels]);
    const first = firstByKey.get(key);
    firstByKey.set(key, first ?? rule);
    if (first === undefined || first.expr === rule.expr) return [];
    if (!isSingle(first.expr) || !isSingle(rule.expr)) return [];
    return [
      {
        ...ofRule(rule),
        problem: `two rules record ${record} without labels that distinguish their results`,
        found: `also in ${first.where}`,
        fix: "rename one of the two, or add a distinguishing label to each",
      },
    ];
  });
}

/** Whether an expression returns a single series without labels. */
function isSingle(expr: string): boolean {
  const parsed = parsePromQL(expr);
  const labels = parsed.error === undefined ? labelsOf(parsed.expr) : undefined;
  return labels?.kind === "only" && labels.labels.length === 0;
}

/**
 * Returns the key that identifies duplicates. It excludes thresholds, so alerts that differ only in the
 * threshold are duplicates.
 */
function keyOf({ name, expr, labels }: StackRule): string {
  const parsed = parsePromQL(expr);
  const selectors = parsed.error === undefined ? selectorsOf(parsed.expr) : [expr];
  const texts = new Set(selectors.map((selector) => JSON.stringify(selector)));
  const sortedLabels = Object.entries(labels).map(
    ([label, value]) => `${label}=${JSON.stringify(value)}`,
  );
  return JSON.stringify([name, sortedLabels.sort(), [...texts].sort()]);
}

function alsoInChart(alerts: StackRule[], resources: Resource[]): StackFinding[] {
  const chartAlerts = new Map(
    resources.flatMap((resource) => {
      const release = helmChart(resource)?.release;
      return [...chartAlertsOf(resource)].map(
        (alert) => [withoutPrefix(alert), { alert, release }] as const,
      );
    }),
  );
  return alerts.flatMap((rule) => {
    const { alert, release } = chartAlerts.get(withoutPrefix(rule.name)) ?? {};
    if (alert === undefined) return [];
    return [
      {
        ...ofRule(rule),
        problem: `the chart already has the alert ${alert}`,
        found: `release "${release}" (kube-prometheus-stack)`,
        fix: `defaultRules.disabled.${alert}: true in the values of ${release}, or remove ${rule.name}`,
      },
    ];
  });
}

/** Removes the chart's prefix, because KubePodCrashLooping and PodCrashLooping are the same alert. */
function withoutPrefix(name: string): string {
  return name.replace(/^Kube(?=[A-Z])/, "");
}
