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
import { Resource } from "../facts/resource";
import { StackPolicy, Verdict, holds } from "../engine/policy";

export interface RulesAreLoadedConfig {
  /** Labels that remediation gives to every rule and monitor that does not have them. */
  labels?: Record<string, string>;
}

export const rulesAreLoaded: StackPolicy<RulesAreLoadedConfig> = {
  scope: "stack",
  name: "rules-are-loaded",
  description: "Prometheus selects every rule and monitor of the stack.",
  why: "By default the chart loads only what carries the label release: <its name>; everything else is in the cluster, looks fine, and never fires.",
  remediation:
    "set ruleSelectorNilUsesHelmValues (and its like for monitors) to false, or label the object as the selector asks",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: {
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      description:
        "Labels that remediation gives to every rule and monitor without them, such as `release: prometheus`. Default: nothing is remediated.",
    },
  },
  reads: (type) => canRunPrometheus(type) || type in selectorOf,
  judge,
  remediate,
};

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

function judge(resources: Resource[]): Verdict {
  const servers = resources.flatMap((resource): Server[] => {
    const server = prometheusServer(resource);
    return server?.operated ? [{ ...server, resource }] : [];
  });
  const [first] = servers;
  if (first === undefined) return holds;
  let unknown: Verdict["unknown"];
  const violations = resources.flatMap((resource) => {
    const selector = selectorOf[resource.type];
    if (selector === undefined) return [];
    const answers = servers.map((server) => isSelected(resource, selector, server));
    if (answers.includes(true)) return [];
    const open = answers.find((answer) => typeof answer === "object");
    if (open !== undefined) {
      unknown ??= open;
      return [];
    }
    const type = resource.type.split(":").at(-1) ?? resource.type;
    const name = textAt(resource.props, "metadata", "name") ?? resource.name;
    const path = [...first.spec, `${selector}Selector`];
    const needed = Object.entries(neededLabels(first, selector));
    return [
      {
        urn: resource.urn,
        problem: `no Prometheus of the stack loads this ${type}`,
        where: `${type} "${name}", metadata.labels`,
        bound: `what ${formatPath(path)} of ${first.what} selects`,
        fix: [
          ...needed.map(([label, value]) => `metadata.labels.${label}: ${value}`),
          first.release === undefined
            ? `${selector}Selector: {}`
            : `${selector}SelectorNilUsesHelmValues: false in prometheus.prometheusSpec`,
        ].join(", or "),
      },
    ];
  });
  return { violations, unknown };
}

/** The selector that the labels are for is on another resource, so the configuration has to name them. */
function remediate({ type, props: read }: Resource, props: PlainMap, config: RulesAreLoadedConfig) {
  if (!(type in selectorOf) || at(read, "metadata", "labels") === UNKNOWN) return false;
  const lacking = Object.entries(config.labels ?? {}).filter(
    ([label]) => (at(read, "metadata", "labels", label) ?? null) === null,
  );
  return lacking
    .map(([label, value]) => setAt(props, ["metadata", "labels", label], value))
    .some(Boolean);
}

type Answer = boolean | { path: Path; urn: string };

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
    ? { path: ["metadata", "labels"], urn: resource.urn }
    : { path: [...server.spec, `${selector}Selector`], urn: server.resource.urn };
}

function hasUnknownLabel(labels: Plain): boolean {
  return isMap(labels) && Object.values(labels).includes(UNKNOWN);
}

/** The selector that applies; undefined selects nothing. */
function labelSelector({ resource, spec, release }: Server, selector: string): Plain {
  const written = at(resource.props, ...spec, `${selector}Selector`);
  if (written === UNKNOWN) return UNKNOWN;
  if (release === undefined) return written ?? undefined;
  if (isMap(written) && Object.keys(written).length > 0) return written;
  const usesRelease = at(resource.props, ...spec, `${selector}SelectorNilUsesHelmValues`);
  if (usesRelease === UNKNOWN) return UNKNOWN;
  if (usesRelease === false) return written === null ? undefined : {};
  return { matchLabels: { release } };
}

function neededLabels(server: Server, selector: string): Record<string, string> {
  return Object.fromEntries(
    entriesAt(labelSelector(server, selector), "matchLabels").filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

const namespaceName = "kubernetes.io/metadata.name";

/** Only the label that every namespace has is known of a namespace. */
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

/** Whether labels match a selector of Kubernetes; undefined when that is not known yet. */
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
