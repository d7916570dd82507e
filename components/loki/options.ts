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

/** Who reads the logs of all pods and pushes them to Loki. */
export const LogCollector = {
  /** Grafana Alloy. */
  Alloy: "alloy",
  /** Promtail, which is end of life since 2026-03-02: no more releases, no more security fixes. */
  Promtail: "promtail",
  /** Nobody; you bring your own. */
  None: "none",
} as const;
export type LogCollector = (typeof LogCollector)[keyof typeof LogCollector];

/** How the service account of Loki becomes an IAM role. */
export const AwsIdentity = {
  /** EKS Pod Identity; the cluster needs the add-on `eks-pod-identity-agent`. */
  PodIdentity: "podIdentity",
  /** IAM roles for service accounts; the cluster needs an OIDC provider in IAM. */
  Irsa: "irsa",
} as const;
export type AwsIdentity = (typeof AwsIdentity)[keyof typeof AwsIdentity];

/** What the collectors take out of every line by themselves. */
export const Redaction = {
  /** What follows `Authorization:`. */
  AuthorizationHeader: "authorizationHeader",
  /** What follows `Bearer`. */
  BearerToken: "bearerToken",
  /** A JSON web token on its own. */
  JsonWebToken: "jsonWebToken",
  /** What is assigned to a password, secret, API key or token. */
  AssignedSecret: "assignedSecret",
  /** The secret part of the URL of a Slack webhook. */
  SlackWebhook: "slackWebhook",
  /** A token of a Slack app. */
  SlackToken: "slackToken",
  /** The id of an AWS access key. */
  AwsAccessKey: "awsAccessKey",
  /** A card number, with or without spaces. */
  CardNumber: "cardNumber",
} as const;
export type Redaction = (typeof Redaction)[keyof typeof Redaction];

/** A secret of your own that no log line shall show. */
export interface RedactionPattern {
  /** What it is; stands in its place, as in `<redacted customer-number>`. */
  name: string;
  /**
   * Regular expression of RE2 with one group around the secret, such as `\\bKD-(\\d{8})\\b`: the rest
   * of what it matches stays.
   */
  expression: string;
}
