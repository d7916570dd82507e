import { mergeValues } from "../shared/mergeValues";
import { own } from "../shared/own";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  isMap,
  isPresent,
  isSet,
  listAt,
  textAt,
} from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** A chart that a resource installs. */
export interface HelmChart {
  /** Chart name without the repository: `kube-prometheus-stack`. */
  chart: string;
  /** Helm release name. */
  release: string;
  /** Values of the release, or {@link UNKNOWN} if all of them are unknown. */
  values: PlainMap | typeof UNKNOWN;
}

export function isHelmType(type: string): boolean {
  return /^kubernetes:helm\.sh\/(v[234]:Chart|v3:Release)$/.test(type);
}

/** Returns the chart that a resource installs, or undefined if it does not name one. */
export function helmChart(resource: Resource): HelmChart | undefined {
  if (!isHelmType(resource.type)) return undefined;
  const chart = textAt(resource.props, "chart");
  if (chart === undefined) return undefined;
  const values = at(resource.props, "values");
  return {
    chart: chartName(chart),
    release: textAt(resource.props, "name") || resource.name,
    values: values === UNKNOWN ? UNKNOWN : isMap(values) ? values : {},
  };
}

/**
 * Returns the namespace of an object, or of the objects of a release. The values may override the
 * namespace of the release, for the whole chart or for the part at a path of the values.
 */
export function namespaceOf({ props }: Resource, ...part: string[]): Plain {
  const candidates = [
    at(props, "values", ...part, "namespaceOverride"),
    at(props, "values", "namespaceOverride"),
    at(props, "namespace"),
    at(props, "metadata", "namespace"),
  ];
  return candidates.find(isSet);
}

/**
 * Extracts the chart name from a chart reference: `name`, `repository/name`,
 * `oci://registry/path/name:1.2.3`, `./name-1.2.3.tgz`, `https://host/name-1.2.3.tgz`.
 */
function chartName(chart: string): string {
  const path = chart.replace(/\/+$/, "").split("/");
  return String(path.at(-1))
    .replace(/[?#].*$/, "")
    .replace(/@sha256:.*$/, "")
    .replace(/:[^:]*$/, "")
    .replace(/-v?\d+\.\d+\.\d+[^/]*\.tgz$/, "")
    .replace(/\.tgz$/, "");
}

/** Whether a Helm template treats a scalar as true. Any non-empty string is true, even "false". */
export function isTruthy(value: unknown): boolean {
  return Boolean(value);
}

/** A known chart that another chart contains, possibly under a different name. */
export interface Subchart {
  chart: string;
  /** Path of its values in the release's properties. */
  path: Path;
}

/**
 * Paths that identify a chart's values. One match is sufficient. The paths in the first list may be
 * under any key; those in the second list must be under the chart's name.
 */
type Signature = [anywhere: Path[], underName: Path[]];

const lokiKeys = ["structuredConfig", "limits_config", "schemaConfig", "commonConfig", "compactor"];

const signatures: Record<string, Signature> = {
  "kube-prometheus-stack": [
    [
      ["prometheus", "prometheusSpec"],
      ["alertmanager", "alertmanagerSpec"],
      ["additionalPrometheusRulesMap"],
      ...["create", "rules", "disabled"].map((key) => ["defaultRules", key]),
    ],
    [[]],
  ],
  loki: [lokiKeys.map((key) => ["loki", key]), [["loki"], ["singleBinary"], ["deploymentMode"]]],
  "loki-stack": [[], [[]]],
  "loki-distributed": [[], [[]]],
  "loki-simple-scalable": [[], [[]]],
  grafana: [
    [["grafana.ini"]],
    [["adminPassword"], ["admin"], ["ingress"], ["persistence"], ["datasources"]],
  ],
  prometheus: [
    [["serverFiles"], ["server", "global"]],
    [["server"], ["alertmanager"]],
  ],
  alertmanager: [[["config", "route"]], [["config"]]],
};

/** Whether the policies can recognize a chart by its values. */
export function isKnownChart(chart: string): boolean {
  return Object.hasOwn(signatures, chart);
}

/** Maximum depth of the search for known charts: the chart, its dependencies, and their dependencies. */
export const MAX_CHART_DEPTH = 2;

/**
 * Returns the known charts inside an unknown chart: its dependencies by name or alias, or the chart
 * itself under another name. Excludes disabled dependencies, and dependencies without values, which
 * cannot be recognized.
 */
export function subchartsOf(resource: Resource): Subchart[] {
  const chart = helmChart(resource);
  if (chart === undefined || isKnownChart(chart.chart)) return [];
  return subchartsAt(chart.values, ["values"], 0);
}

function subchartsAt(values: unknown, path: Path, depth: number): Subchart[] {
  const chart = chartAt(values, String(path.at(-1)));
  if (chart !== undefined) return at(values, "enabled") === false ? [] : [{ chart, path }];
  if (depth === MAX_CHART_DEPTH || !isMap(values)) return [];
  return Object.entries(values).flatMap(([key, inner]) =>
    isMap(inner) || inner === UNKNOWN ? subchartsAt(inner, [...path, key], depth + 1) : [],
  );
}

/**
 * Signatures indexed by their first key, because values have many keys and few of them identify a chart.
 */
const signaturesByKey = new Map<string, { chart: string; path: Path }[]>();
for (const [chart, [anywhere]] of Object.entries(signatures)) {
  for (const path of anywhere) {
    const key = String(path[0]);
    signaturesByKey.set(key, [...(signaturesByKey.get(key) ?? []), { chart, path }]);
  }
}

/**
 * Keys that identify known charts. Values without any of them cannot belong to a known chart or contain
 * one.
 */
export const chartKeys: string[] = [...signaturesByKey.keys(), ...Object.keys(signatures)];

function chartAt(values: unknown, key: string): string | undefined {
  const [, underName] = own(signatures, key) ?? [];
  const hasValue = (path: Path): boolean => isPresent(at(values, ...path));
  if (values === UNKNOWN) return underName?.[0]?.length === 0 ? key : undefined;
  if (!isMap(values)) return undefined;
  if (underName?.some(hasValue)) return key;
  for (const inner of Object.keys(values)) {
    const match = signaturesByKey.get(inner)?.find(({ path }) => hasValue(path));
    if (match !== undefined) return match.chart;
  }
  return undefined;
}

/**
 * Returns a release with its values merged over its `valueYamlFiles`. Files with unknown text are
 * ignored, because policies cannot read the program's files.
 */
export function withValueFiles(resource: Resource): Resource {
  const texts = listAt(resource.props, "valueYamlFiles").flatMap(
    (file) => textAt(file, "text") ?? [],
  );
  const inline = at(resource.props, "values");
  if (texts.length === 0 || !isHelmType(resource.type) || inline === UNKNOWN) return resource;
  const files = texts.map(readYaml);
  const layers = [...files, inline].filter(isMap);
  const values = files.includes(UNKNOWN)
    ? UNKNOWN
    : layers.reduce((merged, layer) => mergeValues(merged, layer), {});
  return { ...resource, props: { ...(resource.props as PlainMap), values } };
}
