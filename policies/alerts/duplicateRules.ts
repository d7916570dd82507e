import { chartAlertsOf } from "../facts/chartAlerts";
import { helmChart } from "../facts/helm";
import { Resource } from "../facts/resource";
import { Rule, canHoldRules, rulesOf } from "../facts/rules";
import { StackPolicy, Verdict } from "../engine/policy";
import { parsePromQL } from "../promql/parse";
import { selectorsOf } from "../promql/selectors";
import { Violation } from "../engine/violation";

export const duplicateRules: StackPolicy<unknown> = {
  scope: "stack",
  name: "duplicate-rules",
  description: "Every alert is there once, also beside those that the chart brings.",
  why: "The same alert twice pages twice, is silenced once, and is tuned in one place of two.",
  remediation:
    "remove one of the two, or switch off the chart's: defaultRules.disabled.<alert>: true",
  severity: "low",
  enforcementLevel: "advisory",
  config: {},
  reads: canHoldRules,
  judge,
};

interface Alert {
  name: string;
  rule: Rule;
  urn: string;
}

function judge(resources: Resource[]): Verdict {
  const alerts = resources.flatMap((resource) =>
    rulesOf(resource).rules.flatMap((rule): Alert[] =>
      rule.alert === undefined ? [] : [{ name: rule.alert, rule, urn: resource.urn }],
    ),
  );
  return { violations: [...repeated(alerts), ...alsoInChart(alerts, resources)] };
}

/** Alerts of one name and severity that look at the same series over the same windows. */
function repeated(alerts: Alert[]): (Violation & { urn: string })[] {
  const seen = new Map<string, Alert>();
  return alerts.flatMap((alert) => {
    const key = keyOf(alert);
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, alert);
      return [];
    }
    return [
      {
        urn: alert.urn,
        rule: alert.name,
        problem: `the alert ${alert.name} is there twice`,
        where: alert.rule.where,
        found: `also in ${other.rule.where}`,
        fix: "remove one of the two",
      },
    ];
  });
}

/** Thresholds are left out: the same alert with another number is the same alert. */
function keyOf({ name, rule }: Alert): string {
  const parsed = parsePromQL(rule.expr);
  const watched =
    parsed.error === undefined
      ? [...new Set(selectorsOf(parsed.expr).map((selector) => JSON.stringify(selector)))].sort()
      : [rule.expr];
  const labels = Object.entries(rule.labels).map(([label, value]) => `${label}=${String(value)}`);
  return JSON.stringify([name, labels.sort(), watched]);
}

function alsoInChart(alerts: Alert[], resources: Resource[]): (Violation & { urn: string })[] {
  const brought = new Map<string, { name: string; release: string }>();
  for (const resource of resources) {
    const release = helmChart(resource)?.release ?? resource.name;
    for (const name of chartAlertsOf(resource)) brought.set(plainName(name), { name, release });
  }
  return alerts.flatMap(({ name, rule, urn }) => {
    const own = brought.get(plainName(name));
    if (own === undefined) return [];
    return [
      {
        urn,
        rule: name,
        problem: `the chart brings the alert ${own.name} by itself`,
        where: rule.where,
        found: `release "${own.release}" (kube-prometheus-stack)`,
        fix: `defaultRules.disabled.${own.name}: true in the values of ${own.release}, or remove ${name}`,
      },
    ];
  });
}

/** KubePodCrashLooping and PodCrashLooping are one alert. */
function plainName(name: string): string {
  return name.replace(/^Kube(?=[A-Z])/, "");
}
