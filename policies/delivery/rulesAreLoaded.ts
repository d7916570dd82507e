import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, stringMapProperty } from "../engine/properties";
import { shown } from "../engine/violation";
import { canHoldAlertmanager, selectingAlertmanager } from "../facts/alertmanager";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isPresent,
  isText,
  listAt,
  setAt,
  textAt,
  textsAt,
} from "../facts/plain";
import {
  Selecting,
  canRunPrometheus,
  canRunRuler,
  prometheusAgent,
  prometheusServer,
  stoppedPrometheus,
  thanosRuler,
} from "../facts/prometheus";
import { isRuleNamespace } from "../facts/amp";
import { chartAlertsOf } from "../facts/chartAlerts";
import { isHelmType, namespaceOf } from "../facts/helm";
import { mistypedFields } from "../facts/knownFields";
import { Resource, describeObject, kindOf, objectName } from "../facts/resource";
import { rulesOfStack } from "../facts/rules";
import { isSelected, labelSelector, namespaceLabels, selectorOf } from "../facts/selection";
import { readYaml } from "../facts/yaml";
import { SECONDS_PER_MINUTE, parseDuration } from "../shared/duration";
import { limits } from "../limits/limits";
import { own } from "../shared/own";
import { checkRuleFiles } from "./ruleFiles";
import { checkTargets, concernsTargets } from "./scrapedTargets";
import { prometheusAgentType, prometheusRuleType } from "../facts/types";

const properties = {
  labels: stringMapProperty(
    "Labels that remediation adds to each rule and monitor that does not have them, such as `release: prometheus`. Default: remediation sets nothing.",
  ),
};

export const rulesAreLoaded = stackPolicy({
  name: "rules-are-loaded",
  description:
    "Prometheus runs and selects every rule and monitor in the stack, and Alertmanager selects every AlertmanagerConfig; each monitor selects its targets and one of their ports, and no NetworkPolicy blocks the connection.",
  why: "By default, the chart configures Prometheus to select only objects with the label `release: <release name>`. Prometheus ignores all others, so their alerts never fire.",
  remediation:
    "set ruleSelectorNilUsesHelmValues (and its equivalents for monitors) to false, or add the selected labels to the object",
  severity: "critical",
  annotations: "forbidden",
  config: properties,
  reads: (type) =>
    canRunPrometheus(type) ||
    canRunRuler(type) ||
    type === prometheusAgentType ||
    canHoldAlertmanager(type) ||
    concernsTargets(type) ||
    isRuleNamespace({ type }) ||
    Object.hasOwn(selectorOf, type),
  check,
  remediate,
});

function check(resources: Resource[]): StackFinding[] {
  const servers = resources.flatMap((resource): Selecting[] => {
    const server = prometheusServer(resource);
    const runs = server?.operated && stoppedPrometheus(resource) === undefined;
    return runs ? [{ ...server, resource }] : [];
  });
  const rulers = resources.flatMap(thanosRuler);
  const agents = resources.flatMap(prometheusAgent);
  const isIdle = servers.length + rulers.length === 0 && hasAlerts(resources);
  const stopped = isIdle ? resources.flatMap(checkRuns) : [];
  const isElsewhere = [servers, rulers, agents, stopped].every((list) => list.length === 0);
  return [
    ...stopped,
    ...(isElsewhere ? unjudged(resources) : []),
    ...checkSelection(resources, { servers, rulers, agents }),
    ...servers.flatMap(checkEvaluation),
    ...checkTargets(resources, servers),
    ...checkGroups(resources),
    ...resources.flatMap(checkRuleNamespace),
    ...resources.flatMap(checkRuleFiles),
  ];
}

/**
 * Checks that a server selects each rule and monitor, and that an Alertmanager selects each
 * AlertmanagerConfig.
 */
function checkSelection(
  resources: Resource[],
  { servers, rulers, agents }: Record<"servers" | "rulers" | "agents", Selecting[]>,
): StackFinding[] {
  const alertmanagers = resources.flatMap(selectingAlertmanager);
  const namespaces = namespaceLabels(resources);
  return resources.flatMap((resource): StackFinding[] => {
    const selector = own(selectorOf, resource.type);
    if (selector === undefined) return [];
    if (selector === "alertmanagerConfig") {
      const isLoaded = alertmanagers.some((server) => loadsByName(server, resource));
      return isLoaded ? [] : checkSelected(resource, selector, alertmanagers, namespaces);
    }
    const readers = [...servers, ...(selector === "rule" ? rulers : agents)];
    const unwatched = unwatchedNamespace(resource, readers);
    if (unwatched !== undefined) return [unwatched];
    return servers.length === 0 ? [] : checkSelected(resource, selector, readers, namespaces);
  });
}

