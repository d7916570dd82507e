import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, stringMapProperty } from "../engine/properties";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  isMap,
  isText,
  listAt,
  mapAt,
  setAt,
  textAt,
  textsAt,
} from "../facts/plain";
import { PrometheusServer, canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";
import { own } from "../shared/own";

const properties = {
  labels: stringMapProperty(
    "Labels that remediation adds to each rule and monitor that does not have them, such as `release: prometheus`. Default: remediation sets nothing.",
  ),
};

export const rulesAreLoaded = stackPolicy({
  name: "rules-are-loaded",
  description: "Prometheus selects every rule and monitor of the stack.",
  why: "By default, the chart configures Prometheus to select only objects with the label `release: <release name>`. Prometheus ignores all others, so their alerts never fire.",
  remediation:
    "set ruleSelectorNilUsesHelmValues (and its equivalents for monitors) to false, or add the selected labels to the object",
  severity: "critical",
  config: properties,
  reads: (type) => canRunPrometheus(type) || Object.hasOwn(selectorOf, type),
  check,
  remediate,
});

/** Prefix of the selector in `PrometheusSpec` for each type: `rule` for `ruleSelector`. */
const selectorOf: Record<string, string> = {
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule": "rule",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": "serviceMonitor",
  "kubernetes:monitoring.coreos.com/v1:PodMonitor": "podMonitor",
  "kubernetes:monitoring.coreos.com/v1:Probe": "probe",
  "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig": "scrapeConfig",
};

interface Server extends PrometheusServer {
  resource: Resource;
}

function check(resources: Resource[]): StackFinding[] {
  const servers = resources.flatMap((resource): Server[] => {
    const server = prometheusServer(resource);
    return server?.operated ? [{ ...server, resource }] : [];
  });
  const [first] = servers;
  if (first === undefined) return [];
  return resources.flatMap((resource): StackFinding[] => {
    const selector = own(selectorOf, resource.type);
    if (selector === undefined) return [];
    const answers = servers.map((server) => isSelected(resource, selector, server));
    if (answers.includes(true)) return [];
    const unknown = answers.find((answer) => typeof answer === "object");
    if (unknown !== undefined) return [unknown];
    const type = resource.type.split(":").at(-1) ?? resource.type;
    return [
      {
        urn: resource.urn,
        problem: `no Prometheus of the stack selects this ${type}`,
        where: `${type} "${objectName(resource)}", metadata.labels`,
        bound: `labels that ${formatPath([...first.spec, `${selector}Selector`])} of ${first.what} selects`,
        fix: [
          ...textsAt(labelSelector(first, selector), "matchLabels").map(
            ([label, value]) => `metadata.labels.${label}: ${value}`,
          ),
          first.release === undefined
            ? `${selector}Selector: {}`
            : `${selector}SelectorNilUsesHelmValues: false in prometheus.prometheusSpec`,
        ].join(", or "),
      },
    ];
  });
}

/** Adds the configured labels, because the selector is in a resource that is not available here. */
function remediate(
  { type, props: read }: Resource,
  props: PlainMap,
  { labels = {} }: ConfigOf<typeof properties>,
): boolean {
  if (!Object.hasOwn(selectorOf, type) || at(read, "metadata", "labels") === UNKNOWN) return false;
  return Object.entries(labels)
    .filter(([label]) => (at(read, "metadata", "labels", label) ?? null) === null)
    .map(([label, value]) => setAt(props, ["metadata", "labels", label], value))
    .includes(true);
}

/** Whether a server selects a resource, or the unknown value on which the answer depends. */
function isSelected(
  { urn, props }: Resource,
  selector: string,
  server: Server,
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
function labelSelector({ resource, spec, release }: Server, selector: string): Plain {
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
