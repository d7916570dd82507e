import { Resource } from "../../../policies/facts/resource";
import { bucketName, podTrust, policyDocument, tlsOnly } from "../platformSubjects";
import { Mistakes, arn, aws, bucketParts, itJudges, loki, roleNamed } from "./subjects";
import { resource } from "../subjects";

const stream = (period: string) => [
  loki({
    loki: {
      limits_config: {
        retention_stream: [{ selector: '{namespace="audit"}', priority: 1, period }],
      },
    },
  }),
  ...bucketParts({
    bucketLifecycleConfiguration: {
      rules: [
        {
          id: "all",
          status: "Enabled",
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
        { id: "chunks", status: "Enabled", filter: { prefix: "fake/" }, expiration: { days: 60 } },
      ],
    },
  }),
];

const mistakes: Mistakes = {
  "objects that expire after 30 days": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [{ id: "cost", status: "Enabled", filter: {}, expiration: { days: 30 } }],
        },
      }),
    ],
  ],
  // Environment
  "data that a destroy deletes, in a stack named live": [
    "loki-bucket-hardened",
    [loki(), ...bucketParts({ bucket: { forceDestroy: true } })].map((subject) => ({
      ...subject,
      urn: subject.urn.replace(":prod:", ":live:"),
    })),
  ],
  "chunks that move to an archive by themselves": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({}),
      resource(
        "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration",
        "logs-tiering",
        { bucket: bucketName, name: "all", tierings: [{ accessTier: "ARCHIVE_ACCESS", days: 90 }] },
        "prod",
      ),
    ],
  ],
  "objects of a tenant that expire before their retention": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "all",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
            {
              id: "chunks",
              status: "Enabled",
              filter: { prefix: "fake/" },
              expiration: { days: 10 },
            },
          ],
        },
      }),
    ],
  ],
  "objects that the bucket expires, in the older form": [
    "loki-bucket-lifecycle",
    [
      loki(),
      resource(
        "aws:s3/bucket:Bucket",
        "loki-chunks",
        {
          bucket: bucketName,
          lifecycleRules: [
            {
              enabled: true,
              expiration: { days: 30 },
              abortIncompleteMultipartUploadDays: 3,
              noncurrentVersionExpiration: { days: 3 },
            },
          ],
        },
        "prod",
      ),
    ],
  ],
  "chunks that expire after two weeks": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "chunks",
              status: "Enabled",
              filter: { prefix: "fake/" },
              expiration: { days: 14 },
            },
            {
              id: "rest",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 3 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 3 },
            },
          ],
        },
      }),
    ],
  ],
  "a public bucket": [
    "loki-bucket-hardened",
    [loki(), ...bucketParts({ bucket: { acl: "public-read" } })],
  ],
  "a bucket open to all AWS accounts": [
    "loki-bucket-hardened",
    [
      loki(),
      ...bucketParts({
        bucketPolicy: {
          policy: policyDocument(tlsOnly, {
            Sid: "Share",
            Effect: "Allow",
            Principal: "*",
            Action: ["s3:GetObject"],
            Resource: `arn:aws:s3:::${bucketName}/*`,
          }),
        },
      }),
    ],
  ],
  "noncurrent versions that a disabled rule deletes": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "uploads",
              status: "Enabled",
              filter: {},
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
            {
              id: "versions",
              status: "Disabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
            },
          ],
        },
      }),
      aws("s3/bucketVersioning:BucketVersioning", "loki", {
        bucket: bucketName,
        versioningConfiguration: { status: "Enabled" },
      }),
    ],
  ],
  "an infrequent class after a week": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "a",
              status: "Enabled",
              filter: { prefix: "fake/" },
              transitions: [{ days: 7, storageClass: "STANDARD_IA" }],
            },
            {
              id: "v",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
          ],
        },
      }),
    ],
  ],
  "a bucket that any address may read": [
    "loki-bucket-hardened",
    [
      loki(),
      ...bucketParts({
        bucketPolicy: {
          policy: policyDocument(tlsOnly, {
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: "s3:GetObject",
            Resource: [`${arn}/*`],
            Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } },
          }),
        },
      }),
    ],
  ],
  "chunks of one stream that expire before their retention": [
    "loki-bucket-lifecycle",
    stream("90d"),
  ],
};

