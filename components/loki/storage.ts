import type { Bucket } from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { lokiBucket } from "./bucket";
import { LokiRole, lokiRole } from "./role";
import { usesBucket } from "./enums";
import { LokiSettings, S3Settings } from "./settings";
import { Inputs } from "../shared/inputs";

/**
 * Loki's storage, with the role that gives Loki's pods access to it. With `filesystem` storage,
 * `bucketName` and `roleArn` are empty.
 */
export interface StorageResources extends LokiRole {
  /** The bucket, if the component creates it. */
  bucket?: Bucket;
  bucketName: pulumi.Output<string>;
}

/** Registers the bucket and the IAM role that the settings require. */
export function lokiStorage(
  name: string,
  inputs: Inputs<LokiSettings>,
  opts: pulumi.CustomResourceOptions,
): StorageResources {
  if (!usesBucket(inputs.settings)) {
    return {
      bucketName: pulumi.output(""),
      roleArn: pulumi.output(""),
      serviceAccountAnnotations: {},
      dependencies: [],
    };
  }
  const s3 = inputs as Inputs<S3Settings>;
  const created = s3.settings.createBucket ? lokiBucket(name, s3, opts) : undefined;
  // If a change to the bucket's name is rejected, the role must keep its access to the deployed bucket.
  const afterBucket = created ? { dependsOn: created.unchanged } : {};
  const role = lokiRole(name, s3, pulumi.mergeOptions(opts, afterBucket));
  return {
    ...role,
    ...(created && { bucket: created.bucket }),
    bucketName: created?.bucket.bucket ?? pulumi.output(s3.fill(({ bucket }) => bucket)),
    dependencies: [
      ...(created ? [created.bucket, ...created.protections] : []),
      ...role.dependencies,
    ],
  };
}
