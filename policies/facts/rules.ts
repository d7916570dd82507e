import { isMap } from "../shared/isMap";
import { isRuleNamespace } from "./amp";
import { helmChart, isHelmType } from "./helm";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isText,
  itemsAt,
  listAt,
  mapAt,
  setAt,
  textAt,
} from "./plain";
import { Resource, objectName } from "./resource";
import { readYaml } from "./yaml";
import { configMapType } from "./types";

/** An alerting or recording rule and its location. */
export interface Rule {
  /** Name of the alert or the recorded series. */
  name: string;
  /** Undefined for a recording rule. */
  alert: string | undefined;
  /** Undefined for an alerting rule. */
  record: string | undefined;
  expr: string;
  /** `PrometheusRule "shop-services", group shop.services`. */
  where: string;
  /** Path in the resource's properties. */
  path: Path;
  /** The `for` duration, as written. */
  for: Plain;
  /** Interval and limit of the rule's group, as written. */
  group: { interval: Plain; limit: Plain };
  /** Labels of the rule and its group. */
  labels: PlainMap;
  annotations: PlainMap;
  /** The rule as written. */
  fields: PlainMap;
}

export interface Rules {
  rules: Rule[];
  /** Path of the first unknown value that could contain additional rules. */
  unknownAt?: Path | undefined;
}

function isRuleObject(type: string): boolean {
  return /^kubernetes:monitoring\.coreos\.com\/v1:PrometheusRule(Patch)?$/.test(type);
}

/** Returns the rule groups in a PrometheusRule or a rule group namespace. */
export function ruleGroupsOf({ type, props }: Pick<Resource, "type" | "props">): Plain[] {
  if (isRuleObject(type)) return listAt(props, "spec", "groups");
  return isRuleNamespace({ type }) ? listAt(readYaml(textAt(props, "data") ?? ""), "groups") : [];
}

export function canHoldRules(type: string): boolean {
  return isRuleObject(type) || isHelmType(type) || isRuleNamespace({ type });
}

/** Returns all rules in a PrometheusRule, a rule group namespace or chart values. */
export const rulesOf = perProperties(readRules);

function readRules(resource: Resource): Rules {
  if (isRuleObject(resource.type)) {
    return fromGroups(resource, ["spec", "groups"], `PrometheusRule "${objectName(resource)}"`);
  }
  if (isRuleNamespace(resource)) {
    const { props } = resource;
    const data = at(props, "data");
    const name = textAt(props, "name") ?? resource.name;
    if (data === UNKNOWN) return { rules: [], unknownAt: ["data"] };
    return fromText(resource, isText(data) ? data : "", ["data"], `rule group namespace "${name}"`);
  }
  const chart = helmChart(resource);
  if (chart === undefined) return { rules: [] };
  if (chart.values === UNKNOWN && /prometheus/.test(chart.chart)) {
    return { rules: [], unknownAt: ["values"] };
  }
  return joined(
    rulePlaces(chart.values, ["values"]).map((path) => {
      const value = at(resource.props, ...path);
      const shownPath = formatPath(path.at(-1) === "groups" ? path.slice(0, -1) : path);
      const where = `release "${chart.release}", ${shownPath}`;
      if (isText(value)) return withoutLogQL(fromText(resource, value, path, where));
      const isList = listAt(value).some(isRule);
      return withoutLogQL(
        isList ? fromList(resource, path, { where }) : fromGroups(resource, path, where),
      );
    }),
  );
}

/**
 * Finds rule groups, ungrouped rules and rule files in the values of any chart. Recognizes them by their
 * structure.
 */
function rulePlaces(values: Plain, path: Path): Path[] {
  if (values === UNKNOWN) return path.some((key) => unknownRules.has(key)) ? [path] : [];
  if (isText(values)) return isRuleFile(values) && /\bexpr\s*:/.test(values) ? [path] : [];
  if (Array.isArray(values) && (values.some(isGroup) || values.some(isRule))) return [path];
  // A disabled part of a chart creates no rules. Nested objects are evaluated as separate resources.
  const isOther = at(values, "enabled") === false || at(values, "apiVersion") !== undefined;
  if (path.length > MAX_RULE_DEPTH || isOther) return [];
  return itemsAt(values).flatMap(([key, inner]) => rulePlaces(inner, [...path, key]));
}

const MAX_RULE_DEPTH = 7;

/** Keys that always contain rules, which matters if their values are unknown. */
const unknownRules = new Set<string | number>([
  "additionalPrometheusRulesMap",
  "additionalPrometheusRules",
  "serverFiles",
]);

function isRule(rule: Plain): boolean {
  return at(rule, "expr") !== undefined && isText(at(rule, "alert") ?? at(rule, "record"));
}

function isGroup(group: Plain): boolean {
  const rules = at(group, "rules");
  return rules === UNKNOWN || listAt(rules).some((rule) => rule === UNKNOWN || isRule(rule));
}

function isRuleFile(text: string): boolean {
  return /^\s*groups\s*:/m.test(text) && !/^apiVersion\s*:/m.test(text);
}

