import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A service account that may read objects of one kind in all namespaces. */
export interface ClusterReader {
  /** Name and labels of the ClusterRole and its binding, which are not namespaced. */
  metadata: {
    name: pulumi.Input<string>;
    labels: pulumi.Input<Record<string, pulumi.Input<string>>>;
  };
  serviceAccount: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  /** Plural name of the kind, such as `pods`. It must belong to the core API group. */
  resource: string;
}

/** Grants a service account read access to objects of one kind, instead of a chart's broader role. */
export function clusterReader(
  name: string,
  { metadata, serviceAccount, namespace, resource }: ClusterReader,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const rules = [{ apiGroups: [""], resources: [resource], verbs: ["get", "list", "watch"] }];
  const roleRef = {
    apiGroup: "rbac.authorization.k8s.io",
    kind: "ClusterRole",
    name: metadata.name,
  };
  const subjects = [{ kind: "ServiceAccount", name: serviceAccount, namespace }];
  return [
    new kubernetes.rbac.v1.ClusterRole(`${name}-role`, { metadata, rules }, opts),
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-role-binding`,
      { metadata, roleRef, subjects },
      opts,
    ),
  ];
}
