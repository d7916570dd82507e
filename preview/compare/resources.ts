import { differences } from "./differences";
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
  // An item that moved in a list without names would yield a path for each of its values.
  const paths = [
    ...new Set(differences(was.inputs, is.inputs).map(({ path }) => path.replace(/\[\d+\].*/, ""))),
  ];
  if (paths.length === 0) return undefined;
  const isReplaced = paths.some((path) =>
    replacing.some(([type, property]) => type.test(is.type) && property.test(path)),
  );
  return `${isReplaced ? "replaced" : "updated"}: ${paths.slice(0, MAX_PATHS).join(", ")}${
    paths.length > MAX_PATHS ? ` and ${paths.length - MAX_PATHS} more` : ""
  }`;
}

const MAX_PATHS = 6;

function byUrn(state: PreviewState): Map<string, ResourceEntry> {
  const components = new Set(componentsOf(state).map(({ urn }) => urn));
  return new Map(
    state.resources.flatMap((resource) =>
      components.has(resource.urn) || resource.external ? [] : [[resource.urn, resource] as const],
    ),
  );
}
