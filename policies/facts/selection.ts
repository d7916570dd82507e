import { Path, Plain, UNKNOWN, at, entriesAt, isMap, isText, listAt, mapAt, textAt } from "./plain";
import { PrometheusServer } from "./prometheus";
import { Resource } from "./resource";

/** Prefix of the selector in `PrometheusSpec` for each type: `rule` for `ruleSelector`. */
export const selectorOf: Record<string, string> = {
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule": "rule",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": "serviceMonitor",
  "kubernetes:monitoring.coreos.com/v1:PodMonitor": "podMonitor",
  "kubernetes:monitoring.coreos.com/v1:Probe": "probe",
  "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig": "scrapeConfig",
};

/** A server that an operator configures, with the resource that runs it. */
export interface Selecting extends Pick<PrometheusServer, "what" | "release" | "spec"> {
  resource: Resource;
}

/** Whether a server selects a resource, or the unknown value on which the answer depends. */
export function isSelected(
  { urn, props }: Resource,
  selector: string,
  server: Selecting,
): boolean | { unknown: Path; urn: string } {
  const labels = at(props, "metadata", "labels");
  const namespace = textAt(props, "metadata", "namespace");
  const namespaces = at(server.resource.props, ...server.spec, `${selector}NamespaceSelector`);
  const byLabels = matchesTerms(termsOf(labelSelector(server, selector)), labels);
  // The only known label of a namespace is its name.
  const byNamespace =
    namespace === undefined || !isMap(namespaces)
      ? true
      : matchesTerms(
          termsOf(namespaces)?.filter(({ key }) => key === namespaceName),
          { [namespaceName]: namespace },
        );
  if (byLabels === false || byNamespace === false) return false;
  if (byLabels === true && byNamespace === true) return true;
  return labels === UNKNOWN || Object.values(mapAt(labels)).includes(UNKNOWN)
    ? { unknown: ["metadata", "labels"], urn }
    : { unknown: [...server.spec, `${selector}Selector`], urn: server.resource.urn };
}

const namespaceName = "kubernetes.io/metadata.name";

/** The effective selector; undefined selects nothing. */
export function labelSelector({ resource, spec, release }: Selecting, selector: string): Plain {
  const configured = at(resource.props, ...spec, `${selector}Selector`);
  if (configured === UNKNOWN) return UNKNOWN;
  if (release === undefined) return configured ?? undefined;
  if (Object.keys(mapAt(configured)).length > 0) return configured;
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

/** The terms of a Kubernetes selector; undefined when it selects nothing. */
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

/** Whether labels match all terms; undefined while the answer is unknown. */
function matchesTerms(terms: Term[] | undefined, labels: Plain): boolean | undefined {
  const results = terms?.map((term) => matchesTerm(term, labels)) ?? [false];
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function matchesTerm({ key, operator, values }: Term, labels: Plain): boolean | undefined {
  const value = isText(key) ? at(labels, key) : UNKNOWN;
  if (value === UNKNOWN || values.includes(UNKNOWN)) return undefined;
  if (operator === "In") return values.includes(value);
  if (operator === "NotIn") return !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  return operator === "DoesNotExist" ? value === undefined : undefined;
}
