import { closest, distance } from "fastest-levenshtein";
import { judgeAlerts } from "./eachRule";
import { PlainMap, UNKNOWN, at, isMap, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Rule, canContainRules, rulesOf } from "../facts/rules";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Violation, shown } from "../engine/violation";

export interface AlertSeverityConfig {
  allowed: string[];
}

export const alertSeverity: ResourcePolicy<AlertSeverityConfig> = {
  scope: "resource",
  name: "alert-severity",
  description: "Every alert has one of the agreed severities, and labels that do not change.",
  why: "Routes go by severity: an alert with none, or with one that nobody knows, reaches nobody. A label with the value in it makes a new alert of every evaluation, so `for` never passes and nothing is grouped.",
  remediation: "set labels.severity to critical, warning, info or none",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    allowed: {
      type: "array",
      items: { type: "string" },
      default: ["critical", "warning", "info", "none"],
      description: "Severities, from the most urgent to the least.",
    },
  },
  appliesTo: canContainRules,
  judge,
  remediate,
};

function judge(resource: Resource, config: AlertSeverityConfig): Verdict {
  return judgeAlerts(resource, (alert) => [
    ...severityViolation(alert, config),
    ...changingLabels(alert).map((label) => ({
      problem: `the label ${label} contains the value of the alert`,
      where: alert.where,
      bound: "labels that are the same at every evaluation",
      fix: "move it to an annotation",
    })),
  ]);
}

function severityViolation(alert: Rule, { allowed }: AlertSeverityConfig): Violation[] {
  const severity = severityOf(alert);
  if (severity === UNKNOWN || allowed.some((one) => one === severity)) return [];
  const meant = nearest(severity, allowed);
  return [
    {
      problem:
        severity === undefined ? "the alert has no severity" : "the alert has an unknown severity",
      where: alert.where,
      found: isWord(severity) ? severity : shown(severity),
      bound: allowed.join(", "),
      fix: `labels.severity: ${meant}`,
    },
  ];
}

function severityOf({ labels }: Rule): unknown {
  return labels["severity"];
}

function changingLabels({ labels }: Rule): string[] {
  return Object.entries(labels)
    .filter(([, value]) => typeof value === "string" && /\$value|\.Value\b/.test(value))
    .map(([label]) => label);
}

const otherWords: Record<string, string[]> = {
  critical: ["page", "fatal", "error", "high", "p1", "sev1", "emergency"],
  warning: ["medium", "minor", "major", "p2", "sev2", "ticket"],
  info: ["low", "notice", "information", "p3", "sev3"],
};

/** A word that says how urgent something is, and so no secret. */
function isWord(severity: unknown): severity is string {
  const words = Object.entries(otherWords).flat(2);
  return typeof severity === "string" && words.includes(severity.trim().toLowerCase());
}

/** The allowed severity that was meant; `warning`, or the first one, where there is no telling. */
function nearest(severity: unknown, allowed: string[]): string {
  const usual = allowed.includes("warning") ? "warning" : (allowed[0] ?? "warning");
  if (typeof severity !== "string") return usual;
  const word = severity.trim().toLowerCase();
  const same = allowed.find((one) => otherWords[one]?.includes(word));
  if (same !== undefined || allowed.length === 0) return same ?? usual;
  const near = closest(word, allowed);
  return near.startsWith(word.slice(0, 4)) || distance(near, word) <= 2 ? near : usual;
}

function remediate(resource: Resource, props: PlainMap, config: AlertSeverityConfig): boolean {
  let changed = false;
  for (const alert of rulesOf(resource).rules.filter((rule) => rule.alert !== undefined)) {
    if (severityViolation(alert, config).length > 0) {
      const meant = nearest(severityOf(alert), config.allowed);
      changed = setAt(props, [...alert.path, "labels", "severity"], meant) || changed;
    }
    const own = at(props, ...alert.path, "labels");
    for (const label of changingLabels(alert)) {
      if (!isMap(own) || own[label] === undefined) continue;
      delete own[label];
      changed = true;
    }
  }
  return changed;
}