/** Checks that one of the servers, if there are any, selects an object. */
function checkSelected(
  resource: Resource,
  selector: string,
  servers: Selecting[],
  namespaces: Map<string, Plain>,
): StackFinding[] {
  const answers = servers.map((server) => isSelected(resource, selector, server, namespaces));
  const unknown = answers.find((answer) => typeof answer === "object");
  const [first] = servers;
  if (first === undefined || answers.includes(true)) return [];
  if (unknown !== undefined) return [unknown];
  const server = selector === "alertmanagerConfig" ? "Alertmanager" : "Prometheus";
  return [
    {
      urn: resource.urn,
      problem: `no ${server} in the stack selects this ${kindOf(resource.type)}`,
      where: `${describeObject(resource)}, metadata.labels`,
      bound: `labels that ${formatPath([...first.spec, `${selector}Selector`])} of ${first.what} selects`,
      fix: fixOf(first, selector),
    },
  ];
}

/**
 * Reports a stack as not evaluated if the Prometheus that selects its rules and monitors is in another
 * stack.
 */
function unjudged(resources: Resource[]): StackFinding[] {
  const objects = resources.filter(({ type }) => {
    const selector = own(selectorOf, type);
    return selector !== undefined && selector !== "alertmanagerConfig";
  });
  const [first, ...others] = objects;
  if (first === undefined || isCopied(resources)) return [];
  const subject =
    others.length === 0 ? "it" : `it and ${others.length} other rules, monitors and probes`;
  return [
    {
      urn: first.urn,
      unknown: ["metadata", "labels"],
      because: `the Prometheus that selects ${subject} is not among the stack's resources`,
    },
  ];
}

/** Returns the violation for an object in a namespace that no server's operator watches. */
function unwatchedNamespace(resource: Resource, servers: Selecting[]): StackFinding | undefined {
  const namespace = textAt(resource.props, "metadata", "namespace");
  const isIgnored = ({ resource: server }: Selecting): boolean => {
    const operator = at(server.props, "values", "prometheusOperator");
    const watched = listAt(operator, "namespaces", "additional").filter(isText);
    const watchesRelease = at(operator, "namespaces", "releaseNamespace") === true;
    const releaseNamespaces = watchesRelease ? [namespaceOf(server)] : [];
    const names = [...watched, ...releaseNamespaces];
    const isKnown = !hasUnknown(at(operator, "namespaces")) && releaseNamespaces.every(isText);
    const isLimited = isKnown && names.length > 0 && !names.includes(namespace);
    return isLimited || listAt(operator, "denyNamespaces").includes(namespace);
  };
  if (namespace === undefined || servers.length === 0 || !servers.every(isIgnored))
    return undefined;
  return {
    urn: resource.urn,
    problem: `the operator does not watch the namespace ${namespace}, so Prometheus does not read the object`,
    where: `${describeObject(resource)}, metadata.namespace`,
    bound: "a namespace in prometheusOperator.namespaces",
    fix: `add ${namespace} to values.prometheusOperator.namespaces.additional`,
  };
}

/**
 * Checks that the groups of a rule group namespace have unique names, because the workspace rejects
 * duplicates.
 */
function checkRuleNamespace(resource: Resource): StackFinding[] {
  const data = textAt(resource.props, "data");
  if (!isRuleNamespace(resource) || data === undefined) return [];
  const { urn, props, name } = resource;
  const where = `rule group namespace "${textAt(props, "name") ?? name}", data`;
  const file = readYaml(data);
  if (!Array.isArray(at(file, "groups"))) {
    const problem = "the data is not a rule file, so the workspace rejects it";
    return [{ urn, where, problem, fix: "write groups: [{name: <name>, rules: […]}]" }];
  }
  const repeated = repeatedName(listAt(file, "groups"));
  if (repeated === undefined) return [];
  const problem = "two groups have the same name, so the workspace rejects the rules";
  return [{ urn, where, problem, found: repeated, fix: "rename one of the groups" }];
}

function repeatedName(groups: Plain[]): string | undefined {
  const names = groups.map((group) => textAt(group, "name"));
  return names.find((name, index) => name && names.indexOf(name) !== index);
}

/**
 * Checks that each PrometheusRule has groups with unique names, because Prometheus rejects duplicates.
 */
