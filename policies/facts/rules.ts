import { HelmChart, helmChart, isHelmType } from "./helm";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  listAt,
  mapAt,
  setAt,
  textAt,
} from "./plain";
import { Resource } from "./resource";

const ruleTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
  "kubernetes:monitoring.coreos.com/v1:PrometheusRulePatch",
]);

/** An alerting or recording rule, with where it stands. */
export interface Rule {
  /** Name of the alert, or of the series that a recording rule makes. */
  name: string;
  /** Name of the alert, or undefined for a recording rule. */
  alert?: string;
  /** Name of the series that a recording rule makes. */
  record?: string;
  expr: string;
  /** `PrometheusRule "ticketing-services", group ticketing.services`. */
  where: string;
  /** Place among the properties of its resource. */
  path: Path;
  /** How long the expression must hold before the alert fires, as written. */
  for: Plain;
  /** Labels, with those of its group. */
  labels: PlainMap;
  annotations: PlainMap;
}

export interface Rules {
  rules: Rule[];
  /** Path of the first thing that could hold further rules once it is known. */
  unknownAt?: Path;
}

export function canHoldRules(type: string): boolean {
  return ruleTypes.has(type) || isHelmType(type);
}

/** All rules that a resource brings: a PrometheusRule, or rules among the values of a chart. */
export function rulesOf(resource: Resource): Rules {
  if (ruleTypes.has(resource.type)) {
    const name = textAt(resource.props, "metadata", "name") ?? resource.name;
    return fromGroups(resource, ["spec", "groups"], `PrometheusRule "${name}"`);
  }
  const chart = helmChart(resource);
  return chart?.chart === "kube-prometheus-stack" ? rulesInValues(resource, chart) : { rules: [] };
}

/** The resource without some of its rules, in the same places; its properties change. */
export function withoutRules(resource: Resource, isOut: (name: string) => boolean): Resource {
  for (const { name, path } of rulesOf(resource).rules) {
    if (isOut(name)) setAt(resource.props as PlainMap, path, {});
  }
  return resource;
}

function rulesInValues(resource: Resource, { release }: HelmChart): Rules {
  const map: Path = ["values", "additionalPrometheusRulesMap"];
  const list: Path = ["values", "additionalPrometheusRules"];
  const sources = [
    ...entriesAt(resource.props, ...map).map(([key]) => [...map, key]),
    ...listAt(resource.props, ...list).map((_, index) => [...list, index]),
  ];
  const found = sources.map((path) =>
    fromGroups(resource, [...path, "groups"], `release "${release}", ${formatPath(path)}`),
  );
  const hidden = [map, list].find((path) => at(resource.props, ...path) === UNKNOWN);
  const unknownAt = found.find((rules) => rules.unknownAt !== undefined)?.unknownAt ?? hidden;
  return {
    rules: found.flatMap(({ rules }) => rules),
    ...(unknownAt === undefined ? {} : { unknownAt }),
  };
}

function fromGroups(resource: Resource, path: Path, where: string): Rules {
  const rules: Rule[] = [];
  let unknownAt: Path | undefined = at(resource.props, ...path) === UNKNOWN ? path : undefined;
  listAt(resource.props, ...path).forEach((group, groupIndex) => {
    const groupPath = [...path, groupIndex];
    if (group === UNKNOWN || at(group, "rules") === UNKNOWN) unknownAt ??= [...groupPath, "rules"];
    listAt(group, "rules").forEach((rule, ruleIndex) => {
      if (rule === UNKNOWN || hasUnknown(at(rule, "expr"))) {
        unknownAt ??= [...groupPath, "rules", ruleIndex, "expr"];
        return;
      }
      const read = ruleOf(rule, {
        where: `${where}, group ${textAt(group, "name") ?? groupIndex}`,
        path: [...groupPath, "rules", ruleIndex],
        groupLabels: mapAt(group, "labels"),
      });
      if (read !== undefined) rules.push(read);
    });
  });
  return { rules, ...(unknownAt === undefined ? {} : { unknownAt }) };
}

interface Place {
  where: string;
  path: Path;
  groupLabels: PlainMap;
}

function ruleOf(rule: Plain, { where, path, groupLabels }: Place): Rule | undefined {
  const expr = at(rule, "expr");
  // The schema of PrometheusRule allows a number too.
  if (typeof expr !== "string" && typeof expr !== "number") return undefined;
  const alert = textAt(rule, "alert");
  const record = textAt(rule, "record");
  return {
    name: alert ?? record ?? "",
    ...(alert === undefined ? {} : { alert }),
    ...(record === undefined ? {} : { record }),
    expr: String(expr),
    where: alert === undefined ? where : `${where}, alert ${alert}`,
    path,
    for: at(rule, "for"),
    labels: { ...groupLabels, ...mapAt(rule, "labels") },
    annotations: mapAt(rule, "annotations"),
  };
}
