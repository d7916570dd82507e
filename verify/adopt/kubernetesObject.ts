import type { ObjectMeta } from "../cluster/objects";

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Whether a resource with this type and these inputs is a Kubernetes object rather than a release. */
export function isObject(type: string, inputs: object): inputs is KubernetesObject {
  return type.startsWith("kubernetes:") && "kind" in inputs && "metadata" in inputs;
}

/** Returns an object's path in the Kubernetes API. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { namespace, name } = metadata;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const plural = kind.toLowerCase().replace(/s$/, "se") + "s";
  return `${group}${scope}/${plural}/${name}`;
}
