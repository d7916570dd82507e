import { MAX_CHART_DEPTH, isHelmType } from "./helm";
import { Path, Plain, at, entriesAt, isMap, textAt } from "./plain";
import { Resource } from "./resource";
import { readDocuments } from "./yaml";

/** A Kubernetes object that a chart creates from its values. */
export interface Manifest {
  resource: Resource;
  /** Path in the properties of the release. */
  path: Path;
}

/** Names of the chart values with objects that charts pass on unchanged. */
export const manifestKeys = ["extraManifests", "extraObjects", "extraDeploy", "extraResources"];

/** The objects that a release passes on unchanged, as maps or as YAML texts. */
export function manifestsIn(release: Resource): Manifest[] {
  if (!isHelmType(release.type)) return [];
  return found(at(release.props, "values"), ["values"], 0).flatMap(({ object, path }) => {
    const resource = resourceOf(object, release, path);
    return resource === undefined ? [] : [{ resource, path }];
  });
}

function found(values: Plain, path: Path, depth: number): { object: Plain; path: Path }[] {
  if (!isMap(values)) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    if (manifestKeys.includes(key)) return listed(value, [...path, key]);
    return depth < MAX_CHART_DEPTH && isMap(value) ? found(value, [...path, key], depth + 1) : [];
  });
}

function listed(value: Plain, path: Path): { object: Plain; path: Path }[] {
  if (typeof value === "string") return readDocuments(value).map((object) => ({ object, path }));
  const entries: [string | number, Plain][] = Array.isArray(value)
    ? [...(value as Plain[]).entries()]
    : entriesAt(value);
  return entries.flatMap(([key, item]) =>
    typeof item === "string"
      ? readDocuments(item).map((object) => ({ object, path: [...path, key] }))
      : [{ object: item, path: [...path, key] }],
  );
}

function resourceOf(object: Plain, release: Resource, path: Path): Resource | undefined {
  const [version, kind] = [textAt(object, "apiVersion"), textAt(object, "kind")];
  if (!isMap(object) || version === undefined || kind === undefined) return undefined;
  return {
    type: `kubernetes:${version.includes("/") ? version : `core/${version}`}:${kind}`,
    name: textAt(object, "metadata", "name") ?? release.name,
    urn: `${release.urn}#${path.join(".")}`,
    props: object,
  };
}
