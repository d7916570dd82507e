/** Datadog site: the region that stores an organization's data, and the domain of its web application. */
export const DatadogSite = {
  Us1: "datadoghq.com",
  Us3: "us3.datadoghq.com",
  Us5: "us5.datadoghq.com",
  Eu1: "datadoghq.eu",
  Ap1: "ap1.datadoghq.com",
  Ap2: "ap2.datadoghq.com",
  Us1Fed: "ddog-gov.com",
  Us2Fed: "us2.ddog-gov.com",
} as const;
export type DatadogSite = (typeof DatadogSite)[keyof typeof DatadogSite];

/** Operating system of the nodes. */
export const NodeOs = {
  AmazonLinux: "amazonLinux",
  Bottlerocket: "bottlerocket",
} as const;
export type NodeOs = (typeof NodeOs)[keyof typeof NodeOs];

/** Source of the instance ID, which Datadog uses to identify a node. */
export const HostnameSource = {
  /** The instance metadata service. */
  InstanceMetadata: "instanceMetadata",
  /** A file on the node, for pods that cannot reach the instance metadata service. */
  NodeFile: "nodeFile",
} as const;
export type HostnameSource = (typeof HostnameSource)[keyof typeof HostnameSource];
