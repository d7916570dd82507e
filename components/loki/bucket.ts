import type { Bucket } from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "../shared/awsSdk";
import { unchanged } from "./keptBucket";
import { bucketTlsOnlyPolicy } from "./iam";
import { S3Settings, deletedVersionDays } from "./settings";
import { tagsOf } from "../shared/tags";
import { Inputs } from "../shared/inputs";

export interface LokiBucketResources {
  bucket: Bucket;
  /** The bucket, for `dependsOn`. Fails if the settings would replace the bucket. */
  unchanged: pulumi.Input<pulumi.Resource>;
  /** Resources that make the bucket private, encrypted and versioned. */
  protections: pulumi.Resource[];
}

/** Registers the bucket, and the resources that make it private, encrypted and versioned. */
export function lokiBucket(
  name: string,
  { settings, fill }: Inputs<S3Settings>,
  { parent }: pulumi.CustomResourceOptions,
): LokiBucketResources {
  const { s3 } = awsSdk();
  const { protectData, deleteDataOnDestroy } = settings;
  const location = fill(({ bucket, region }) => ({ bucket, region }));
  const opts: pulumi.CustomResourceOptions = {
    // No `dependsOn`, because a destroy that retains the bucket would also retain its dependencies.
    parent,
    // `protect` is never set to `false`, which would override the value inherited from the component.
    ...(protectData && { protect: true }),
    ...(!deleteDataOnDestroy && { retainOnDelete: true }),
  };
  const bucket = new s3.Bucket(
    `${name}-bucket`,
    {
      ...location,
      // Without this option, AWS refuses to delete a bucket that contains logs.
      forceDestroy: deleteDataOnDestroy,
      tags: fill(tagsOf),
    },
    // If the stack was deployed with `deleteDataOnDestroy`, a replacement would delete the logs.
    // `unchanged` reports the change instead.
    { ...opts, ignoreChanges: ["bucket", "region"] },
  );
  const keptBucket = unchanged(name, location, bucket);
  opts.dependsOn = keptBucket;
  const target = { bucket: bucket.bucket, region: location.region };
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
    { ...target, rules: fill(({ kmsKeyArn }) => [encryptionRule(kmsKeyArn)]) },
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
      // Loki itself deletes logs that exceed the retention. A rule that expires current objects would
      // also delete Loki's index.
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
    { ...target, policy: fill(bucketTlsOnlyPolicy) },
    // S3 rejects concurrent changes to a bucket's access settings.
    { ...opts, dependsOn: [publicAccess, ownership] },
  );
  const protections: pulumi.Resource[] = [
    publicAccess,
    ownership,
    encryption,
    versioning,
    lifecycle,
    policy,
  ];
  if (settings.accessLogBucket !== undefined) {
    protections.push(
      new s3.BucketLogging(
        `${name}-bucket-access-log`,
        {
          ...target,
          ...fill(({ accessLogBucket = "", bucket: prefix }) => ({
            targetBucket: accessLogBucket,
            targetPrefix: `${prefix}/`,
          })),
        },
        // This resource holds no data. Unlike the bucket, it is deleted when its setting is removed.
        { parent, dependsOn: keptBucket },
      ),
    );
  }
  return { bucket, unchanged: keptBucket, protections };
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
