import { z } from "zod";
import { groupBy } from "../shared/groupBy";
import { Problem, example, issue, unknownKey } from "../shared/problems";
import { wholeNumber } from "../shared/schemas";
import { logAlertNames, monitoredServicesAlertNames, platformAlertNames } from "./alertNames";
import { RuleThreshold, ruleThresholds, thresholdSettings } from "./ruleThresholds";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "./rules";

const ruleSettingsSchema = z.strictObject({
  enabled: example(z.boolean(), false).optional().meta({
    description: "Whether the alert exists.",
    defaultText: "true",
  }),
  forMinutes: example(wholeNumber.min(0).max(1440), 10).optional().meta({
    description: "Minutes for which the condition must hold before the alert fires.",
    defaultText: "the duration in [Alerts](alerts.md)",
  }),
  severity: example(z.enum([Severity.Critical, Severity.Warning, Severity.Info]), Severity.Warning)
    .optional()
    .meta({
      description: "Severity of the alert.",
      defaultText: "the severity in [Alerts](alerts.md)",
    }),
  threshold: example(z.number(), 3).optional().meta({
    description:
      "Threshold, for alerts without a dedicated threshold setting ([units and bounds](alerts.md#settings-of-individual-alerts)).",
    defaultText: "the threshold in [Alerts](alerts.md)",
  }),
});
export type RuleSettings = z.output<typeof ruleSettingsSchema>;
/** Alert settings, keyed by alert name. */
export type RulesSettings = Record<string, RuleSettings>;

/** Returns the schema for the settings of the named alerts. */
export function rulesSettings(names: readonly string[]) {
  return z.record(z.string(), ruleSettingsSchema).superRefine((rules, ctx) => {
    for (const { path, rule, fix, code } of unknownAlerts(rules, names)) {
      issue(ctx, path, rule, fix, code);
    }
    for (const [name, { threshold }] of Object.entries(rules)) {
      if (threshold === undefined || !names.includes(name)) continue;
      const problem = thresholdProblem(name, threshold);
      if (problem !== undefined) issue(ctx, [name, "threshold"], problem.rule, problem.fix);
    }
  });
}

const ownAlertNames = new Set<string>([
  ...monitoredServicesAlertNames,
  ...platformAlertNames,
  ...logAlertNames,
]);

/** Returns the problem with an alert's threshold, or undefined if the threshold is valid. */
function thresholdProblem(name: string, value: number): Pick<Problem, "rule" | "fix"> | undefined {
  const threshold = new Map<string, RuleThreshold>(Object.entries(ruleThresholds)).get(name);
  if (threshold !== undefined) {
    const { min, max, unit, default: usual } = threshold;
    if (value >= min && value <= max) return undefined;
    const rule = `must be at least ${min} and at most ${max} ${unit}`;
    return { rule, fix: { kind: "set", example: usual } };
  }
  const setting = thresholdSettings[name];
  if (setting !== undefined) {
    const rule = `is not available for ${name}, whose threshold is ${setting}`;
    return { rule, fix: { kind: "do", text: `set ${setting} instead` } };
  }
  if (!ownAlertNames.has(name)) {
    const rule = `is not available for ${name}, whose expression is defined by the chart`;
    const text = `disable ${name}, and create a PrometheusRule with a different threshold`;
    return { rule, fix: { kind: "do", text } };
  }
  const rule = `is not available for ${name}, which fires on a state and has no threshold`;
  return { rule, fix: { kind: "remove" } };
}

/** Returns a problem for each setting whose alert does not exist. */
export function unknownAlerts(rules: object, names: readonly string[]): Problem[] {
  const configured = Object.keys(rules);
  return Object.entries(rules)
    .filter(([name]) => !names.includes(name))
    .map(([name, value]) => ({
      ...unknownKey([name], value, [...names], configured),
      rule: "is not the name of an alert",
    }));
}

/** Applies settings to the alerts in the given groups. */
export function withRuleSettings(groups: AlertGroup[], settings: RulesSettings): AlertGroup[] {
  return mapAlerts(groups, (rules, name) => withSettings(rules, settings[name]));
}

/** Replaces all rules of an alert at once, at the position of its first rule. */
export function mapAlerts(
  groups: AlertGroup[],
  replace: (rules: AlertRule[], name: string, group: AlertGroup) => AlertRule[],
): AlertGroup[] {
  return groups
    .map((group) => {
      const alerts = group.rules.filter((rule): rule is AlertRule => "alert" in rule);
      const byName = new Map(groupBy(alerts, ({ alert }) => alert));
      const rules = group.rules.flatMap((rule): (AlertRule | RecordingRule)[] => {
        if (!("alert" in rule)) return [rule];
        const all = byName.get(rule.alert) ?? [];
        return all[0] === rule ? replace(all, rule.alert, group) : [];
      });
      return { ...group, rules };
    })
    .filter(({ rules }) => rules.length > 0);
}

/**
 * Returns all rules of an alert with its settings applied, or none if the settings disable it. If a
 * severity is set, rules with different severities are merged into one: Alertmanager cannot distinguish
 * alerts that have the same labels, and would resolve one when the other resolves.
 */
export function withSettings(defaults: AlertRule[], settings: RuleSettings = {}): AlertRule[] {
  const { enabled, forMinutes, severity, threshold } = settings;
  if (enabled === false) return [];
  const rules = defaults.map(({ atThreshold, ...rule }) =>
    threshold === undefined ? rule : { ...rule, ...atThreshold?.(threshold) },
  );
  const [first] = rules;
  const hasTiers = new Set(rules.map((rule) => rule.severity)).size > 1;
  const adjustable =
    first !== undefined && severity !== undefined && hasTiers
      ? [
          {
            ...first,
            expr: rules.map(({ expr }) => `(\n${expr}\n)`).join("\nor\n"),
            forMinutes: Math.min(...rules.map((rule) => rule.forMinutes)),
          },
        ]
      : rules;
  return adjustable.map((rule) => ({
    ...rule,
    forMinutes: forMinutes ?? rule.forMinutes,
    severity: severity ?? rule.severity,
  }));
}
