/** Deployment mode of Loki. */
export const LokiMode = {
  /** One replica, for up to about 20 GB of logs per day. Logs are unavailable while it restarts. */
  SingleBinary: "singleBinary",
  /** Three replicas that each store every log line. Requires object storage and three nodes. */
  HighAvailability: "highAvailability",
  /** Separate components with caches, for hundreds of GB per day. Requires object storage. */
  Distributed: "distributed",
} as const;
export type LokiMode = (typeof LokiMode)[keyof typeof LokiMode];

/** Storage of Loki's chunks and index. */
export const LokiStorage = {
  /** An S3 bucket. */
  S3: "s3",
  /** The volume of the single replica. Does not require AWS. */
  Filesystem: "filesystem",
} as const;
export type LokiStorage = (typeof LokiStorage)[keyof typeof LokiStorage];

/** Whether Loki stores chunks and the index in a bucket, which is the default. */
export function usesBucket({ storage }: { storage?: unknown }): boolean {
  return storage !== LokiStorage.Filesystem;
}

/** How Loki's pods assume their IAM role. */
export const AwsIdentity = {
  /** EKS Pod Identity. Requires the `eks-pod-identity-agent` add-on in the cluster. */
  PodIdentity: "podIdentity",
  /** IAM roles for service accounts. Requires the cluster's OIDC provider in IAM. */
  Irsa: "irsa",
} as const;
export type AwsIdentity = (typeof AwsIdentity)[keyof typeof AwsIdentity];
