import * as pulumi from "@pulumi/pulumi";

/** A node taint that pods tolerate. */
export interface Toleration {
  /** Key of the taint. Default: every key, with the operator `Exists`. */
  key?: pulumi.Input<string> | undefined;
  /** `Equal` requires the taint's value, `Exists` only its key. Default: `Equal`. */
  operator?: string;
  /** Value of the taint. Default: the empty value. */
  value?: pulumi.Input<string> | undefined;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect. */
  effect?: string;
}

/** Arguments of every component that installs a chart. */
export interface ChartArgs {
  /**
   * Labels of the nodes on which pods may run. Pods require Linux on amd64 or arm64, because some
   * images do not exist for other platforms. Agents run on every Linux node, but not on Windows.
   * Default: every Linux node.
   */
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Node taints that pods tolerate. Agents tolerate every taint. Default: none. */
  tolerations?: pulumi.Input<Toleration[]> | undefined;
  /** PriorityClass of all pods. Default: `system-node-critical` for agents, otherwise none. */
  priorityClassName?: pulumi.Input<string> | undefined;
  /** Exact chart version. Default: the version that this library is tested with. */
  chartVersion?: string;
  /** Helm repository or `oci://` registry of the chart. Default: its official repository. */
  repository?: string;
  /** Registry that mirrors all images. Default: the registry of each image. */
  imageRegistry?: pulumi.Input<string> | undefined;
  /**
   * Whether network policies restrict the pods to the connections that they need, to and from pods in
   * the same namespace. You can add NetworkPolicies that allow more. Requires a network plugin that
   * enforces policies. Default: false.
   */
  networkPolicies?: boolean;
  /**
   * Chart values, merged last: maps merge, lists replace, and `null` removes a chart default. Outputs
   * at any depth are merged when they resolve. Default: none.
   */
  values?: pulumi.Input<Record<string, any>> | undefined;
}
