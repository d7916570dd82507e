import { helmChart } from "../facts/helm";
import { mistypedFields } from "../facts/knownFields";
import { Path, at, entriesAt, formatPath, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { PlacedFinding } from "../engine/policy";

const operatorKind =
  /^kubernetes:monitoring\.coreos\.com\/v1:(Prometheus|Alertmanager|ThanosRuler|ServiceMonitor|PodMonitor)$/;

export function hasKnownFields(type: string): boolean {
  return operatorKind.test(type);
}

/** Levels of chart values whose fields are known. */
const levels: Path[] = [
  [],
  ["defaultRules"],
  ["grafana"],
  ...["prometheus", "alertmanager", "thanosRuler"].flatMap((part) => [
    [part],
    [part, `${part}Spec`],
  ]),
];

/**
 * Checks that the operator or the chart uses every field. Neither Helm nor the API server reports
 * unknown fields, which have no effect.
 */
export function checkFields(resource: Resource): PlacedFinding[] {
  const [, kind] = operatorKind.exec(resource.type) ?? [];
  const places: [place: string, path: Path][] =
    kind === undefined ? placesInValues(resource) : placesInObject(resource, kind);
  return [
    ...places.flatMap(([place, path]) =>
      mistypedFields(place, at(resource.props, ...path)).map(({ key, suggestion }) =>
        unread([...path, key], suggestion),
      ),
    ),
    ...(kind?.endsWith("Monitor") ? checkSelectors(resource) : []),
  ];
}

function placesInValues(resource: Resource): [string, Path][] {
  if (helmChart(resource)?.chart !== "kube-prometheus-stack") return [];
  return levels.map((level) => [["values", ...level].join("."), ["values", ...level]]);
}

function placesInObject({ props }: Resource, kind: string): [string, Path][] {
  const lists = ["endpoints", "podMetricsEndpoints", "remoteWrite"];
  return [
    [kind, ["spec"]],
    ...lists.flatMap((list) =>
      listAt(props, "spec", list).map((_, index): [string, Path] => [list, ["spec", list, index]]),
    ),
  ];
}

/** Fields of a monitor's two selectors. New versions are not expected to add any. */
const selectorFields: Record<string, string[]> = {
  selector: ["matchLabels", "matchExpressions"],
  namespaceSelector: ["any", "matchNames"],
};

function checkSelectors({ props }: Resource): PlacedFinding[] {
  return Object.entries(selectorFields).flatMap(([field, known]) =>
    entriesAt(props, "spec", field)
      .filter(([key]) => !known.includes(key))
      .map(([key]) => unread(["spec", field, key], known.join(" or "))),
  );
}

function unread(path: Path, suggestion: string): PlacedFinding {
  return {
    path,
    problem: "nothing uses this field, so it has no effect",
    bound: suggestion,
    fix: `write ${suggestion} instead of ${formatPath(path.slice(-1))}`,
  };
}
