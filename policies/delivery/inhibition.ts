import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  configurationsIn,
} from "../facts/alertmanager";
import { PlainMap, UNKNOWN, at, hasUnknown, isMap, listAt, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { matches, readMatchers } from "../facts/routes";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Violation } from "../engine/violation";

// No configuration; the type keeps the place for it.
type InhibitionConfig = Record<never, never>;

export const inhibition: ResourcePolicy<InhibitionConfig> = {
  scope: "resource",
  name: "inhibition",
  description:
    "A critical alert silences the warning about the same thing, and nothing silences everything.",
  why: "Without it everybody is told twice; with an empty `equal`, one critical alert anywhere silences all warnings everywhere.",
  remediation:
    'inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [namespace, alertname]}]',
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {},
  appliesTo: canHoldAlertmanager,
  judge,
  remediate,
};

const critical = { severity: "critical" };
const watchdog = { alertname: "Watchdog", severity: "none" };
const warning = { severity: "warning" };
const pair = {
  source_matchers: ['severity="critical"'],
  target_matchers: ['severity="warning"'],
  equal: ["namespace", "alertname"],
};

function judge(resource: Resource): Verdict {
  const verdicts = configurationsIn(resource).map(judgeOne);
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
  };
}

function judgeOne({ config, path, where, urn }: AlertmanagerConfiguration): Verdict {
  if (config === UNKNOWN) return { violations: [], unknown: { path } };
  if (config === undefined) return { violations: [] };
  // An AlertmanagerConfig adds to a configuration, which is where the pair belongs.
  const complete = !where.startsWith("AlertmanagerConfig");
  const rules = at(config, "inhibit_rules");
  if (rules === UNKNOWN) return { violations: [], unknown: { path: [...path, "inhibit_rules"] } };
  const list = listAt(rules);
  const violations: Violation[] = list.flatMap((rule, index) => {
    const problem = wrongWith(rule);
    return problem === undefined
      ? []
      : [
          {
            problem,
            where: `${where}, inhibit_rules[${index}]`,
            bound: "labels that tell one thing from another",
            fix: `set equal: [namespace, alertname] in inhibit_rules[${index}]`,
          },
        ];
  });
  if (complete && !list.some((rule) => hasUnknown(rule) || silencesWarnings(rule))) {
    violations.push({
      problem: "a critical alert does not silence the warning about the same thing",
      where: `${where}, inhibit_rules`,
      bound: "severity critical inhibits severity warning, for equal labels",
      fix: inhibition.remediation,
    });
  }
  return { violations: violations.map((violation) => ({ ...violation, urn })) };
}

/** Whether a critical alert silences a warning, whichever other labels they have. */
function silencesWarnings(rule: unknown): boolean {
  const source = readMatchers(rule, "source_").matchers;
  const target = readMatchers(rule, "target_").matchers;
  const ofOneThing = [...source, ...target].every(({ label }) => label === "severity");
  return (
    ofOneThing &&
    source.every((matcher) => matches(matcher, critical)) &&
    target.every((matcher) => matches(matcher, warning)) &&
    labelsIn(rule).length > 0
  );
}

function labelsIn(rule: unknown): unknown[] {
  return listAt(rule, "equal").filter((label) => label !== "" && label !== "severity");
}

function wrongWith(rule: unknown): string | undefined {
  if (!isMap(rule) || hasUnknown(rule)) return undefined;
  const source = readMatchers(rule, "source_");
  const target = readMatchers(rule, "target_");
  // Without a source nothing is silenced: an alert never silences itself. The chart's last rule is so.
  if (source.matchers.length === 0 && pinsAlert(target.matchers)) return undefined;
  const equal = labelsIn(rule);
  if (equal.length === 0) {
    return "`equal` is empty: one alert silences everything that matches, wherever it is";
  }
  // A missing label counts as equal: such a label alone tells nothing apart.
  if (equal.every((label) => label === "cluster" || label === "env" || label === "prometheus")) {
    return "`equal` has only labels that all alerts share: one alert silences everything that matches";
  }
  if (source.matchers.every((matcher) => matches(matcher, watchdog))) {
    return "an alert that always fires silences what matches";
  }
  if (
    !pinsAlert(target.matchers) &&
    target.matchers.every((matcher) => matches(matcher, critical))
  ) {
    return "a critical alert can be silenced by it";
  }
  return undefined;
}

/** Whether only alerts of given names match. */
function pinsAlert(matchers: { label: string; operator: string }[]): boolean {
  return matchers.some(({ label, operator }) => label === "alertname" && !operator.startsWith("!"));
}

function remediate(resource: Resource, props: PlainMap): boolean {
  let changed = false;
  for (const configuration of configurationsIn(resource)) {
    const { config, path, editable } = configuration;
    if (!editable || config === UNKNOWN || config === undefined) continue;
    if (judgeOne(configuration).violations.length === 0) continue;
    const rules = listAt(config, "inhibit_rules");
    if (hasUnknown(rules)) continue;
    const mended = rules.filter((rule) => wrongWith(rule) === undefined);
    if (!mended.some(silencesWarnings)) mended.unshift(pair);
    changed = setAt(props, [...path, "inhibit_rules"], mended) || changed;
  }
  return changed;
}
