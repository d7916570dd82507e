import type { Role } from "@pulumi/aws/iam";
import type { Bucket } from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { lokiBucket } from "./bucket";
import { lokiRole } from "./role";
import { LokiStorage } from "./enums";
import { LokiSettings, S3Settings } from "./settings";
import { Inputs } from "../shared/inputs";

/** Loki's storage, with the role and annotations that give Loki's pods access to it. */
export interface StorageResources {
  /** The bucket, if the component creates it. */
  bucket?: Bucket;
  /** The IAM role for Loki's pods, if the component creates it. */
  role?: Role;
  /** ARN of the IAM role for Loki's pods. Empty with `filesystem` storage. */
  roleArn: pulumi.Output<string>;
  /** Name of the bucket. Empty with `filesystem` storage. */
  bucketName: pulumi.Output<string>;
  /** Annotations that let pods with the service account assume the role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /**
   * Resources that must exist before the first pod starts, because pods get their credentials at
   * startup.
   */
  dependencies: pulumi.Resource[];
}

/** Registers the bucket and the IAM role that the settings require. */
export function lokiStorage(
  name: string,
  inputs: Inputs<LokiSettings>,
  opts: pulumi.CustomResourceOptions,
): StorageResources {
  if (inputs.settings.storage === LokiStorage.Filesystem) {
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
