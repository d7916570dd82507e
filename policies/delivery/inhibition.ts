import { Finding, resourcePolicy } from "../engine/policy";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  configurationsIn,
} from "../facts/alertmanager";
import { PlainMap, UNKNOWN, at, hasUnknown, isMap, listAt, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { matches, readMatchers } from "../facts/routes";
import { Matcher } from "../shared/matcher";

const remediation =
  'inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [namespace, alertname]}]';

export const inhibition = resourcePolicy({
  name: "inhibition",
  description:
    "Critical alerts inhibit warnings about the same object, and no alert inhibits all others.",
  why: "Without inhibition, the on-call engineer is notified twice about one problem; with an empty `equal`, one critical alert inhibits all warnings everywhere.",
  remediation,
  severity: "medium",
  appliesTo: canHoldAlertmanager,
  check: (resource) => configurationsIn(resource).flatMap(checkConfiguration),
  remediate,
});

const critical = { severity: "critical" };
const watchdog = { alertname: "Watchdog", severity: "none" };
const warning = { severity: "warning" };
const defaultRule = {
  source_matchers: ['severity="critical"'],
  target_matchers: ['severity="warning"'],
  equal: ["namespace", "alertname"],
};

function checkConfiguration({ config, path, where }: AlertmanagerConfiguration): Finding[] {
  if (config === UNKNOWN) return [{ unknown: path }];
  if (config === undefined) return [];
  const rules = at(config, "inhibit_rules");
  if (rules === UNKNOWN) return [{ unknown: [...path, "inhibit_rules"] }];
  const findings: Finding[] = listAt(rules).flatMap((rule, index) => {
    const problem = problemWith(rule);
    if (problem === undefined) return [];
    return [
      {
        problem,
        where: `${where}, inhibit_rules[${index}]`,
        bound: "labels that identify an object",
        fix: `set equal: [namespace, alertname] in inhibit_rules[${index}]`,
      },
    ];
  });
  // An AlertmanagerConfig extends a configuration that has the rule.
  const isComplete = !where.startsWith("AlertmanagerConfig");
  if (isComplete && !listAt(rules).some((rule) => hasUnknown(rule) || inhibitsWarnings(rule))) {
    findings.push({
      problem: "critical alerts do not inhibit warnings about the same object",
      where: `${where}, inhibit_rules`,
      bound: "severity critical inhibits severity warning, with equal labels",
      fix: remediation,
    });
  }
  return findings;
}

/** Whether critical alerts inhibit warnings, whatever other labels the alerts have. */
function inhibitsWarnings(rule: unknown): boolean {
  const source = readMatchers(rule, "source_").matchers;
  const target = readMatchers(rule, "target_").matchers;
  return (
    [...source, ...target].every(({ label }) => label === "severity") &&
    source.every((matcher) => matches(matcher, critical)) &&
    target.every((matcher) => matches(matcher, warning)) &&
    equalLabels(rule).length > 0
  );
}

function equalLabels(rule: unknown): unknown[] {
  return listAt(rule, "equal").filter((label) => label !== "" && label !== "severity");
}

function problemWith(rule: unknown): string | undefined {
  if (!isMap(rule) || hasUnknown(rule)) return undefined;
  const source = readMatchers(rule, "source_").matchers;
  const target = readMatchers(rule, "target_").matchers;
  // Without source matchers an alert would inhibit itself, which Alertmanager prevents. The last
  // rule of the chart has this form.
  if (source.length === 0 && requiresAlertname(target)) return undefined;
  const equal = equalLabels(rule);
  if (equal.length === 0) return "`equal` is empty, so one alert inhibits all that match";
  // Missing labels count as equal, so a label that all alerts share distinguishes nothing.
  if (equal.every((label) => label === "cluster" || label === "env" || label === "prometheus")) {
    return "`equal` contains only labels that all alerts share, so one alert inhibits all that match";
  }
  if (source.every((matcher) => matches(matcher, watchdog))) {
    return "an alert that always fires inhibits all that match";
  }
  if (!requiresAlertname(target) && target.every((matcher) => matches(matcher, critical))) {
    return "the rule inhibits critical alerts";
  }
  return undefined;
}

/** Whether the matchers select alerts by name. */
function requiresAlertname(matchers: Matcher[]): boolean {
  return matchers.some(({ label, operator }) => label === "alertname" && !operator.startsWith("!"));
}

function remediate(resource: Resource, props: PlainMap): boolean {
  return configurationsIn(resource)
    .map((configuration) => {
      const { config, path, editable } = configuration;
      const rules = isMap(config) ? listAt(config, "inhibit_rules") : [];
      if (!editable || !isMap(config) || hasUnknown(rules)) return false;
      if (checkConfiguration(configuration).every((finding) => "unknown" in finding)) return false;
      const kept = rules.filter((rule) => problemWith(rule) === undefined);
      const complete = kept.some(inhibitsWarnings) ? kept : [defaultRule, ...kept];
      return setAt(props, [...path, "inhibit_rules"], complete);
    })
    .includes(true);
}
