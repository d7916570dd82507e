import type { Api } from "../cluster/api";
import type { List, ObjectMeta } from "../cluster/objects";
import { Fate, type Finding } from "./finding";
import { type KubernetesObject, pathOf } from "./kubernetesObject";
import type { Registered } from "./registered";

/** Kinds of objects that people may have created manually in place of a release. */
const workloadKinds: [apiVersion: string, kind: string, namespaced: boolean][] = [
  ["apps/v1", "DaemonSet", true],
  ["apps/v1", "Deployment", true],
  ["apps/v1", "StatefulSet", true],
  ["v1", "Service", true],
  ["v1", "ServiceAccount", true],
  ["v1", "ConfigMap", true],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", false],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", false],
];

/** An object of the program that already exists in the cluster. */
export interface ExistingObject {
  resource: Registered;
  object: KubernetesObject;
  /** The Helm release that the object belongs to, as `namespace/name`. */
  release: string | undefined;
}

export async function existingObjects(
  kubernetes: Api,
  resources: Registered[],
): Promise<ExistingObject[]> {
  const existing = await Promise.all(
    resources.map(async (resource) => {
      const object = resource.inputs as unknown as KubernetesObject;
      const live = await kubernetes.find<KubernetesObject>(pathOf(object));
      return live === undefined ? [] : { resource, object, release: releaseOf(live) };
    }),
  );
  return existing.flat();
}

/**
 * Returns the finding for an existing object. Only namespaces are adopted, because they may contain
 * objects of other deployments.
 */
export function objectFinding({ resource, object }: ExistingObject): Finding {
  const { kind, metadata } = object;
  const id = idOf(metadata);
  const what = `${kind} ${id}`;
  if (kind === "Namespace") {
    const effect = "everything in it remains; it gets pod security labels";
    return { fate: Fate.Adopted, what, effect, adopts: { resource, id } };
  }
  return {
    fate: Fate.Replaced,
    what,
    effect:
      kind === "Secret"
        ? "the stack creates it with the secrets of its configuration; copy those that you have nowhere else"
        : "the stack creates it again, with its own content",
    command: `kubectl delete ${kubectlName(object)}`,
  };
}

/**
 * Returns manually created objects with the same names as objects of a release. Helm refuses to install
 * over them.
 */
export async function madeByHand(
  kubernetes: Api,
  release: { namespace: string; name: string },
  registered: Set<string>,
): Promise<Finding[]> {
  const manual = await Promise.all(
    workloadKinds.map(async ([apiVersion, kind, namespaced]) => {
      const { namespace, name } = release;
      const metadata = { name, ...(namespaced && { namespace }) };
      const object = { apiVersion, kind, metadata };
      if (registered.has(pathOf(object))) return [];
      const live = await kubernetes.find<KubernetesObject>(pathOf(object));
      return live === undefined || releaseOf(live) !== undefined ? [] : [object];
    }),
  );
  return manual.flat().map((object) => ({
    fate: Fate.Replaced,
    what: `${object.kind} ${idOf(object.metadata)}`,
    effect: `the release ${idOf(release)} creates its own; until then, nothing runs`,
    command: `kubectl delete ${kubectlName(object)}`,
  }));
}

/** Returns ServiceMonitors outside the stack that also scrape the namespaces of its services. */
export async function otherMonitors(
  kubernetes: Api,
  namespaces: string[],
  registered: Set<string>,
): Promise<Finding[]> {
  const apiVersion = "monitoring.coreos.com/v1";
  const monitors = await Promise.all(
    namespaces.map(async (namespace) => {
      const path = `/apis/${apiVersion}/namespaces/${namespace}/servicemonitors`;
      const list = await kubernetes.find<List<{ metadata: ObjectMeta }>>(path);
      return (list?.items ?? []).map(({ metadata }) => metadata);
    }),
  );
  return monitors
    .flat()
    .filter((metadata) => !registered.has(pathOf({ apiVersion, kind: "ServiceMonitor", metadata })))
    .map((metadata) => ({
      fate: Fate.LeftAlone,
      what: `ServiceMonitor ${idOf(metadata)}`,
      effect: "delete it if the stack monitors the same service, which it would scrape twice",
    }));
}

/** Returns the Helm release that an object belongs to, as `namespace/name`. */
function releaseOf({ metadata }: KubernetesObject): string | undefined {
  const annotation = (key: string) => metadata.annotations?.[`meta.helm.sh/release-${key}`];
  const name = annotation("name");
  return name === undefined ? undefined : `${annotation("namespace")}/${name}`;
}

export function idOf({ namespace, name }: ObjectMeta): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function kubectlName({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? "" : ` -n ${namespace}`}`;
}
