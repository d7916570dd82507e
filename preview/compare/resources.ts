import { firstOf } from "../output/firstOf";
import { changedPaths, keysOf } from "./differences";
import { componentsOf, type PreviewState, type ResourceEntry } from "./state";
import { shortType } from "../output/tree";

export type ResourceChange = {
  resource: string;
  type: string;
  change: string;
};

/** The effect of an update on a resource. */
export type Action =
  | "created"
  | "updated"
  | "replaced"
  | "deleted"
  /** Removed from the stack's state, but not deleted. */
  | "kept"
  /** Protected, so the update fails because it would have to delete or replace the resource. */
  | "refused";

export interface ResourceDifference {
  resource: ResourceEntry;
  action: Action;
  /** Inputs that differ, if the resource is in both states. */
  paths: string[];
}

/**
 * Properties that force a replacement when they change. For other types, the preview assumes an update.
 */
const replacing: [type: RegExp, path: RegExp][] = [
  [/^kubernetes:helm\.sh\//, /^(name|namespace)$/],
  [/^kubernetes:/, /^(apiVersion|kind|metadata\.(name|namespace))$/],
  [/^kubernetes:core\/v1:Secret$/, /^type$/],
  [/^kubernetes:storage\.k8s\.io\/v1:StorageClass$/, /^(parameters|provisioner)\b/],
  [/^kubernetes:rbac\.authorization\.k8s\.io\/v1:(Cluster)?RoleBinding$/, /^roleRef\b/],
  [/^aws:s3\/bucket/, /^(bucket|bucketPrefix|region)$/],
  [/^aws:iam\//, /^(name|namePrefix|path)$/],
  [/^aws:eks\/podIdentityAssociation:/, /^(clusterName|namespace|serviceAccount)$/],
  [/^aws:eks\/cluster:/, /^(name|roleArn)$/],
];

/**
 * Returns resources that were added, removed or changed. Components are compared by their settings
 * instead.
 */
export function resourceChanges(before: PreviewState, after: PreviewState): ResourceChange[] {
  return resourceDifferences(before, after).map(({ resource: { name, type }, ...difference }) => ({
    resource: name,
    type: shortType(type),
    change: changeText(difference),
  }));
}

function changeText({ action, paths }: Omit<ResourceDifference, "resource">): string {
  if (action === "kept") return "no longer managed, kept";
  if (action !== "refused") return paths.length === 0 ? action : `${action}: ${firstOf(paths)}`;
  return paths.length === 0
    ? "deletion refused: the resource is protected"
    : `replacement refused, the resource is protected: ${firstOf(paths)}`;
}

/** Returns the action for each resource that differs between two states. */
export function resourceDifferences(
  before: Pick<PreviewState, "resources">,
  after: Pick<PreviewState, "resources">,
): ResourceDifference[] {
  const [old, current] = [byUrn(before), byUrn(after)];
  return keysOf(old, current).flatMap((urn): ResourceDifference[] => {
    const [was, is] = [old.get(urn), current.get(urn)];
    if (is === undefined) return [{ resource: was!, action: removal(was!), paths: [] }];
    if (was === undefined) return [{ resource: is, action: "created", paths: [] }];
    const paths = changedPaths(was.inputs, is.inputs);
    if (paths.length === 0) return [];
    const isReplaced = paths.some((path) =>
      replacing.some(([type, property]) => type.test(is.type) && property.test(path)),
    );
    const replacement = was.protect ? "refused" : "replaced";
    return [{ resource: is, action: isReplaced ? replacement : "updated", paths }];
  });
}

function removal({ protect, retainOnDelete }: ResourceEntry): Action {
  if (protect) return "refused";
  return retainOnDelete ? "kept" : "deleted";
}

function byUrn(state: Pick<PreviewState, "resources">): Map<string, ResourceEntry> {
  const components = new Set(componentsOf(state).map(({ urn }) => urn));
  return new Map(
    state.resources.flatMap((resource) =>
      components.has(resource.urn) || resource.external ? [] : [[resource.urn, resource] as const],
    ),
  );
}
