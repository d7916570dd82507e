import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "./awsSdk";
import { LokiBucket, bucketTlsOnlyPolicy } from "./iam";
import { deletedVersionDays } from "./settings";

export interface LokiBucketArgs extends LokiBucket {
  environment: string;
  /** Whether the bucket outlives the stack. */
  protectData: boolean;
  /** Bucket that receives the access log. Default: none. */
  accessLogBucket?: string | undefined;
  tags: Record<string, string>;
}

/** Registers the bucket, and the resources that make it private, encrypted and versioned. */
export function lokiBucket(
  name: string,
  args: LokiBucketArgs,
  { parent }: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { s3 } = awsSdk();
  const { region, protectData } = args;
  // Without `dependsOn`: a destroy that retains the bucket also retains all of its dependencies.
  const opts = { parent, protect: protectData, retainOnDelete: protectData };
  const bucket = new s3.Bucket(
    `${name}-bucket`,
    {
      bucket: args.bucket,
      region,
      // Outside production, `pulumi destroy` may delete the logs.
      forceDestroy: !protectData && args.environment !== "prod",
      tags: args.tags,
    },
    opts,
  );
  const target = { bucket: bucket.bucket, region };
  const publicAccess = new s3.BucketPublicAccessBlock(
    `${name}-bucket-public-access`,
    {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  const ownership = new s3.BucketOwnershipControls(
    `${name}-bucket-ownership`,
    { ...target, rule: { objectOwnership: "BucketOwnerEnforced" } },
    opts,
  );
  const encryption = new s3.BucketServerSideEncryptionConfiguration(
    `${name}-bucket-encryption`,
    { ...target, rules: [encryptionRule(args.kmsKeyArn)] },
    opts,
  );
  const versioning = new s3.BucketVersioning(
    `${name}-bucket-versioning`,
    { ...target, versioningConfiguration: { status: "Enabled" } },
    opts,
  );
  const lifecycle = new s3.BucketLifecycleConfiguration(
    `${name}-bucket-lifecycle`,
    {
      ...target,
      // Loki itself deletes the logs that exceed the retention. A rule that expires current objects
      // would also delete Loki's index.
      rules: [
        {
          id: "expire-replaced-and-deleted-objects",
          status: "Enabled",
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: deletedVersionDays },
          expiration: { expiredObjectDeleteMarker: true },
        },
        {
          id: "abort-incomplete-uploads",
          status: "Enabled",
          filter: {},
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    { ...opts, dependsOn: versioning },
  );
  const policy = new s3.BucketPolicy(
    `${name}-bucket-policy`,
    { ...target, policy: bucketTlsOnlyPolicy(args) },
    // S3 rejects concurrent changes to the access of a bucket.
    { ...opts, dependsOn: [publicAccess, ownership] },
  );
  const resources: pulumi.Resource[] = [
    bucket,
    publicAccess,
    ownership,
    encryption,
    versioning,
    lifecycle,
    policy,
  ];
  if (args.accessLogBucket !== undefined) {
    resources.push(
      new s3.BucketLogging(
        `${name}-bucket-access-log`,
        { ...target, targetBucket: args.accessLogBucket, targetPrefix: `${args.bucket}/` },
        opts,
      ),
    );
  }
  return resources;
}

function encryptionRule(kmsKeyArn: string | undefined) {
  if (kmsKeyArn === undefined) {
    return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  }
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
    bucketKeyEnabled: true,
  };
}
