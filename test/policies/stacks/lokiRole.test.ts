import * as assert from "node:assert/strict";
import { judgedByThePack } from "../completePack";
import { Resource } from "../../../policies/facts/resource";
import {
  accessStatements,
  bucketName,
  podTrust,
  policyDocument,
  webTrust,
} from "../platformSubjects";
import { Mistakes, arn, aws, bucketParts, itJudges, loki, roleNamed, rolePolicy } from "./subjects";
import { resource } from "../subjects";

const lokiRole = (trust: object, ...statements: object[]) => [
  loki({
    serviceAccount: {
      name: "loki",
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/loki" },
    },
  }),
  ...bucketParts({}),
  aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(trust) }),
  rolePolicy(...statements),
];
const lokiPart = (type: string, props: object): Resource =>
  resource(`aws:${type}`, "loki", { ...props }, "prod");
const association = (namespace: string) =>
  lokiPart("eks/podIdentityAssociation:PodIdentityAssociation", {
    clusterName: "shop",
    namespace,
    serviceAccount: "loki",
    roleArn: "arn:aws:iam::123456789012:role/loki",
  });
const lokiRoleWith = (...statements: object[]) => [
  lokiPart("iam/role:Role", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
  rolePolicy(...accessStatements, ...statements),
];
const identity = (namespace: string) => [
  loki({ serviceAccount: { name: "loki" } }),
  ...bucketParts({}),
  ...lokiRoleWith(),
  association(namespace),
];
const bucketKey = "arn:aws:kms:us-east-1:123456789012:key/0a-1b";
const encrypted = (...statements: object[]) => [
  lokiPart("kms/key:Key", { arn: bucketKey, enableKeyRotation: true }),
  loki(),
  ...bucketParts({
    bucketServerSideEncryptionConfiguration: {
      rules: [
        {
          applyServerSideEncryptionByDefault: {
            sseAlgorithm: "aws:kms",
            kmsMasterKeyId: bucketKey,
          },
        },
      ],
    },
  }),
  ...lokiRoleWith(...statements),
];
const openRole = (serviceAccount: string) => {
  const { Condition: _, ...open } = podTrust;
  return [
    loki({ serviceAccount: { name: "loki" } }),
    ...bucketParts({}),
    lokiPart("iam/role:Role", { name: "loki", assumeRolePolicy: policyDocument(open) }),
    rolePolicy(...accessStatements),
    lokiPart("eks/podIdentityAssociation:PodIdentityAssociation", {
      namespace: "monitoring",
      serviceAccount,
      roleArn: "loki",
    }),
  ];
};
const podRole = (...actions: string[]) => [
  loki({ serviceAccount: { name: "loki" } }),
  ...bucketParts({}),
  lokiPart("iam/role:Role", {
    name: "loki",
    assumeRolePolicy: policyDocument({ ...podTrust, Action: actions }),
  }),
  rolePolicy(...accessStatements),
];

const mistakes: Mistakes = {
  "all buckets for Loki": [
    "loki-iam-least-privilege",
    [
      rolePolicy({
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: "arn:aws:s3:::*",
      }),
    ],
  ],
  "every action on the bucket of Loki": [
    "loki-iam-least-privilege",
    [
      rolePolicy({
        Effect: "Allow",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucketName}`, `arn:aws:s3:::${bucketName}/*`],
      }),
    ],
  ],
  "the service account of any namespace": [
    "loki-iam-least-privilege",
    [
      roleNamed("loki", {
        assumeRolePolicy: policyDocument(
          webTrust({
            StringLike: {
              "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:*:loki",
            },
          }),
        ),
      }),
    ],
  ],
  "every action in an inline policy of the role": [
    "loki-iam-least-privilege",
    [
      roleNamed("loki", {
        assumeRolePolicy: policyDocument(podTrust),
        inlinePolicies: [
          {
            name: "s3",
            policy: policyDocument({ Effect: "Allow", Action: "s3:*", Resource: "*" }),
          },
        ],
      }),
    ],
  ],
  "a role of Loki that may delete the bucket": [
    "loki-iam-least-privilege",
    [
      rolePolicy(...accessStatements, {
        Effect: "Allow",
        Action: ["s3:DeleteBucket"],
        Resource: `arn:aws:s3:::${bucketName}`,
      }),
    ],
  ],
  "AmazonS3FullAccess on the role of Loki": [
    "loki-iam-least-privilege",
    [
      aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
      aws("iam/rolePolicyAttachment:RolePolicyAttachment", "loki-s3", {
        role: "loki",
        policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
      }),
      loki(),
    ],
  ],
  "a role that may not delete": [
    "loki-iam-least-privilege",
    lokiRole(
      podTrust,
      { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: [`${arn}/*`] },
    ),
  ],
  "a role for the bucket alone, without its objects": [
    "loki-iam-least-privilege",
    lokiRole(podTrust, {
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: [arn],
    }),
  ],
  "the service account of another namespace": [
    "loki-iam-least-privilege",
    lokiRole(
      {
        Effect: "Allow",
        Principal: {
          Federated:
            "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC",
        },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:loki:loki",
          },
        },
      },
      ...accessStatements,
    ),
  ],
  "an association of Pod Identity in another namespace": [
    "loki-iam-least-privilege",
    identity("logging"),
  ],
  "a key of the bucket that the role does not allow": ["loki-iam-least-privilege", encrypted()],
  "a role for any pod": ["loki-iam-least-privilege", openRole("loki")],
  "a role whose sessions EKS may not tag": ["loki-iam-least-privilege", podRole("sts:AssumeRole")],
};

const sound: Record<string, Resource[]> = {
  "the role of Loki": [
    resource(
      "aws:iam/role:Role",
      "loki",
      { name: "loki", assumeRolePolicy: policyDocument(podTrust) },
      "prod",
    ),
    rolePolicy(
      { Effect: "Allow", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${bucketName}` },
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        Resource: `arn:aws:s3:::${bucketName}/*`,
      },
    ),
  ],
  "a role that deploys the bucket": [
    resource(
      "aws:iam/role:Role",
      "deployer",
      {
        name: "github-deployer",
        assumeRolePolicy: policyDocument({
          Effect: "Allow",
          Principal: {
            Federated:
              "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
          },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:sub": "repo:shop/platform:environment:prod",
            },
          },
        }),
      },
      "prod",
    ),
    resource(
      "aws:iam/rolePolicy:RolePolicy",
      "deployer-buckets",
      {
        role: "github-deployer",
        policy: policyDocument({
          Effect: "Allow",
          Action: ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"],
          Resource: `arn:aws:s3:::${bucketName}`,
        }),
      },
      "prod",
    ),
  ],
  "Loki in a bucket of Google, with workload identity": [
    loki({
      serviceAccount: {
        annotations: { "iam.gke.io/gcp-service-account": "loki@acme-corp.iam.gserviceaccount.com" },
      },
      loki: {
        storage: { type: "gcs", bucketNames: { chunks: "acme-loki" } },
        compactor: { delete_request_store: "gcs" },
        schemaConfig: {
          configs: [
            {
              from: "2024-04-01",
              store: "tsdb",
              object_store: "gcs",
              schema: "v13",
              index: { prefix: "loki_index_", period: "24h" },
            },
          ],
        },
      },
    }),
    resource(
      "gcp:storage/bucket:Bucket",
      "acme-loki",
      {
        name: "acme-loki",
        location: "EU",
        uniformBucketLevelAccess: true,
        publicAccessPrevention: "enforced",
      },
      "prod",
    ),
  ],
  "Loki by a role of its service account": [
    loki({
      deploymentMode: "SimpleScalable",
      singleBinary: { replicas: 0 },
      write: {
        replicas: 3,
        persistence: { size: "20Gi" },
        resources: { requests: { memory: "2Gi" } },
      },
      read: { replicas: 3 },
      backend: { replicas: 3 },
      serviceAccount: {
        create: true,
        annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/loki" },
      },
    }),
    ...bucketParts({}),
    rolePolicy(...accessStatements),
  ],
  "the role of Loki with the key of its bucket": [
    aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
    rolePolicy(...accessStatements, {
      Sid: "Key",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    }),
    aws("eks/podIdentityAssociation:PodIdentityAssociation", "loki", {
      clusterName: "prod",
      namespace: "monitoring",
      serviceAccount: "loki",
      roleArn: "arn:aws:iam::123456789012:role/loki",
    }),
  ],
  "a key of KMS that the role may use": [
    loki(),
    ...bucketParts({
      bucketServerSideEncryptionConfiguration: {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId:
                "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
          },
        ],
      },
    }),
    aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
    rolePolicy(...accessStatements, {
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    }),
  ],
  "an association of Pod Identity in the namespace of the release": identity("monitoring"),
  "a key of the bucket that the role allows": encrypted({
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource: bucketKey,
  }),
  "a role whose sessions EKS tags": podRole("sts:AssumeRole", "sts:TagSession"),
};

describe("the role of Loki", () => {
  itJudges(mistakes, sound);

  it("leaves alone in baseline: a role for any pod, of which only Loki has an association", async () => {
    const policies = async (account: string) =>
      (await judgedByThePack(openRole(account), "baseline")).map(({ policy }) => policy);
    assert.deepEqual(await policies("loki"), []);
    assert.deepEqual(await policies("cart"), ["loki-iam-least-privilege"]);
  });
});
