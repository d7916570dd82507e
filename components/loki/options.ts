/** How Loki runs. */
export const LokiMode = {
  /** One replica: about 20 GB of logs a day, no logs while it restarts. */
  SingleBinary: "singleBinary",
  /** Three replicas, each log line on all of them; needs object storage and three nodes. */
  HighAvailability: "highAvailability",
  /** Each of Loki's parts on its own, with caches: hundreds of GB a day; needs object storage. */
  Distributed: "distributed",
} as const;
export type LokiMode = (typeof LokiMode)[keyof typeof LokiMode];

/** Where Loki keeps chunks and index. */
export const LokiStorage = {
  /** An S3 bucket. */
  S3: "s3",
  /** The volume of the one replica; needs no AWS. */
  Filesystem: "filesystem",
} as const;
export type LokiStorage = (typeof LokiStorage)[keyof typeof LokiStorage];

/** How the service account of Loki becomes an IAM role. */
export const AwsIdentity = {
  /** EKS Pod Identity; the cluster needs the add-on `eks-pod-identity-agent`. */
  PodIdentity: "podIdentity",
  /** IAM roles for service accounts; the cluster needs an OIDC provider in IAM. */
  Irsa: "irsa",
} as const;
export type AwsIdentity = (typeof AwsIdentity)[keyof typeof AwsIdentity];