export function canContainRules(type: string): boolean {
  return canHoldRules(type) || type === configMapType;
}

/**
 * Returns the rules from {@link rulesOf}, or the rules in a ConfigMap's files. Policies cannot determine
 * whether a Prometheus loads a ConfigMap, so they check its rules but do not count them as the stack's
 * alerts.
 */
export const judgedRules = perProperties((resource) =>
  resource.type === configMapType ? rulesInTexts(resource) : rulesOf(resource),
);

function rulesInTexts(resource: Resource): Rules {
  const name = objectName(resource);
  const labels = Object.keys(mapAt(resource.props, "metadata", "labels"));
  if ([name, ...labels].some((word) => /loki/i.test(word))) return { rules: [] };
  const files = entriesAt(resource.props, "data").map(([key, text]) =>
    isText(text) && isRuleFile(text)
      ? fromText(resource, text, ["data", key], `ConfigMap "${name}", ${key}`)
      : { rules: [] },
  );
  return withoutLogQL(joined(files));
}

/** Parses a rule file. The path of each rule is the path of the file's text. */
function fromText(resource: Resource, text: string, path: Path, where: string): Rules {
  const { rules, unknownAt } = fromGroups(
    { ...resource, props: readYaml(text) },
    ["groups"],
    where,
  );
  return {
    rules: rules.map((rule) => ({ ...rule, path })),
    ...(unknownAt && { unknownAt: path }),
  };
}

/** Discards all rules if one of them is LogQL, because Loki's rule files have the same format. */
function withoutLogQL(read: Rules): Rules {
  return read.rules.some(({ expr }) => isLogQL(expr)) ? { rules: [] } : read;
}

export function isLogQL(expr: string): boolean {
  return /[}\s](?:\|[=~]|\|\s*\w+|!~\s*["`])/.test(expr);
}

function joined(read: Rules[]): Rules {
  return {
    rules: read.flatMap(({ rules }) => rules),
    unknownAt: read.find(({ unknownAt }) => unknownAt !== undefined)?.unknownAt,
  };
}

/** A rule with the URN of its resource. */
export type StackRule = Rule & { urn: string };

/** Returns all rules of a stack, and the first unknown value that could contain additional rules. */
export function rulesOfStack(resources: Resource[]) {
  const read = resources.map((resource) => ({ ...rulesOf(resource), urn: resource.urn }));
  return {
    rules: read.flatMap(({ rules, urn }) => rules.map((rule): StackRule => ({ ...rule, urn }))),
    unknown: read
      .flatMap(({ unknownAt, urn }) => (unknownAt ? [{ unknown: unknownAt, urn }] : []))
      .slice(0, 1),
  };
}

/** Empties excluded rules in place, because removing them would shift the paths of the other rules. */
export function withoutRules(resource: Resource, isExcluded: (name: string) => boolean): Resource {
  for (const { name, path } of readRules(resource).rules) {
    const isInText = !isMap(at(resource.props, ...path));
    if (isExcluded(name) && !isInText) setAt(resource.props as PlainMap, path, {});
  }
  return resource;
}

function fromGroups(resource: Resource, path: Path, where: string): Rules {
  if (at(resource.props, ...path) === UNKNOWN) return { rules: [], unknownAt: path };
  return joined(
    listAt(resource.props, ...path).map((group, index) =>
      fromList(resource, [...path, index, "rules"], {
        where: `${where}, group ${textAt(group, "name") ?? index}`,
        group,
      }),
    ),
  );
}

/** Reads the rules in a list. The list belongs to a group unless the chart creates the group itself. */
function fromList(
  resource: Resource,
  path: Path,
  { where, group }: { where: string; group?: Plain },
): Rules {
  const rules: Rule[] = [];
  let unknownAt: Path | undefined = at(resource.props, ...path) === UNKNOWN ? path : undefined;
  listAt(resource.props, ...path).forEach((rule, index) => {
    const expr = at(rule, "expr");
    if (hasUnknown(expr)) unknownAt ??= [...path, index, "expr"];
    // The PrometheusRule schema also allows a number.
    if (typeof expr !== "string" && typeof expr !== "number") return;
    const [alert, record] = [textAt(rule, "alert"), textAt(rule, "record")];
    rules.push({
      name: alert ?? record ?? "",
      alert,
      record,
      expr: String(expr),
      where: alert === undefined ? where : `${where}, alert ${alert}`,
      path: [...path, index],
      for: at(rule, "for"),
      group: { interval: at(group, "interval"), limit: at(group, "limit") },
      labels: { ...mapAt(group, "labels"), ...mapAt(rule, "labels") },
      annotations: mapAt(rule, "annotations"),
      fields: mapAt(rule),
    });
  });
  return { rules, unknownAt };
}

/** Caches the rules per properties object, because many policies read the same rules. */
function perProperties(read: (resource: Resource) => Rules): (resource: Resource) => Rules {
  const known = new WeakMap<object, Rules>();
  return (resource) => {
    const { props } = resource;
    if (!isMap(props)) return read(resource);
    const rules = known.get(props) ?? read(resource);
    known.set(props, rules);
    return rules;
  };
}
