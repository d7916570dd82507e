import { Path, Plain, UNKNOWN, at, entriesAt, isMap, isText, listAt, mapAt, textAt } from "./plain";
import { Resource, objectName } from "./resource";
import {
  namespaceType,
  podMonitorType,
  probeType,
  prometheusRuleType,
  scrapeConfigType,
  serviceMonitorType,
} from "./types";
import { Selecting } from "./prometheus";

/** Prefix of each type's selector in `PrometheusSpec`, such as `rule` for `ruleSelector`. */
export const selectorOf: Record<string, string> = {
  [prometheusRuleType]: "rule",
  [serviceMonitorType]: "serviceMonitor",
  [podMonitorType]: "podMonitor",
  [probeType]: "probe",
  [scrapeConfigType]: "scrapeConfig",
  "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig": "alertmanagerConfig",
  "kubernetes:monitoring.coreos.com/v1beta1:AlertmanagerConfig": "alertmanagerConfig",
};

/** Returns the labels of the stack's namespaces, by name. */
export function namespaceLabels(resources: Resource[]): Map<string, Plain> {
  const namespaces = resources.filter(({ type }) => type === namespaceType);
  return new Map(
    namespaces.map((resource) => [objectName(resource), at(resource.props, "metadata", "labels")]),
  );
}

/**
 * Whether a server selects a resource. If that is unknown, returns the unknown value that determines it.
 */
export function isSelected(
  { urn, props }: Resource,
  selector: string,
  server: Selecting,
  knownNamespaces: Map<string, Plain>,
): boolean | { unknown: Path; urn: string; because?: string } {
  const labels = at(props, "metadata", "labels");
  const namespace = textAt(props, "metadata", "namespace");
  const namespaces = at(server.resource.props, ...server.spec, `${selector}NamespaceSelector`);
  const byLabels = matchesLabels(labelSelector(server, selector), labels);
  const byNamespace =
    namespace === undefined || !isMap(namespaces)
      ? true
      : matchesTerms(termsOf(namespaces), labelsOfNamespace(namespace, knownNamespaces));
  if (byLabels === false || byNamespace === false) return false;
  if (byLabels === true && byNamespace === true) return true;
  if (byNamespace === undefined) {
    const because = `the labels of the namespace "${namespace}" are unknown`;
    const path = [...server.spec, `${selector}NamespaceSelector`];
    return { unknown: path, urn: server.resource.urn, because };
  }
  return labels === UNKNOWN || Object.values(mapAt(labels)).includes(UNKNOWN)
    ? { unknown: ["metadata", "labels"], urn }
    : { unknown: [...server.spec, `${selector}Selector`], urn: server.resource.urn };
}

/**
 * Returns a lookup of a namespace's labels. The labels of a namespace outside the stack are unknown,
 * except for its name.
 */
function labelsOfNamespace(name: string, known: Map<string, Plain>): (label: string) => Plain {
  const labels = known.has(name) ? (known.get(name) ?? {}) : UNKNOWN;
  return (label) => (label === "kubernetes.io/metadata.name" ? name : at(labels, label));
}

/** Whether labels match a Kubernetes selector; undefined if that is unknown. */
export function matchesLabels(selector: Plain, labels: Plain): boolean | undefined {
  return matchesTerms(termsOf(selector), (label) => at(labels, label));
}

/** Returns the effective selector; undefined if it selects nothing. */
export function labelSelector({ resource, spec, release }: Selecting, selector: string): Plain {
  const configured = at(resource.props, ...spec, `${selector}Selector`);
  if (configured === UNKNOWN) return UNKNOWN;
  if (release === undefined) return configured ?? undefined;
  if (Object.keys(mapAt(configured)).length > 0) return configured;
  // The chart's Alertmanager selects all AlertmanagerConfigs by default.
  if (selector === "alertmanagerConfig") return {};
  const usesRelease = at(resource.props, ...spec, `${selector}SelectorNilUsesHelmValues`);
  if (usesRelease === UNKNOWN) return UNKNOWN;
  if (usesRelease === false) return configured === null ? undefined : {};
  return { matchLabels: { release } };
}

/** A requirement on one label, as in `matchExpressions`. */
interface Term {
  key: Plain;
  operator: Plain;
  values: Plain[];
}

/** Returns the terms of a Kubernetes selector; undefined if it selects nothing. */
function termsOf(selector: Plain): Term[] | undefined {
  if (selector === UNKNOWN) return [{ key: UNKNOWN, operator: UNKNOWN, values: [] }];
  if (!isMap(selector)) return undefined;
  const equal = entriesAt(selector, "matchLabels").map(([key, value]): Term => ({
    key,
    operator: "In",
    values: [value],
  }));
  const expressions = listAt(selector, "matchExpressions").map((term): Term => ({
    key: at(term, "key"),
    operator: at(term, "operator"),
    values: listAt(term, "values"),
  }));
  return [...equal, ...expressions];
}

/** Whether labels match all terms; undefined if that is unknown. */
function matchesTerms(
  terms: Term[] | undefined,
  labelOf: (label: string) => Plain,
): boolean | undefined {
  const results = terms?.map((term) => matchesTerm(term, labelOf)) ?? [false];
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function matchesTerm(
  { key, operator, values }: Term,
  labelOf: (label: string) => Plain,
): boolean | undefined {
  const value = isText(key) ? labelOf(key) : UNKNOWN;
  if (value === UNKNOWN || values.includes(UNKNOWN)) return undefined;
  if (operator === "In") return values.includes(value);
  if (operator === "NotIn") return !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  return operator === "DoesNotExist" ? value === undefined : undefined;
}
