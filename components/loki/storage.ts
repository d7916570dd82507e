import * as pulumi from "@pulumi/pulumi";
import { lokiBucket } from "./bucket";
import { OidcProvider, lokiRole } from "./role";
import { LokiStorage } from "./options";
import { LokiSettings } from "./settings";

/** Loki's storage, and the role and annotations with which Loki's pods access the storage. */
export interface StorageResources {
  /** Name of the bucket. Empty with the storage `filesystem`. */
  bucketName: pulumi.Output<string>;
  /** ARN of the IAM role of Loki's pods. Empty with the storage `filesystem`. */
  roleArn: pulumi.Output<string>;
  /** Annotations that let the pods of the service account assume the role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /** Resources that must exist before the first pod starts: pods get their credentials at startup. */
  dependencies: pulumi.Resource[];
}

/** Registers the bucket and the IAM role that the settings require. */
export function lokiStorage(
  name: string,
  settings: LokiSettings,
  oidc: OidcProvider,
  opts: pulumi.CustomResourceOptions,
): StorageResources {
  if (settings.storage === LokiStorage.Filesystem) {
    return {
      bucketName: pulumi.output(""),
      roleArn: pulumi.output(""),
      serviceAccountAnnotations: {},
      dependencies: [],
    };
  }
  const tags = { cluster: settings.cluster, env: settings.environment, ...settings.labels };
  const bucket = settings.createBucket ? lokiBucket(name, { ...settings, tags }, opts) : [];
  const role = lokiRole(name, { ...settings, tags, oidc }, opts);
  return {
    ...role,
    bucketName: pulumi.output(settings.bucket),
    dependencies: [...bucket, ...role.dependencies],
  };
}