const sound: Record<string, Resource[]> = {
  "a bucket with a key of its own": [
    loki(),
    ...bucketParts({
      bucketServerSideEncryptionConfiguration: {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId: "arn:aws:kms:eu-west-1:123456789012:key/0b0b",
            },
            bucketKeyEnabled: true,
          },
        ],
      },
    }),
  ],
  "a bucket with versions and a copy in another region": [
    loki(),
    ...bucketParts({
      bucketPolicy: {
        policy: policyDocument({
          Sid: "TlsOnly",
          Effect: "Deny",
          Principal: { AWS: "*" },
          Action: "s3:*",
          Resource: [`arn:aws:s3:::${bucketName}`, `arn:aws:s3:::${bucketName}/*`],
          Condition: { Bool: { "aws:SecureTransport": false } },
        }),
      },
    }),
    roleNamed("replication", {
      assumeRolePolicy: policyDocument({
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
    }),
  ],
  "chunks in a cheaper class": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: {
        rules: [
          {
            id: "tier",
            status: "Enabled",
            filter: {},
            transitions: [{ days: 0, storageClass: "INTELLIGENT_TIERING" }],
            noncurrentVersionExpiration: { noncurrentDays: 3 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
    }),
  ],
  "a bucket for rules of its own": [
    resource(
      "aws:iam/role:Role",
      "loki",
      { name: "loki", assumeRolePolicy: policyDocument(podTrust) },
      "prod",
    ),
    resource(
      "aws:iam/rolePolicy:RolePolicy",
      "loki-ruler",
      {
        role: "loki",
        policy: policyDocument(
          {
            Effect: "Allow",
            Action: "s3:ListBucket",
            Resource: ["arn:aws:s3:::acme-loki-chunks", "arn:aws:s3:::acme-loki-ruler"],
          },
          {
            Effect: "Allow",
            Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            Resource: ["arn:aws:s3:::acme-loki-chunks/*", "arn:aws:s3:::acme-loki-ruler/*"],
          },
        ),
      },
      "prod",
    ),
  ],
  "a bucket of Loki with everything in one resource": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: undefined,
      bucketServerSideEncryptionConfiguration: undefined,
      bucket: {
        acl: "private",
        versioning: { enabled: true },
        serverSideEncryptionConfiguration: {
          rule: {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" },
            bucketKeyEnabled: true,
          },
        },
        lifecycleRules: [
          {
            id: "tidy",
            enabled: true,
            abortIncompleteMultipartUploadDays: 7,
            noncurrentVersionExpiration: { days: 7 },
          },
        ],
      },
      bucketOwnershipControls: { rule: { objectOwnership: "BucketOwnerEnforced" } },
    }),
  ],
  "infrequent access after 30 days": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: {
        rules: [
          {
            id: "a",
            status: "Enabled",
            filter: { prefix: "fake/" },
            transitions: [{ days: 30, storageClass: "STANDARD_IA" }],
          },
          {
            id: "v",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: 7 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
    }),
  ],
  "a bucket for an organization": [
    loki(),
    ...bucketParts({
      bucketPolicy: {
        policy: policyDocument(tlsOnly, {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: [`${arn}/*`],
          Condition: { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3" } },
        }),
      },
    }),
  ],
  "a versioned bucket": [
    loki(),
    ...bucketParts({}),
    aws("s3/bucketVersioning:BucketVersioning", "v", {
      bucket: bucketName,
      versioningConfiguration: { status: "Enabled" },
    }),
  ],
  "chunks of one stream that expire after their retention": stream("45d"),
};

describe("the bucket of Loki", () => {
  itJudges(mistakes, sound);
});
