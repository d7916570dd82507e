import type { ObjectMeta } from "../cluster/objects";

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Whether a resource of this type and with these inputs is an object of Kubernetes, not a release. */
export function isObject(type: string, inputs: object): inputs is KubernetesObject {
  return type.startsWith("kubernetes:") && "kind" in inputs && "metadata" in inputs;
}

/** Path of an object in the API of Kubernetes. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { namespace, name } = metadata;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const plural = kind.toLowerCase().replace(/s$/, "se") + "s";
  return `${group}${scope}/${plural}/${name}`;
}
