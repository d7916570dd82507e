import { Path, PlainMap, UNKNOWN, at, isMap, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** A chart that a stack installs, whichever resource installs it. */
export interface HelmChart {
  /** Name of the chart without its repository: `kube-prometheus-stack`. */
  chart: string;
  /** Name of the Helm release. */
  release: string;
  /** Its values, or {@link UNKNOWN} when nothing of them is known yet. */
  values: PlainMap | typeof UNKNOWN;
}

const helmTypes = new Set([
  "kubernetes:helm.sh/v2:Chart",
  "kubernetes:helm.sh/v3:Release",
  "kubernetes:helm.sh/v3:Chart",
  "kubernetes:helm.sh/v4:Chart",
]);

export function isHelmType(type: string): boolean {
  return helmTypes.has(type);
}

/** The chart that a resource installs, or undefined when it installs none that can be named. */
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
 * The name in any way to write a chart: `name`, `repository/name`, `oci://registry/path/name:1.2.3`,
 * `./name-1.2.3.tgz`, `https://host/name-1.2.3.tgz`.
 */
function chartName(chart: string): string {
  const last = chart.replace(/\/+$/, "").split("/").at(-1) ?? chart;
  return last
    .replace(/[?#].*$/, "")
    .replace(/@sha256:.*$/, "")
    .replace(/:[^:]*$/, "")
    .replace(/-v?\d+\.\d+\.\d+[^/]*\.tgz$/, "")
    .replace(/\.tgz$/, "");
}

/** Templates take any text that is not empty for true. */
export function isTruthy(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== "" && value !== 0;
}

/** A chart that comes with another chart, as one of its dependencies or under another name. */
export interface Subchart {
  chart: string;
  /** Where its values stand among the properties of the release. */
  path: Path;
}

/** What the values of a chart have that those of no other chart have. */
interface Marks {
  /** Paths of which one is enough, whatever the chart is called. */
  always: Path[];
  /** Paths of which one is enough where the values stand under the name of the chart. */
  underItsName: Path[];
}

const marks: Record<string, Marks> = {
  "kube-prometheus-stack": {
    always: [
      ["prometheus", "prometheusSpec"],
      ["alertmanager", "alertmanagerSpec"],
      ["additionalPrometheusRulesMap"],
      ["defaultRules", "create"],
      ["defaultRules", "rules"],
      ["defaultRules", "disabled"],
    ],
    underItsName: [[]],
  },
  loki: {
    always: ["structuredConfig", "limits_config", "schemaConfig", "commonConfig", "compactor"].map(
      (key) => ["loki", key],
    ),
    underItsName: [["loki"], ["singleBinary"], ["deploymentMode"]],
  },
  "loki-stack": { always: [], underItsName: [[]] },
  "loki-distributed": { always: [], underItsName: [[]] },
  "loki-simple-scalable": { always: [], underItsName: [[]] },
  grafana: {
    always: [["grafana.ini"]],
    underItsName: [["adminPassword"], ["admin"], ["ingress"], ["persistence"], ["datasources"]],
  },
  prometheus: {
    always: [["serverFiles"], ["server", "global"]],
    underItsName: [["server"], ["alertmanager"]],
  },
  alertmanager: { always: [["config", "route"]], underItsName: [["config"]] },
};

/** How many charts deep a known chart is looked for: itself, in a chart, in a chart of a chart. */
export const MAX_DEPTH = 2;

/**
 * The known charts behind one that is not known: its dependencies by name or alias, or itself under
 * another name. One that is switched off, and one that leaves everything to its defaults, so that no
 * value tells of it, are not among them.
 */
export function subchartsOf(resource: Resource): Subchart[] {
  const found = helmChart(resource);
  if (found === undefined || Object.hasOwn(marks, found.chart)) return [];
  return subchartsAt(found.values, ["values"], 0);
}

function subchartsAt(values: unknown, path: Path, depth: number): Subchart[] {
  const chart = chartAt(values, String(path.at(-1)));
  if (chart !== undefined) return at(values, "enabled") === false ? [] : [{ chart, path }];
  if (depth === MAX_DEPTH || !isMap(values)) return [];
  return Object.entries(values).flatMap(([key, inner]) =>
    isMap(inner) || inner === UNKNOWN ? subchartsAt(inner, [...path, key], depth + 1) : [],
  );
}

/** The marks by their first key: values have many keys, and few of them are any chart's. */
const marksByKey = new Map<string, { chart: string; path: Path }[]>();
for (const [chart, { always }] of Object.entries(marks)) {
  for (const path of always) {
    const key = String(path[0]);
    marksByKey.set(key, [...(marksByKey.get(key) ?? []), { chart, path }]);
  }
}

/** Without any of these keys, values are not those of a known chart, and hold none. */
export const chartKeys: string[] = [...marksByKey.keys(), ...Object.keys(marks)];

function chartAt(values: unknown, name: string): string | undefined {
  const named = Object.hasOwn(marks, name) ? marks[name] : undefined;
  const isThere = (path: Path): boolean => (at(values, ...path) ?? null) !== null;
  if (values === UNKNOWN) return named?.underItsName[0]?.length === 0 ? name : undefined;
  if (!isMap(values)) return undefined;
  if (named?.underItsName.some(isThere)) return name;
  for (const key of Object.keys(values)) {
    const found = marksByKey.get(key)?.find(({ path }) => isThere(path));
    if (found !== undefined) return found.chart;
  }
  return undefined;
}

/**
 * The values of a release with those of its `valueYamlFiles` below them, as far as these are texts:
 * what only lies in a file of the program cannot be read from here.
 */
export function withValueFiles(resource: Resource): Resource {
  const texts = listAt(resource.props, "valueYamlFiles").flatMap(
    (file) => textAt(file, "text") ?? [],
  );
  const own = at(resource.props, "values");
  if (texts.length === 0 || !isHelmType(resource.type) || own === UNKNOWN) return resource;
  const values = [...texts.map(readYaml), own].filter(isMap).reduce(mergedValues, {});
  return { ...resource, props: { ...(resource.props as PlainMap), values } };
}

/** As helm merges values: maps merge, lists replace, null removes. */
export function mergedValues(base: PlainMap, over: PlainMap): PlainMap {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    if (value === null) delete result[key];
    else result[key] = isMap(value) && isMap(below) ? mergedValues(below, value) : value;
  }
  return result;
}
