import { isMap } from "../shared/isMap";
import { own } from "../shared/own";
import { helmChart, isHelmType, isKnownChart } from "./helm";
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
  listAt,
  mapAt,
  setAt,
  textAt,
} from "./plain";
import { Resource, objectName } from "./resource";
import { readYaml } from "./yaml";

/** An alerting or recording rule, with its location. */
export interface Rule {
  /** Name of the alert or of the recorded series. */
  name: string;
  /** Undefined for a recording rule. */
  alert: string | undefined;
  /** Undefined for an alerting rule. */
  record: string | undefined;
  expr: string;
  /** `PrometheusRule "shop-services", group shop.services`. */
  where: string;
  /** Path in the properties of its resource. */
  path: Path;
  /** Duration for which the expression must hold before the alert fires, as written. */
  for: Plain;
  /** Interval and limit of its group, as written. */
  group: { interval: Plain; limit: Plain };
  /** Labels of the rule and of its group. */
  labels: PlainMap;
  annotations: PlainMap;
}

export interface Rules {
  rules: Rule[];
  /** Path of the first unknown value that could contain further rules. */
  unknownAt?: Path | undefined;
}

function isRuleObject(type: string): boolean {
  return /^kubernetes:monitoring\.coreos\.com\/v1:PrometheusRule(Patch)?$/.test(type);
}

export function canHoldRules(type: string): boolean {
  return isRuleObject(type) || isHelmType(type);
}

/** The keys in the values of each chart that contain rule groups. */
const ruleValues: Record<string, string[]> = {
  "kube-prometheus-stack": ["additionalPrometheusRulesMap", "additionalPrometheusRules"],
  prometheus: ["serverFiles"],
};

/** All rules in a PrometheusRule or in the values of a chart. */
export const rulesOf = perProperties(readRules);

function readRules(resource: Resource): Rules {
  if (isRuleObject(resource.type)) {
    return fromGroups(resource, ["spec", "groups"], `PrometheusRule "${objectName(resource)}"`);
  }
  const { chart = "", release } = helmChart(resource) ?? {};
  const places = (own(ruleValues, chart) ?? []).map((key): Path => ["values", key]);
  const sources = isKnownChart(chart)
    ? places.flatMap((place) => [
        ...entriesAt(resource.props, ...place).map(([key]) => [...place, key]),
        ...listAt(resource.props, ...place).map((_, index) => [...place, index]),
      ])
    : groupPlaces(at(resource.props, "values"), ["values"]);
  const groups = sources.map((path) =>
    fromGroups(resource, [...path, "groups"], `release "${release}", ${formatPath(path)}`),
  );
  return {
    rules: groups.flatMap(({ rules }) => rules),
    unknownAt:
      groups.find(({ unknownAt }) => unknownAt !== undefined)?.unknownAt ??
      places.find((path) => at(resource.props, ...path) === UNKNOWN),
  };
}

/** Places of rule groups in the values of a chart that policies do not know, by their shape. */
function groupPlaces(values: Plain, path: Path): Path[] {
  const isGroup = (group: Plain) =>
    listAt(group, "rules").some(
      (rule) => at(rule, "expr") !== undefined && (textAt(rule, "alert") ?? textAt(rule, "record")),
    );
  if (listAt(values, "groups").some(isGroup)) return [path];
  if (path.length > MAX_GROUP_DEPTH) return [];
  return entriesAt(values).flatMap(([key, inner]) => groupPlaces(inner, [...path, key]));
}

const MAX_GROUP_DEPTH = 4;

const configMapType = "kubernetes:core/v1:ConfigMap";

export function canContainRules(type: string): boolean {
  return canHoldRules(type) || type === configMapType;
}

/**
 * The rules that {@link rulesOf} returns, or the rules in the texts of a ConfigMap. No policy can
 * know whether a Prometheus loads a ConfigMap, so its rules are checked but do not count as alerts
 * of the stack.
 */
export const judgedRules = perProperties((resource) =>
  resource.type === configMapType ? rulesInTexts(resource) : rulesOf(resource),
);

function rulesInTexts(resource: Resource): Rules {
  const name = objectName(resource);
  const labels = Object.keys(mapAt(resource.props, "metadata", "labels"));
  // Loki's rules have the same form but contain LogQL.
  if ([name, ...labels].some((word) => /loki/i.test(word))) return { rules: [] };
  let unknownAt: Path | undefined;
  const rules = entriesAt(resource.props, "data").flatMap(([key, text]): Rule[] => {
    if (!isText(text) || !/^\s*groups\s*:/m.test(text)) return [];
    const file = { ...resource, props: readYaml(text) };
    const read = fromGroups(file, ["groups"], `ConfigMap "${name}", ${key}`);
    if (read.unknownAt !== undefined) unknownAt ??= ["data", key];
    return read.rules.map((rule) => ({ ...rule, path: ["data", key] }));
  });
  const isLogQL = rules.some(({ expr }) => /[}\s](?:\|[=~]|\|\s*\w+|!~\s*["`])/.test(expr));
  return isLogQL ? { rules: [] } : { rules, ...(unknownAt && { unknownAt }) };
}

/** All rules of a stack, and the first unknown value that could contain further rules. */
export function rulesOfStack(resources: Resource[]) {
  const read = resources.map((resource) => ({ ...rulesOf(resource), urn: resource.urn }));
  return {
    rules: read.flatMap(({ rules, urn }) => rules.map((rule) => ({ ...rule, urn }))),
    unknown: read
      .flatMap(({ unknownAt, urn }) => (unknownAt ? [{ unknown: unknownAt, urn }] : []))
      .slice(0, 1),
  };
}

/** Empties excluded rules in place instead of removing them, so the paths of others stay valid. */
export function withoutRules(resource: Resource, isExcluded: (name: string) => boolean): Resource {
  for (const { name, path } of readRules(resource).rules) {
    if (isExcluded(name)) setAt(resource.props as PlainMap, path, {});
  }
  return resource;
}

function fromGroups(resource: Resource, path: Path, where: string): Rules {
  const rules: Rule[] = [];
  let unknownAt: Path | undefined = at(resource.props, ...path) === UNKNOWN ? path : undefined;
  listAt(resource.props, ...path).forEach((group, groupIndex) => {
    const rulesPath = [...path, groupIndex, "rules"];
    if (at(group, "rules") === UNKNOWN) unknownAt ??= rulesPath;
    listAt(group, "rules").forEach((rule, index) => {
      const expr = at(rule, "expr");
      if (hasUnknown(expr)) unknownAt ??= [...rulesPath, index, "expr"];
      // The schema of PrometheusRule also allows a number.
      if (typeof expr !== "string" && typeof expr !== "number") return;
      const [alert, record] = [textAt(rule, "alert"), textAt(rule, "record")];
      const inGroup = `${where}, group ${textAt(group, "name") ?? groupIndex}`;
      rules.push({
        name: alert ?? record ?? "",
        alert,
        record,
        expr: String(expr),
        where: alert === undefined ? inGroup : `${inGroup}, alert ${alert}`,
        path: [...rulesPath, index],
        for: at(rule, "for"),
        group: { interval: at(group, "interval"), limit: at(group, "limit") },
        labels: { ...mapAt(group, "labels"), ...mapAt(rule, "labels") },
        annotations: mapAt(rule, "annotations"),
      });
    });
  });
  return { rules, unknownAt };
}

/** Reads the properties of a resource once, because many policies read its rules. */
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