function checkGroups(resources: Resource[]): StackFinding[] {
  return resources
    .filter(({ type }) => type === prometheusRuleType)
    .flatMap((resource): StackFinding[] => {
      const { urn, props } = resource;
      const where = `${describeObject(resource)}, spec.groups`;
      const groups = at(props, "spec", "groups");
      if (groups === undefined && at(props, "spec", "rules") !== undefined) {
        const problem = "the object has rules outside a group, which the API server removes";
        return [{ urn, where, problem, fix: "set spec.groups: [{name: <name>, rules: […]}]" }];
      }
      const [mistyped] = listAt(groups).flatMap((group) => mistypedFields("groups", group));
      if (mistyped !== undefined) {
        const { key, suggestion } = mistyped;
        const problem = "a group has an unknown field, which the API server removes";
        return [{ urn, where, problem, found: key, fix: `write ${suggestion} instead of ${key}` }];
      }
      const repeated = repeatedName(listAt(groups));
      if (repeated === undefined) return [];
      const problem =
        "two groups have the same name, so Prometheus rejects the rules of the object";
      return [{ urn, where, problem, found: repeated, fix: "rename one of the groups" }];
    });
}

/** Whether an Alertmanager loads an AlertmanagerConfig as its main configuration. */
function loadsByName({ resource, spec }: Selecting, object: Resource): boolean {
  const name = at(resource.props, ...spec, "alertmanagerConfiguration", "name");
  return name === UNKNOWN || name === objectName(object);
}

const longestEvaluation = limits.alertForMinutes.critical.max * SECONDS_PER_MINUTE;

function checkEvaluation({ resource, spec, what }: Selecting): StackFinding[] {
  const path: Path = [...spec, "evaluationInterval"];
  const interval = textAt(resource.props, ...path) ?? "";
  if ((parseDuration(interval) ?? 0) <= longestEvaluation) return [];
  return [
    {
      urn: resource.urn,
      problem: "Prometheus does not evaluate its rules often enough",
      where: `${what}, ${formatPath(path)}`,
      found: shown(interval),
      bound: `at most ${longestEvaluation / SECONDS_PER_MINUTE} minutes`,
      fix: "set evaluationInterval: 30s",
    },
  ];
}

/**
 * Describes the fix: the labels that the selector requires, or the setting that makes the server select
 * every object.
 */
function fixOf(server: Selecting, selector: string): string {
  const labels = textsAt(labelSelector(server, selector), "matchLabels");
  const [[label, value] = [], ...others] = labels;
  const all = labels.map((entry) => entry.join(": ")).join(", ");
  const path: Path = [...server.spec, `${selector}Selector`];
  const isSet = entriesAt(server.resource.props, ...path).length > 0;
  return (
    [
      ...(label === undefined
        ? []
        : [others.length > 0 ? `metadata.labels: {${all}}` : `metadata.labels.${label}: ${value}`]),
      ...(server.release === undefined ? [`${selector}Selector: {}`] : []),
      ...(server.release !== undefined && !isSet
        ? [`${selector}SelectorNilUsesHelmValues: false in prometheus.prometheusSpec`]
        : []),
    ].join(", or ") || `labels that ${formatPath(path)} selects`
  );
}

/** Whether the stack copies its rules to the ruler of Mimir or Grafana Cloud. */
function isCopied(resources: Resource[]): boolean {
  return resources.some(({ type, props }) =>
    isHelmType(type) ? /mimir\.rules\.kubernetes/.test(JSON.stringify(props)) : false,
  );
}

/** Whether the stack has alerts, and does not copy them to the ruler of Mimir or Grafana Cloud. */
function hasAlerts(resources: Resource[]): boolean {
  if (isCopied(resources)) return false;
  return (
    resources.some(({ type }) => type === prometheusRuleType) ||
    resources.some((resource) => chartAlertsOf(resource).size > 0) ||
    rulesOfStack(resources).rules.some(({ alert }) => alert !== undefined)
  );
}

/**
 * Checks that no setting stops a Prometheus that the stack configures. A stack without one may rely on
 * another stack.
 */
function checkRuns(resource: Resource): StackFinding[] {
  const stop = stoppedPrometheus(resource);
  if (stop === undefined) return [];
  const { what, path, problem, fix } = stop;
  return [
    {
      urn: resource.urn,
      problem: `Prometheus ${problem}, so none of the stack's rules are evaluated`,
      where: `${what}, ${formatPath(path)}`,
      bound: "a Prometheus or ThanosRuler that evaluates rules",
      fix,
    },
  ];
}

/**
 * Adds the configured labels. The selector itself is in another resource, which a remediation cannot
 * read.
 */
function remediate(
  { type, props: read }: Resource,
  props: PlainMap,
  { labels = {} }: ConfigOf<typeof properties>,
): boolean {
  if (!Object.hasOwn(selectorOf, type) || at(read, "metadata", "labels") === UNKNOWN) return false;
  return Object.entries(labels)
    .filter(([label]) => !isPresent(at(read, "metadata", "labels", label)))
    .map(([label, value]) => setAt(props, ["metadata", "labels", label], value))
    .includes(true);
}
