import { PolicyDocument, allow, partition, policyDocument } from "../shared/iam";

/** Loki's bucket. */
export interface LokiBucket {
  bucket: string;
  region: string;
  /** KMS key that encrypts the bucket. Default: S3-managed keys. */
  kmsKeyArn?: string | undefined;
}

/** Allows Loki to list its bucket and to read, write and delete the objects in it. */
export function lokiAccessPolicy(bucket: LokiBucket): PolicyDocument {
  const arn = bucketArn(bucket);
  const { kmsKeyArn } = bucket;
  return policyDocument([
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
  return policyDocument([
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

function bucketArn({ bucket, region }: LokiBucket): string {
  return `arn:${partition(region)}:s3:::${bucket}`;
}
