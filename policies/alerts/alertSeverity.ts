import { closest, distance } from "fastest-levenshtein";
import { checkAlerts } from "./checkRules";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { shown } from "../engine/violation";
import { PlainMap, UNKNOWN, at, isMap, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Rule, canContainRules, rulesOf } from "../facts/rules";
import { own } from "../shared/own";

const properties = {
  allowed: listProperty(
    ["critical", "warning", "info", "none"],
    "Allowed severities, from the most urgent to the least urgent.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const alertSeverity = resourcePolicy({
  name: "alert-severity",
  description: "Each alert has an allowed severity, and no label contains the value of the alert.",
  why: "Routes match the severity, so an alert with a missing or unknown severity does not reach its receiver. A label that contains the value creates a new alert at each evaluation, so `for` never elapses and nothing is grouped.",
  remediation: "set labels.severity to critical, warning, info or none",
  severity: "high",
  baseline: {
    enforcementLevel: "advisory",
    defaults: { allowed: ["critical", "page", "error", "warning", "ticket", "info", "none"] },
  },
  config: properties,
  appliesTo: canContainRules,
  check: (resource, config) =>
    checkAlerts(resource, (alert) => [
      checkSeverity(alert, config),
      ...labelsWithValue(alert).map((label) => ({
        problem: `the label ${label} contains the value of the alert`,
        bound: "labels that stay the same between evaluations",
        fix: "move the value to an annotation",
      })),
    ]),
  remediate,
});

function checkSeverity(alert: Rule, { allowed }: Config): ViolationFinding | undefined {
  const severity = alert.labels["severity"];
  if (severity === UNKNOWN || allowed.some((name) => name === severity)) return undefined;
  return {
    problem: `the alert has ${severity === undefined ? "no severity" : "an unknown severity"}`,
    found: isUrgencyWord(severity) ? severity : shown(severity),
    bound: allowed.join(", "),
    fix: `labels.severity: ${nearestSeverity(severity, allowed)}`,
  };
}

function labelsWithValue({ labels }: Rule): string[] {
  return Object.entries(labels)
    .filter(([, value]) => typeof value === "string" && /\$value|\.Value\b/.test(value))
    .map(([label]) => label);
}

const synonyms: Record<string, string[]> = {
  critical: ["page", "fatal", "error", "high", "p1", "sev1", "emergency"],
  warning: ["medium", "minor", "major", "p2", "sev2", "ticket"],
  info: ["low", "notice", "information", "p3", "sev3"],
};

/** Whether a value is a common word for urgency, and therefore not a secret. */
function isUrgencyWord(severity: unknown): severity is string {
  const words = Object.entries(synonyms).flat(2);
  return typeof severity === "string" && words.includes(severity.trim().toLowerCase());
}

/**
 * Returns the allowed severity that is closest in meaning or spelling. Default: `warning` if it is
 * allowed, otherwise the first allowed severity.
 */
function nearestSeverity(severity: unknown, allowed: string[]): string {
  const fallback = allowed.includes("warning") ? "warning" : (allowed[0] ?? "warning");
  if (typeof severity !== "string") return fallback;
  const word = severity.trim().toLowerCase();
  const synonym = allowed.find((name) => own(synonyms, name)?.includes(word));
  if (synonym !== undefined || allowed.length === 0) return synonym ?? fallback;
  const similar = closest(word, allowed);
  return similar.startsWith(word.slice(0, 4)) || distance(similar, word) <= 2 ? similar : fallback;
}

function remediate(resource: Resource, props: PlainMap, config: Config): boolean {
  let changed = false;
  for (const alert of rulesOf(resource).rules.filter((rule) => rule.alert !== undefined)) {
    if (checkSeverity(alert, config) !== undefined) {
      const severity = nearestSeverity(alert.labels["severity"], config.allowed);
      changed = setAt(props, [...alert.path, "labels", "severity"], severity) || changed;
    }
    const labels = at(props, ...alert.path, "labels");
    for (const label of labelsWithValue(alert)) {
      if (!isMap(labels) || labels[label] === undefined) continue;
      delete labels[label];
      changed = true;
    }
  }
  return changed;
}
