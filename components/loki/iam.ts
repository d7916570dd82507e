import { createHash } from "node:crypto";
import { hasPlaceholder } from "../shared/placeholders";

/** IAM policy document as JSON: deterministic, and known before the first deployment. */
type PolicyDocument = string;

/** The service account whose pods may assume the role. */
export interface LokiServiceAccount {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** The bucket of Loki. */
export interface LokiBucket {
  bucket: string;
  region: string;
  /** KMS key that encrypts the bucket. Default: keys that S3 manages. */
  kmsKeyArn?: string | undefined;
}

/** Allows Loki to list, read, write and delete the objects of its bucket. */
export function lokiAccessPolicy(bucket: LokiBucket): PolicyDocument {
  const arn = bucketArn(bucket);
  const { kmsKeyArn } = bucket;
  const allow = (Sid: string, Action: string[], resource: string) => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource: [resource],
  });
  return policy([
    allow("ListChunks", ["s3:ListBucket"], arn),
    allow("ReadWriteChunks", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], `${arn}/*`),
    ...(kmsKeyArn === undefined
      ? []
      : [allow("UseBucketKey", ["kms:GenerateDataKey", "kms:Decrypt"], kmsKeyArn)]),
  ]);
}

/** Denies every request to the bucket that does not use TLS. */
export function bucketTlsOnlyPolicy(bucket: LokiBucket): PolicyDocument {
  const arn = bucketArn(bucket);
  return policy([
    {
      Sid: "DenyInsecureTransport",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: [arn, `${arn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
}

/**
 * Lets EKS Pod Identity assume the role for one service account of one cluster. Without the
 * conditions, anyone who may create associations could assign the role to other pods.
 */
export function podIdentityTrust(pods: LokiServiceAccount): PolicyDocument {
  return trust({ Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"], {
    "aws:RequestTag/eks-cluster-name": pods.cluster,
    "aws:RequestTag/kubernetes-namespace": pods.namespace,
    "aws:RequestTag/kubernetes-service-account": pods.serviceAccount,
  });
}

/** Lets one service account assume the role through the OIDC provider of its cluster. */
export function irsaTrust(
  providerArn: string,
  issuerUrl: string,
  pods: LokiServiceAccount,
): PolicyDocument {
  const issuer = issuerUrl.replace(/^https:\/\//, "");
  return trust({ Federated: providerArn }, ["sts:AssumeRoleWithWebIdentity"], {
    [`${issuer}:aud`]: "sts.amazonaws.com",
    [`${issuer}:sub`]: `system:serviceaccount:${pods.namespace}:${pods.serviceAccount}`,
  });
}

function trust(Principal: object, Action: string[], StringEquals: object): PolicyDocument {
  const Sid = "LokiPodsOfOneCluster";
  return policy([{ Sid, Effect: "Allow", Principal, Action, Condition: { StringEquals } }]);
}

/** Where Loki runs, and the region of its bucket. Roles have one namespace for all regions. */
export interface LokiLocation {
  cluster: string;
  namespace: string;
  region: string;
}

/** Name of the role. IAM allows 64 characters, so a hash replaces the end of a longer name. */
export function lokiRoleName({ cluster, namespace, region }: LokiLocation): string {
  const name = `${cluster}-${namespace}-loki-${region}`;
  if (name.length <= 64 || hasPlaceholder(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, 55)}-${hash}`;
}

function bucketArn({ bucket, region }: LokiBucket): string {
  return `arn:${partition(region)}:s3:::${bucket}`;
}

function partition(region: string): string {
  // While the region is unknown, so is its partition.
  if (hasPlaceholder(region)) return region;
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}

function policy(statements: object[]): PolicyDocument {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
