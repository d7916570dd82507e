/** Operating system of the nodes. */
export const NodeOs = {
  AmazonLinux: "amazonLinux",
  Bottlerocket: "bottlerocket",
} as const;
export type NodeOs = (typeof NodeOs)[keyof typeof NodeOs];

/** Where an agent learns the instance id, which Datadog knows a node by. */
export const HostnameSource = {
  /** The instance metadata service. */
  InstanceMetadata: "instanceMetadata",
  /** A file of the node: works where pods cannot reach the metadata service. */
  NodeFile: "nodeFile",
} as const;
export type HostnameSource = (typeof HostnameSource)[keyof typeof HostnameSource];
