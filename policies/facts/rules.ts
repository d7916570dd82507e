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
import { Resource, objectName } from "./resource";
import { readYaml } from "./yaml";

const ruleTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
  "kubernetes:monitoring.coreos.com/v1:PrometheusRulePatch",
]);

/** An alerting or recording rule, with its location. */
export interface Rule {
  /** Name of the alert or of the recorded series. */
  name: string;
  /** Name of the alert, or undefined for a recording rule. */
  alert?: string;
  /** Name of the recorded series, or undefined for an alerting rule. */
  record?: string;
  expr: string;
  /** `PrometheusRule "ticketing-services", group ticketing.services`. */
  where: string;
  /** Path in the properties of its resource. */
  path: Path;
  /** How long the expression must hold before the alert fires, as written. */
  for: Plain;
  /** Labels of the rule and of its group. */
  labels: PlainMap;
  annotations: PlainMap;
}

export interface Rules {
  rules: Rule[];
  /** Path of the first unknown value that could contain further rules. */
  unknownAt?: Path;
}

export function canHoldRules(type: string): boolean {
  return ruleTypes.has(type) || isHelmType(type);
}

/** All rules of a PrometheusRule, or in the values of a chart. */
export function rulesOf(resource: Resource): Rules {
  if (ruleTypes.has(resource.type)) {
    return fromGroups(resource, ["spec", "groups"], `PrometheusRule "${objectName(resource)}"`);
  }
  const chart = helmChart(resource);
  if (chart?.chart === "kube-prometheus-stack") {
    return rulesInValues(
      resource,
      chart,
      ruleValues.map((key) => ["values", key]),
    );
  }
  if (chart?.chart === "prometheus") {
    return rulesInValues(resource, chart, [["values", "serverFiles"]]);
  }
  return { rules: [] };
}

const ruleValues = ["additionalPrometheusRulesMap", "additionalPrometheusRules"];

const configMapType = "kubernetes:core/v1:ConfigMap";

export function canContainRules(type: string): boolean {
  return canHoldRules(type) || type === configMapType;
}

/**
 * The rules of {@link rulesOf}, or those in the texts of a ConfigMap. Whether any Prometheus loads a
 * ConfigMap is unknown, so its rules are judged, but do not count as alerts of the stack.
 */
export function judgedRules(resource: Resource): Rules {
  return resource.type === configMapType ? rulesInTexts(resource) : rulesOf(resource);
}

function rulesInTexts(resource: Resource): Rules {
  const name = objectName(resource);
  const labels = Object.keys(mapAt(resource.props, "metadata", "labels"));
  // Loki's rules have the same form but contain LogQL.
  if ([name, ...labels].some((word) => /loki/i.test(word))) return { rules: [] };
  const rules = entriesAt(resource.props, "data").flatMap(([key, text]): Rule[] => {
    if (typeof text !== "string" || !/^\s*groups\s*:/m.test(text)) return [];
    const groups = { groups: at(readYaml(text), "groups") };
    const read = fromGroups(
      { ...resource, props: groups },
      ["groups"],
      `ConfigMap "${name}", ${key}`,
    );
    return read.rules.map((rule) => ({ ...rule, path: ["data", key] }));
  });
  return rules.some(({ expr }) => /[}\s](?:\|[=~]|\|\s*\w+|!~\s*["`])/.test(expr))
    ? { rules: [] }
    : { rules };
}

/** All rules of a stack, and the first unknown value that could contain further rules. */
export function rulesOfStack(resources: Resource[]) {
  const rulesByResource = resources.map((resource) => ({
    ...rulesOf(resource),
    urn: resource.urn,
  }));
  return {
    rules: rulesByResource.flatMap(({ rules, urn }) => rules.map((rule) => ({ ...rule, urn }))),
    unknown: rulesByResource
      .flatMap(({ unknownAt, urn }) =>
        unknownAt === undefined ? [] : [{ unknown: unknownAt, urn }],
      )
      .slice(0, 1),
  };
}

/** Empties the excluded rules of a resource in place, so that the paths of the others stay valid. */
export function withoutRules(resource: Resource, isExcluded: (name: string) => boolean): Resource {
  for (const { name, path } of rulesOf(resource).rules) {
    if (isExcluded(name)) setAt(resource.props as PlainMap, path, {});
  }
  return resource;
}

function rulesInValues(resource: Resource, { release }: HelmChart, places: Path[]): Rules {
  const sources = places.flatMap((place) => [
    ...entriesAt(resource.props, ...place).map(([key]) => [...place, key]),
    ...listAt(resource.props, ...place).map((_, index) => [...place, index]),
  ]);
  const found = sources.map((path) =>
    fromGroups(resource, [...path, "groups"], `release "${release}", ${formatPath(path)}`),
  );
  const hidden = places.find((path) => at(resource.props, ...path) === UNKNOWN);
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
  // The schema of PrometheusRule also allows a number.
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
