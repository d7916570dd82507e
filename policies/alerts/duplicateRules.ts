import { StackFinding, stackPolicy } from "../engine/policy";
import { chartAlertsOf } from "../facts/chartAlerts";
import { helmChart } from "../facts/helm";
import { Resource } from "../facts/resource";
import { Rule, canHoldRules, rulesOfStack } from "../facts/rules";
import { parsePromQL } from "../promql/parse";
import { selectorsOf } from "../promql/expr";

export const duplicateRules = stackPolicy({
  name: "duplicate-rules",
  description: "No alert exists twice, in the stack or in the chart.",
  why: "A duplicated alert pages the on-call engineer twice, and a silence or a new threshold applies to one of the two only.",
  remediation:
    "remove one of the two, or disable the alert of the chart: defaultRules.disabled.<alert>: true",
  severity: "low",
  enforcementLevel: "advisory",
  reads: canHoldRules,
  check(resources) {
    const alerts = rulesOfStack(resources).rules.filter(({ alert }) => alert !== undefined);
    return [...repeated(alerts), ...alsoInChart(alerts, resources)];
  },
});

type Alert = Rule & { urn: string };

/** Alerts with the same name, labels and selectors. */
function repeated(alerts: Alert[]): StackFinding[] {
  const firstByKey = new Map<string, Alert>();
  return alerts.flatMap((alert) => {
    const key = keyOf(alert);
    const first = firstByKey.get(key);
    if (first === undefined) {
      firstByKey.set(key, alert);
      return [];
    }
    return [
      {
        urn: alert.urn,
        rule: alert.name,
        problem: `the alert ${alert.name} exists twice`,
        where: alert.where,
        found: `also in ${first.where}`,
        fix: "remove one of the two",
      },
    ];
  });
}

/** Thresholds are not part of the key: an alert with another threshold is a duplicate. */
function keyOf({ name, expr, labels }: Alert): string {
  const parsed = parsePromQL(expr);
  const selectors =
    parsed.error === undefined
      ? [...new Set(selectorsOf(parsed.expr).map((selector) => JSON.stringify(selector)))].sort()
      : [expr];
  const sortedLabels = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
  return JSON.stringify([name, sortedLabels.sort(), selectors]);
}

function alsoInChart(alerts: Alert[], resources: Resource[]): StackFinding[] {
  const chartAlerts = new Map<string, { chartAlert: string; release: string }>();
  for (const resource of resources) {
    const release = helmChart(resource)?.release ?? resource.name;
    for (const chartAlert of chartAlertsOf(resource)) {
      chartAlerts.set(withoutPrefix(chartAlert), { chartAlert, release });
    }
  }
  return alerts.flatMap(({ name, where, urn }) => {
    const duplicate = chartAlerts.get(withoutPrefix(name));
    if (duplicate === undefined) return [];
    const { chartAlert, release } = duplicate;
    return [
      {
        urn,
        rule: name,
        problem: `the chart already has the alert ${chartAlert}`,
        where,
        found: `release "${release}" (kube-prometheus-stack)`,
        fix: `defaultRules.disabled.${chartAlert}: true in the values of ${release}, or remove ${name}`,
      },
    ];
  });
}

/** KubePodCrashLooping and PodCrashLooping are the same alert. */
function withoutPrefix(name: string): string {
  return name.replace(/^Kube(?=[A-Z])/, "");
}
