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
  listAt,
  setAt,
  textAt,
} from "../facts/plain";
import { PrometheusServer, canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";

const properties = {
  labels: stringMapProperty(
    "Labels that remediation adds to each rule and monitor that does not have them, such as `release: prometheus`. Default: remediation sets nothing.",
  ),
};

export const rulesAreLoaded = stackPolicy({
  name: "rules-are-loaded",
  description: "Prometheus selects every rule and monitor of the stack.",
  why: "By default, the chart selects only objects with the label `release: <its name>`; Prometheus ignores all others, so their alerts never fire.",
  remediation:
    "set ruleSelectorNilUsesHelmValues (and its equivalents for monitors) to false, or add the selected labels to the object",
  severity: "critical",
  config: properties,
  reads: (type) => canRunPrometheus(type) || type in selectorOf,
  check,
  remediate,
});

/** The selector of the operator's `PrometheusSpec` for each type of object. */
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
    const selector = selectorOf[resource.type];
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
          ...requiredLabels(first, selector).map(
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

/** Adds the configured labels: the selector is in another resource, which is not available here. */
function remediate(
  { type, props: read }: Resource,
  props: PlainMap,
  { labels = {} }: ConfigOf<typeof properties>,
): boolean {
  if (!(type in selectorOf) || at(read, "metadata", "labels") === UNKNOWN) return false;
  return Object.entries(labels)
    .filter(([label]) => (at(read, "metadata", "labels", label) ?? null) === null)
    .map(([label, value]) => setAt(props, ["metadata", "labels", label], value))
    .includes(true);
}

type Answer = boolean | { unknown: Path; urn: string };

function isSelected(resource: Resource, selector: string, server: Server): Answer {
  const labels = at(resource.props, "metadata", "labels");
  const namespace = textAt(resource.props, "metadata", "namespace");
  const byLabels = matchesSelector(labelSelector(server, selector), labels);
  const namespaces = at(server.resource.props, ...server.spec, `${selector}NamespaceSelector`);
  const byNamespace =
    namespace === undefined || !isMap(namespaces)
      ? true
      : matchesSelector(onlyByName(namespaces), { [namespaceName]: namespace });
  if (byLabels === false || byNamespace === false) return false;
  if (byLabels === true && byNamespace === true) return true;
  return labels === UNKNOWN || hasUnknownLabel(labels)
    ? { unknown: ["metadata", "labels"], urn: resource.urn }
    : { unknown: [...server.spec, `${selector}Selector`], urn: server.resource.urn };
}

function hasUnknownLabel(labels: Plain): boolean {
  return isMap(labels) && Object.values(labels).includes(UNKNOWN);
}

/** The effective selector; undefined selects nothing. */
function labelSelector({ resource, spec, release }: Server, selector: string): Plain {
  const configured = at(resource.props, ...spec, `${selector}Selector`);
  if (configured === UNKNOWN) return UNKNOWN;
  if (release === undefined) return configured ?? undefined;
  if (isMap(configured) && Object.keys(configured).length > 0) return configured;
  const usesRelease = at(resource.props, ...spec, `${selector}SelectorNilUsesHelmValues`);
  if (usesRelease === UNKNOWN) return UNKNOWN;
  if (usesRelease === false) return configured === null ? undefined : {};
  return { matchLabels: { release } };
}

function requiredLabels(server: Server, selector: string): [string, string][] {
  return entriesAt(labelSelector(server, selector), "matchLabels").filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
}

const namespaceName = "kubernetes.io/metadata.name";

/** The terms about the one label that is known of a namespace: its name. */
function onlyByName(selector: Plain): Plain {
  return {
    matchLabels: Object.fromEntries(
      entriesAt(selector, "matchLabels").filter(([label]) => label === namespaceName),
    ),
    matchExpressions: listAt(selector, "matchExpressions").filter(
      (expression) => textAt(expression, "key") === namespaceName,
    ),
  };
}

/** Whether labels match a Kubernetes selector; undefined while that is unknown. */
function matchesSelector(selector: Plain, labels: Plain): boolean | undefined {
  if (selector === UNKNOWN) return undefined;
  if (!isMap(selector)) return false;
  const terms = [
    ...entriesAt(selector, "matchLabels").map(([label, value]) => equals(at(labels, label), value)),
    ...listAt(selector, "matchExpressions").map((term) => matchesTerm(term, labels)),
  ];
  if (terms.includes(false)) return false;
  return terms.includes(undefined) ? undefined : true;
}

function equals(found: Plain, wanted: Plain): boolean | undefined {
  return found === UNKNOWN || wanted === UNKNOWN ? undefined : found === wanted;
}

function matchesTerm(term: Plain, labels: Plain): boolean | undefined {
  const key = textAt(term, "key");
  if (key === undefined) return undefined;
  const found = at(labels, key);
  if (found === UNKNOWN) return undefined;
  const listed = listAt(term, "values").includes(found);
  switch (textAt(term, "operator")) {
    case "In":
      return found !== undefined && listed;
    case "NotIn":
      return !listed;
    case "Exists":
      return found !== undefined;
    case "DoesNotExist":
      return found === undefined;
    default:
      return undefined;
  }
}
