import { checkConfigurations, remediateConfigurations } from "./configurations";
import { Finding, ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { AlertmanagerConfiguration, canHoldAlertmanager } from "../facts/alertmanager";
import { watchdog } from "../facts/chartAlerts";
import { PlainMap, UNKNOWN, at, hasUnknown, isMap, listAt } from "../facts/plain";
import { matches, readMatchers } from "../facts/routes";
import { Matcher } from "../shared/matcher";

const remediationFor = (severity: string) =>
  `inhibit_rules: [{source_matchers: [severity="${severity}"], target_matchers: [severity="warning"], equal: [namespace, alertname]}]`;

const properties = {
  inhibitingSeverities: listProperty(
    ["critical"],
    "Severities whose alerts must inhibit warnings about the same object. If the list is empty, no inhibition is required.",
  ),
  advisedSeverities: listProperty<string>(
    [],
    "Severities whose alerts should inhibit warnings about the same object. A missing inhibition is advisory regardless of the level.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const inhibition = resourcePolicy({
  name: "inhibition",
  description:
    "Critical alerts inhibit warnings about the same object, and no alert inhibits all others.",
  why: "Without inhibition, the on-call engineer is notified twice about one problem; with an empty `equal`, one critical alert inhibits all warnings everywhere.",
  remediation: remediationFor("critical"),
  severity: "medium",
  annotations: "forbidden",
  // Duplicate notifications are a nuisance, but a rule that inhibits too much loses alerts.
  baseline: { defaults: { inhibitingSeverities: [], advisedSeverities: ["critical"] } },
  config: properties,
  appliesTo: canHoldAlertmanager,
  check: (resource, settings) =>
    checkConfigurations(resource, (config, configuration) =>
      checkConfiguration(config, configuration, settings),
    ),
  remediate: (resource, props, { inhibitingSeverities }) =>
    remediateConfigurations(resource, props, "inhibit_rules", (config) => {
      const rules = listAt(config, "inhibit_rules");
      const validRules = rules.filter((rule) => problemWith(rule) === undefined);
      const missing = inhibitingSeverities.filter(
        (severity) => !validRules.some((rule) => inhibitsWarnings(rule, severity)),
      );
      const isComplete = missing.length === 0 && validRules.length === rules.length;
      return isComplete ? undefined : [...missing.map(defaultRule), ...validRules];
    }),
});

const critical = { severity: "critical" };
const warning = { severity: "warning" };
const defaultRule = (severity: string) => ({
  source_matchers: [`severity="${severity}"`],
  target_matchers: ['severity="warning"'],
  equal: ["namespace", "alertname"],
});

function checkConfiguration(
  config: PlainMap,
  { path, where }: AlertmanagerConfiguration,
  { inhibitingSeverities, advisedSeverities }: Config,
): Finding[] {
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
  // An AlertmanagerConfig does not need the rule, because it extends a configuration that has it.
  const isComplete = !where.startsWith("AlertmanagerConfig");
  const missingOf = (severities: string[]) =>
    (isComplete ? severities : []).filter(
      (severity) =>
        !listAt(rules).some((rule) => hasUnknown(rule) || inhibitsWarnings(rule, severity)),
    );
  const report = (severity: string): ViolationFinding => ({
    problem: `${severity} alerts do not inhibit warnings about the same object`,
    where: `${where}, inhibit_rules`,
    bound: `severity ${severity} inhibits severity warning, with equal labels`,
    fix: remediationFor(severity),
  });
  return [
    ...findings,
    ...missingOf(inhibitingSeverities).map(report),
    ...missingOf(advisedSeverities).map((severity) => ({ ...report(severity), advisory: true })),
  ];
}

function matchersOf(rule: unknown): { source: Matcher[]; target: Matcher[] } {
  const [source, target] = [readMatchers(rule, "source_"), readMatchers(rule, "target_")];
  return { source: source.matchers, target: target.matchers };
}

/** Whether a rule makes alerts of a severity inhibit warnings, regardless of other labels. */
function inhibitsWarnings(rule: unknown, severity: string): boolean {
  const { source, target } = matchersOf(rule);
  return (
    [...source, ...target].every(({ label }) => label === "severity") &&
    source.every((matcher) => matches(matcher, { severity })) &&
    target.every((matcher) => matches(matcher, warning)) &&
    equalLabels(rule).length > 0
  );
}

function equalLabels(rule: unknown): unknown[] {
  return listAt(rule, "equal").filter((label) => label !== "" && label !== "severity");
}

function problemWith(rule: unknown): string | undefined {
  if (!isMap(rule) || hasUnknown(rule)) return undefined;
  const { source, target } = matchersOf(rule);
  // Without source matchers, a rule seems to let an alert inhibit itself, but Alertmanager prevents
  // that. The chart's last default rule has this form.
  if (source.length === 0 && requiresAlertname(target)) return undefined;
  const equal = equalLabels(rule);
  if (equal.length === 0) return "`equal` is empty, so one alert inhibits every matching alert";
  // Labels that all alerts share do not distinguish alerts, and missing labels are treated as equal.
  if (equal.every((label) => ["cluster", "env", "prometheus"].includes(String(label)))) {
    return "`equal` contains only labels that all alerts share, so one alert inhibits every matching alert";
  }
  if (source.every((matcher) => matches(matcher, watchdog))) {
    return "an alert that always fires inhibits every matching alert";
  }
  const isAboutNode = equal.some((label) =>
    /^(node|instance|pod|host(name)?)$/.test(String(label)),
  );
  if (isAboutNode && requiresAlertname(source)) return undefined;
  if (!requiresAlertname(target) && target.every((matcher) => matches(matcher, critical))) {
    return "the rule inhibits critical alerts";
  }
  return undefined;
}

/** Whether the matchers select alerts by name. */
function requiresAlertname(matchers: Matcher[]): boolean {
  return matchers.some(({ label, operator }) => label === "alertname" && !operator.startsWith("!"));
}
