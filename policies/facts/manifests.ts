import { MAX_CHART_DEPTH, helmChart, isHelmType } from "./helm";
import {
  Path,
  Plain,
  at,
  entriesAt,
  isPresent,
  isText,
  itemsAt,
  listAt,
  mapAt,
  textAt,
} from "./plain";
import { Resource, policyType } from "./resource";
import { readTemplate } from "./yaml";

/** A Kubernetes object that a chart creates from its values. */
export interface Manifest {
  resource: Resource;
  /** Path in the release's properties. */
  path: Path;
}

/** Keys of chart values for objects that charts render unchanged. */
export const manifestKeys = ["extraManifests", "extraObjects", "extraDeploy", "extraResources"];

/** Keys in kube-prometheus-stack's values for lists of monitor specs, with the kind of monitor. */
export const monitorKeys: Record<string, string> = {
  additionalServiceMonitors: "ServiceMonitor",
  additionalPodMonitors: "PodMonitor",
};

/**
 * Returns the objects that a chart renders unchanged from its values, which are maps or YAML text, and
 * the monitors that it creates from specs.
 */
export function manifestsIn(release: Resource): Manifest[] {
  if (!isHelmType(release.type)) return [];
  const values = at(release.props, "values");
  return [...manifestsAt(values, ["values"], 0), ...monitorsAt(release)].flatMap(
    ([object, path]) => {
      const resource = resourceOf(object, release, path);
      return resource === undefined ? [] : [{ resource, path }];
    },
  );
}

function monitorsAt(release: Resource): [object: Plain, path: Path][] {
  return Object.entries(monitorKeys).flatMap(([key, kind]) => {
    const path: Path = ["values", "prometheus", key];
    return listAt(release.props, ...path).map((item, index): [Plain, Path] => {
      const { name, additionalLabels, ...spec } = mapAt(item);
      const labels = { ...mapAt(additionalLabels), release: helmChart(release)?.release };
      const metadata = { name, namespace: at(release.props, "namespace"), labels };
      const apiVersion = "monitoring.coreos.com/v1";
      return [{ apiVersion, kind, metadata, spec }, [...path, index]];
    });
  });
}

function manifestsAt(values: Plain, path: Path, depth: number): [object: Plain, path: Path][] {
  return entriesAt(values).flatMap(([key, value]) => {
    const inside = [...path, key];
    if (!manifestKeys.includes(key)) {
      return depth < MAX_CHART_DEPTH ? manifestsAt(value, inside, depth + 1) : [];
    }
    if (isText(value)) return documentsIn(value, inside);
    return itemsAt(value).flatMap(([index, item]) => documentsIn(item, [...inside, index]));
  });
}

/** Returns the objects in an item, which is YAML text or a single object. */
function documentsIn(item: Plain, path: Path): [object: Plain, path: Path][] {
  const documents = isText(item) ? readTemplate(item) : [item];
  return objectsIn(documents).map((object) => [object, path]);
}

function resourceOf(object: Plain, release: Resource, path: Path): Resource | undefined {
  const type = typeOfObject(object);
  if (type === undefined) return undefined;
  return {
    type,
    name: textAt(object, "metadata", "name") ?? release.name,
    urn: `${release.urn}#${path.join(".")}`,
    props: object,
  };
}

/** Returns the Pulumi type of a Kubernetes object. */
export function typeOfObject(object: Plain): string | undefined {
  const [version, kind] = [textAt(object, "apiVersion"), textAt(object, "kind")];
  if (version === undefined || kind === undefined) return undefined;
  return policyType(`kubernetes:${version.includes("/") ? version : `core/${version}`}:${kind}`);
}

/** Flattens lists of objects into their items. */
export function objectsIn(objects: Plain[]): Plain[] {
  return objects.filter(isPresent).flatMap((object) => {
    const isList = textAt(object, "kind")?.endsWith("List") === true;
    return isList ? objectsIn(listAt(object, "items")) : [object];
  });
}
