import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "./awsSdk";
import { AwsIdentity, LokiSettings, LokiStorage } from "./settings";
import {
  bucketTlsOnlyPolicy,
  irsaTrust,
  lokiAccessPolicy,
  lokiRoleName,
  podIdentityTrust,
} from "./iam";
import { lokiName } from "./urls";

/** The OIDC provider of the cluster, needed for IAM roles for service accounts. */
export interface OidcProvider {
  arn: pulumi.Input<string> | undefined;
  issuerUrl: pulumi.Input<string> | undefined;
}

/** Where Loki's data goes, and what its pods need to get there. */
export interface StorageResources {
  /** Name of the bucket; empty without one. */
  bucketName: pulumi.Output<string>;
  /** ARN of the role of Loki's pods; empty without one. */
  roleArn: pulumi.Output<string>;
  /** What its service account must say to become that role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /** All of it must exist before the first pod starts: credentials are given at its start. */
  dependencies: pulumi.Resource[];
}

/** Registers the bucket and the role of Loki, as far as the settings ask for them. */
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
  const bucket = settings.createBucket ? lokiBucket(name, settings, opts) : [];
  const role = lokiRole(name, settings, oidc, opts);
  return {
    ...role,
    bucketName: pulumi.output(settings.bucket),
    dependencies: [...bucket, ...role.dependencies],
  };
}

/** The bucket and everything that keeps it private, encrypted and tidy. */
function lokiBucket(
  name: string,
  settings: LokiSettings,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { s3 } = awsSdk();
  const { region, kmsKeyArn, protectData } = settings;
  // It waits for nothing: a destroy that leaves it would leave whatever it waits for as well.
  const { parent } = opts;
  const kept = { parent, protect: protectData, retainOnDelete: protectData };
  const bucket = new s3.Bucket(
    `${name}-bucket`,
    {
      bucket: settings.bucket,
      region,
      // Outside production, `pulumi destroy` may take the logs with it.
      forceDestroy: !protectData && settings.environment !== "prod",
      tags: awsTags(settings),
    },
    kept,
  );
  const of = { bucket: bucket.bucket, region };
  const publicAccess = new s3.BucketPublicAccessBlock(
    `${name}-bucket-public-access`,
    {
      ...of,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    kept,
  );
  const ownership = new s3.BucketOwnershipControls(
    `${name}-bucket-ownership`,
    { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } },
    kept,
  );
  const encryption = new s3.BucketServerSideEncryptionConfiguration(
    `${name}-bucket-encryption`,
    {
      ...of,
      rules: [
        kmsKeyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : {
              applyServerSideEncryptionByDefault: {
                sseAlgorithm: "aws:kms",
                kmsMasterKeyId: kmsKeyArn,
              },
              bucketKeyEnabled: true,
            },
      ],
    },
    kept,
  );
  const versioning = new s3.BucketVersioning(
    `${name}-bucket-versioning`,
    { ...of, versioningConfiguration: { status: "Enabled" } },
    kept,
  );
  const lifecycle = new s3.BucketLifecycleConfiguration(
    `${name}-bucket-lifecycle`,
    {
      ...of,
      // Loki deletes what is past its retention. A rule that expires current objects would take
      // the index from under it.
      rules: [
        {
          id: "expire-replaced-and-deleted-objects",
          status: "Enabled",
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: 7 },
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
    { ...kept, dependsOn: versioning },
  );
  const policy = new s3.BucketPolicy(
    `${name}-bucket-policy`,
    { ...of, policy: bucketTlsOnlyPolicy(settings) },
    // S3 refuses two changes of a bucket's access at the same moment.
    { ...kept, dependsOn: [publicAccess, ownership] },
  );
  const accessLog =
    settings.accessLogBucket === undefined
      ? []
      : [
          new s3.BucketLogging(
            `${name}-bucket-access-log`,
            {
              ...of,
              targetBucket: settings.accessLogBucket,
              targetPrefix: `${settings.bucket}/`,
            },
            kept,
          ),
        ];
  return [...accessLog, bucket, publicAccess, ownership, encryption, versioning, lifecycle, policy];
}

/** The role that may use the bucket, bound to the service account of Loki alone. */
function lokiRole(
  name: string,
  settings: LokiSettings,
  oidc: OidcProvider,
  opts: pulumi.CustomResourceOptions,
): Omit<StorageResources, "bucketName"> {
  const { eks, iam } = awsSdk();
  const { cluster, namespace } = settings;
  const pods = { cluster, namespace, serviceAccount: lokiName };
  const irsa = settings.awsIdentity === AwsIdentity.Irsa;
  const role = new iam.Role(
    `${name}-role`,
    {
      name: lokiRoleName(cluster),
      description: `Loki of the cluster ${cluster}: its logs in the bucket ${settings.bucket}`,
      assumeRolePolicy: irsa
        ? pulumi
            .all([oidc.arn ?? "", oidc.issuerUrl ?? ""])
            .apply(([arn, issuerUrl]) => irsaTrust(arn, issuerUrl, pods))
        : podIdentityTrust(pods),
      tags: awsTags(settings),
    },
    opts,
  );
  const access = new iam.RolePolicy(
    `${name}-role-policy`,
    { name: "loki-bucket", role: role.name, policy: lokiAccessPolicy(settings) },
    opts,
  );
  if (irsa) {
    return {
      roleArn: role.arn,
      serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": role.arn },
      dependencies: [access],
    };
  }
  const association = new eks.PodIdentityAssociation(
    `${name}-pod-identity`,
    { clusterName: cluster, namespace, serviceAccount: lokiName, roleArn: role.arn },
    opts,
  );
  return {
    roleArn: role.arn,
    serviceAccountAnnotations: {},
    dependencies: [access, association],
  };
}

function awsTags(settings: LokiSettings): Record<string, string> {
  return { cluster: settings.cluster, env: settings.environment, ...settings.labels };
}
