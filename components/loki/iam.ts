/** An IAM policy document as JSON: deterministic, and known before anything is deployed. */
type PolicyDocument = string;

/** The pods that may become Loki's role. */
export interface LokiServiceAccount {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

export interface LokiBucket {
  bucket: string;
  region: string;
  /** Key that encrypts the bucket; none when S3's own keys do. */
  kmsKeyArn?: string | undefined;
}

/** What Loki may do: read, write and delete the objects of its bucket, and list them. */
export function lokiAccessPolicy(store: LokiBucket): PolicyDocument {
  const arn = bucketArn(store);
  return policy([
    { Sid: "ListChunks", Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
    {
      Sid: "ReadWriteChunks",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: [`${arn}/*`],
    },
    ...(store.kmsKeyArn === undefined
      ? []
      : [
          {
            Sid: "UseBucketKey",
            Effect: "Allow",
            Action: ["kms:GenerateDataKey", "kms:Decrypt"],
            Resource: [store.kmsKeyArn],
          },
        ]),
  ]);
}

/** Refuses every request to the bucket that does not come over TLS. */
export function bucketTlsOnlyPolicy(store: LokiBucket): PolicyDocument {
  const arn = bucketArn(store);
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
 * Lets EKS Pod Identity give the role to one service account of one cluster. The association alone
 * would do, but anyone who may create associations could then hand the role to other pods.
 */
export function podIdentityTrust(pods: LokiServiceAccount): PolicyDocument {
  return policy([
    {
      Sid: "LokiPodsOfOneCluster",
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-name": pods.cluster,
          "aws:RequestTag/kubernetes-namespace": pods.namespace,
          "aws:RequestTag/kubernetes-service-account": pods.serviceAccount,
        },
      },
    },
  ]);
}

/** Lets the OIDC provider of one cluster give the role to one of its service accounts. */
export function irsaTrust(
  providerArn: string,
  issuerUrl: string,
  pods: LokiServiceAccount,
): PolicyDocument {
  const issuer = issuerUrl.replace(/^https:\/\//, "");
  return policy([
    {
      Sid: "LokiPodsOfOneCluster",
      Effect: "Allow",
      Principal: { Federated: providerArn },
      Action: ["sts:AssumeRoleWithWebIdentity"],
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: "sts.amazonaws.com",
          [`${issuer}:sub`]: `system:serviceaccount:${pods.namespace}:${pods.serviceAccount}`,
        },
      },
    },
  ]);
}

/** Name of the role; IAM allows 64 characters. */
export function lokiRoleName(cluster: string): string {
  const suffix = "-loki";
  return `${cluster.slice(0, 64 - suffix.length)}${suffix}`;
}

function bucketArn({ bucket, region }: LokiBucket): string {
  return `arn:${partition(region)}:s3:::${bucket}`;
}

function partition(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}

function policy(statements: object[]): PolicyDocument {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
