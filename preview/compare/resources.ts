import { changedPaths, firstOf } from "./differences";
import { componentsOf, type PreviewState, type ResourceEntry } from "./state";
import { shortType } from "../output/tree";

export interface ResourceChange {
  resource: string;
  type: string;
  change: string;
}

/** Properties whose change replaces a resource. Other types are updated, as far as the preview knows. */
const replacing: [type: RegExp, path: RegExp][] = [
  [/^kubernetes:helm\.sh\//, /^(name|namespace)$/],
  [/^kubernetes:/, /^(apiVersion|kind|metadata\.(name|namespace))$/],
  [/^aws:s3\/bucket/, /^(bucket|bucketPrefix)$/],
  [/^aws:iam\//, /^(name|namePrefix|path)$/],
  [/^aws:eks\/podIdentityAssociation:/, /^(clusterName|namespace|serviceAccount)$/],
  [/^aws:eks\/cluster:/, /^(name|roleArn)$/],
];

/** Resources that were added, removed or changed. Components are compared by their settings instead. */
export function resourceChanges(before: PreviewState, after: PreviewState): ResourceChange[] {
  const [old, current] = [byUrn(before), byUrn(after)];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((urn) => {
    const [was, is] = [old.get(urn), current.get(urn)];
    const change = changeOf(was, is);
    const { name, type } = (is ?? was)!;
    return change === undefined ? [] : [{ resource: name, type: shortType(type), change }];
  });
}

function changeOf(was: ResourceEntry | undefined, is: ResourceEntry | undefined) {
  if (was === undefined) return "created";
  if (is === undefined) {
    if (was.protect) return "deletion refused: the resource is protected";
    return was.retainOnDelete ? "no longer managed, kept" : "deleted";
  }
  const paths = changedPaths(was.inputs, is.inputs);
  if (paths.length === 0) return undefined;
  const isReplaced = paths.some((path) =>
    replacing.some(([type, property]) => type.test(is.type) && property.test(path)),
  );
  return `${isReplaced ? "replaced" : "updated"}: ${firstOf(paths)}`;
}

function byUrn(state: PreviewState): Map<string, ResourceEntry> {
  const components = new Set(componentsOf(state).map(({ urn }) => urn));
  return new Map(
    state.resources.flatMap((resource) =>
      components.has(resource.urn) || resource.external ? [] : [[resource.urn, resource] as const],
    ),
  );
}
