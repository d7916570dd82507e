import { PlainMap, UNKNOWN, at, isMap, textAt } from "./plain";
import { Resource } from "./resource";

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
