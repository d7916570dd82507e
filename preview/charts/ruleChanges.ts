import { type Plain, type PlainMap, listAt, textAt } from "../../policies/facts/plain";
import { groupBy } from "../../components/shared/groupBy";
import { type RuleState, changed, formOf, parsedExpr } from "../compare/alerts";
import { keysOf } from "../compare/differences";

export interface RuleChange {
  kind: "alert" | "recording rule";
  name: string;
  change: string;
}

interface Rule extends RuleState, Pick<RuleChange, "kind" | "name"> {
  severity: string;
}

/**
 * Returns the alerts and recording rules that a chart removes, adds or changes, in any PrometheusRule.
 * Rules with the same name are matched by severity and then by order.
 */
export function ruleChanges(before: PlainMap[], after: PlainMap[]): RuleChange[] {
  const byName = (objects: PlainMap[]) =>
    new Map(groupBy(rulesOf(objects), ({ kind, name }) => `${kind} ${name}`));
  const [old, current] = [byName(before), byName(after)];
  return keysOf(old, current).flatMap((key) =>
    pairs(old.get(key) ?? [], current.get(key) ?? []).flatMap(([was, is]): RuleChange[] => {
      const { kind, name } = (is ?? was)!;
      return differencesOf(was, is).map((change) => ({ kind, name, change }));
    }),
  );
}

function differencesOf(was: Rule | undefined, is: Rule | undefined): string[] {
  const severity = (rule: Rule): string => (rule.severity === "" ? "" : ` (${rule.severity})`);
  if (was === undefined) return [`added${severity(is!)}`];
  if (is === undefined) return [`removed${severity(was)}`];
  return [
    ...(was.severity === is.severity ? [] : [`severity ${was.severity} → ${is.severity}`]),
    ...changed(was, is),
  ];
}

type Pair = [before: Rule | undefined, after: Rule | undefined];

function pairs(before: Rule[], after: Rule[]): Pair[] {
  const unmatched = [...after];
  const take = (isMatch: (rule: Rule) => boolean): Rule | undefined => {
    const index = unmatched.findIndex(isMatch);
    return index < 0 ? undefined : unmatched.splice(index, 1)[0];
  };
  // Match equal rules first, so that a removed rule does not shift the others.
  const matches: ((was: Rule) => (is: Rule) => boolean)[] = [
    (was) => (is) => differencesOf(was, is).length === 0,
    (was) => (is) => was.severity === is.severity,
    () => () => true,
  ];
  const counterparts = new Map<Rule, Rule>();
  for (const matching of matches) {
    for (const was of before) {
      if (counterparts.has(was)) continue;
      const is = take(matching(was));
      if (is !== undefined) counterparts.set(was, is);
    }
  }
  return [
    ...before.map((was): Pair => [was, counterparts.get(was)]),
    ...unmatched.map((is): Pair => [undefined, is]),
  ];
}

function rulesOf(objects: PlainMap[]): Rule[] {
  return objects
    .filter(({ kind }) => kind === "PrometheusRule")
    .flatMap((object) => listAt(object, "spec", "groups"))
    .flatMap((group) => listAt(group, "rules"))
    .flatMap((rule: Plain): Rule[] => {
      const [alert, record] = [textAt(rule, "alert"), textAt(rule, "record")];
      const name = alert ?? record;
      if (name === undefined) return [];
      const expr = textAt(rule, "expr") ?? "";
      return [
        {
          kind: alert === undefined ? "recording rule" : "alert",
          name,
          severity: textAt(rule, "labels", "severity") ?? "",
          for: textAt(rule, "for") ?? "0s",
          expr,
          ...formOf(expr, parsedExpr(rule)),
        },
      ];
    });
}
