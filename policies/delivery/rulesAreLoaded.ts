import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, stringMapProperty } from "../engine/properties";
import { Path, PlainMap, UNKNOWN, at, entriesAt, formatPath, setAt, textsAt } from "../facts/plain";
import {
  canRunPrometheus,
  canRunRuler,
  prometheusServer,
  stoppedPrometheus,
  thanosRuler,
} from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";
import { Selecting, isSelected, labelSelector, selectorOf } from "../facts/selection";
import { own } from "../shared/own";

const properties = {
  labels: stringMapProperty(
    "Labels that remediation adds to each rule and monitor that does not have them, such as `release: prometheus`. Default: remediation sets nothing.",
  ),
};

export const rulesAreLoaded = stackPolicy({
  name: "rules-are-loaded",
  description: "Prometheus runs, and selects every rule and monitor of the stack.",
  why: "By default, the chart configures Prometheus to select only objects with the label `release: <release name>`. Prometheus ignores all others, so their alerts never fire.",
  remediation:
    "set ruleSelectorNilUsesHelmValues (and its equivalents for monitors) to false, or add the selected labels to the object",
  severity: "critical",
  annotations: "forbidden",
  config: properties,
  reads: (type) => canRunPrometheus(type) || canRunRuler(type) || Object.hasOwn(selectorOf, type),
  check,
  remediate,
});

function check(resources: Resource[]): StackFinding[] {
  const servers = resources.flatMap((resource): Selecting[] => {
    const server = prometheusServer(resource);
    const runs = server?.operated && stoppedPrometheus(resource) === undefined;
    return runs ? [{ ...server, resource }] : [];
  });
  const rulers = resources.flatMap((resource): Selecting[] => {
    const ruler = thanosRuler(resource);
    return ruler === undefined ? [] : [{ ...ruler, resource }];
  });
  const [first] = servers;
  if (first === undefined) return rulers.length > 0 ? [] : resources.flatMap(checkRuns);
  return resources.flatMap((resource): StackFinding[] => {
    const selector = own(selectorOf, resource.type);
    if (selector === undefined) return [];
    const readers = selector === "rule" ? [...servers, ...rulers] : servers;
    const answers = readers.map((server) => isSelected(resource, selector, server));
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
        fix: fixOf(first, selector),
      },
    ];
  });
}

/** All labels that the selector requires, or the setting with which the server selects every object. */
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

/** A stack without a Prometheus may rely on another stack, but not if it configures one. */
function checkRuns(resource: Resource): StackFinding[] {
  const stop = stoppedPrometheus(resource);
  if (stop === undefined) return [];
  const { what, path, problem, fix } = stop;
  return [
    {
      urn: resource.urn,
      problem: `Prometheus ${problem}, so no rule of the stack is evaluated`,
      where: `${what}, ${formatPath(path)}`,
      bound: "a Prometheus or ThanosRuler that evaluates rules",
      fix,
    },
  ];
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
