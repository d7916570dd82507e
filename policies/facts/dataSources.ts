import { helmChart } from "./helm";
import { Path, Plain, UNKNOWN, at, entriesAt, formatPath, isText, listAt, textAt } from "./plain";
import { Resource, describeObject, objectName } from "./resource";
import { readYaml } from "./yaml";
import { configMapType } from "./types";

/** A Grafana instance that a chart installs. */
export interface Grafana {
  resource: Resource;
  base: Path;
  values: Plain;
  /**
   * Whether kube-prometheus-stack installs it. That chart has different defaults and adds a data source.
   */
  isInStack: boolean;
  namespace: Plain;
}

export function grafanaOf(resource: Resource): Grafana[] {
  const { chart, values } = helmChart(resource) ?? {};
  const isInStack = chart === "kube-prometheus-stack";
  const base: Path = isInStack ? ["values", "grafana"] : ["values"];
  const grafanaValues = at(resource.props, ...base);
  if ((!isInStack && chart !== "grafana") || at(grafanaValues, "enabled") === false) return [];
  if (values === UNKNOWN || grafanaValues === UNKNOWN) return [];
  // As a subchart, Grafana ignores the override of kube-prometheus-stack.
  const namespace = at(grafanaValues, "namespaceOverride") || at(resource.props, "namespace");
  return [{ resource, base, values: grafanaValues, isInStack, namespace }];
}

/** A data source of a Grafana instance, and its location. */
export interface DataSource {
  source: Plain;
  urn: string;
  where: string;
  /** Namespace of the Grafana instance. */
  namespace: Plain;
}

/** Returns the data sources of all Grafana instances in the stack. */
export function dataSourcesIn(resources: Resource[]): DataSource[] {
  const grafanas = resources.flatMap(grafanaOf);
  // With several Grafana instances, it is unclear which one loads a ConfigMap.
  const maps = grafanas.length === 1 ? resources.filter(({ type }) => type === configMapType) : [];
  return [
    ...grafanas.flatMap((grafana) => dataSourcesOf(grafana, maps)),
    ...resources.filter(isDataSource).map((resource) => ({
      source: at(resource.props, "spec", "datasource"),
      urn: resource.urn,
      where: `GrafanaDatasource "${objectName(resource)}", spec.datasource`,
      namespace: at(resource.props, "metadata", "namespace"),
    })),
  ];
}

/** Whether a resource is a data source of the Grafana operator. */
export function isDataSource({ type }: Pick<Resource, "type">): boolean {
  return /^kubernetes:grafana\.integreatly\.org\/v1(?:alpha1|beta1):GrafanaData[sS]ource$/.test(
    type,
  );
}

/**
 * Returns a Grafana instance's data sources, from its values and from ConfigMaps with the sidecar's
 * label.
 */
export function dataSourcesOf(grafana: Grafana, maps: Resource[]): DataSource[] {
  const { resource, base, values, namespace } = grafana;
  const { chart, release } = helmChart(resource) ?? {};
  const placed = (list: Plain[], path: Path) =>
    list.map((source, index) => ({
      source,
      urn: resource.urn,
      where: `release "${release}" (${chart}), ${formatPath([...path, index])}`,
      namespace,
    }));
  const label = textAt(values, "sidecar", "datasources", "label") ?? "grafana_datasource";
  const inMaps = maps
    .filter(({ props }) => at(props, "metadata", "labels", label) !== undefined)
    .flatMap((map) =>
      entriesAt(map.props, "data").flatMap(([key, text]) =>
        listAt(isText(text) ? readYaml(text) : undefined, "datasources").map((source) => ({
          source,
          urn: map.urn,
          where: `${describeObject(map)}, ${key}`,
          namespace,
        })),
      ),
    );
  return [
    ...placed(listAt(values, "additionalDataSources"), [...base, "additionalDataSources"]),
    ...entriesAt(values, "datasources").flatMap(([file, content]) => {
      const read = isText(content) ? readYaml(content) : content;
      return placed(listAt(read, "datasources"), [...base, "datasources", file]);
    }),
    ...inMaps,
  ];
}
