import * as assert from "node:assert/strict";
import { bucketTlsOnlyPolicy, lokiAccessPolicy } from "../../../components/loki/iam";
import { irsaTrust, podIdentityTrust } from "../../../components/shared/iam";
import { IamRequest, allows } from "../../support/iam";

const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
const store = { bucket: "ticketing-loki-chunks", region: "us-east-1", kmsKeyArn };
const bucket = "arn:aws:s3:::ticketing-loki-chunks";
const pods = { cluster: "ticketing-prod", namespace: "monitoring", serviceAccount: "loki" };
const tls = { "aws:SecureTransport": "true" };

describe("the policies of Loki's role and bucket together", () => {
  const documents = [lokiAccessPolicy(store), bucketTlsOnlyPolicy(store)];
  const may = (action: string, resource: string, context = tls) =>
    allows(documents, { action, resource, context });

  const needed: [string, string][] = [
    ["s3:ListBucket", bucket],
    ["s3:GetObject", `${bucket}/fake/chunk`],
    ["s3:PutObject", `${bucket}/index/loki_index_1/x`],
    ["s3:DeleteObject", `${bucket}/fake/chunk`],
    ["kms:GenerateDataKey", kmsKeyArn],
    ["kms:Decrypt", kmsKeyArn],
  ];

  for (const [action, resource] of needed) {
    it(`${action} on ${resource}`, () => assert.ok(may(action, resource)));
  }

  it("allow nothing without TLS on the bucket", () => {
    for (const [action, resource] of needed.filter(([name]) => name.startsWith("s3:"))) {
      assert.ok(!may(action, resource, { "aws:SecureTransport": "false" }), action);
    }
  });

  it("allow no other action on the bucket, such as removing its protection", () => {
    for (const action of [
      "s3:DeleteBucket",
      "s3:PutBucketPolicy",
      "s3:PutBucketVersioning",
      "s3:DeleteObjectVersion",
      "s3:PutObjectAcl",
      "s3:PutLifecycleConfiguration",
      "s3:ListAllMyBuckets",
    ]) {
      assert.ok(!may(action, bucket) && !may(action, `${bucket}/fake/chunk`), action);
    }
  });

  it("allow nothing on another bucket, even with the same prefix, and nothing with another key", () => {
    for (const other of ["arn:aws:s3:::other", `${bucket}-2`, `${bucket}-2/fake/chunk`]) {
      for (const [action] of needed) assert.ok(!may(action, other), `${action} on ${other}`);
    }
    assert.ok(!may("kms:Decrypt", kmsKeyArn.replace("1234abcd", "other")));
  });
});

describe("the trust policies of Loki's role", () => {
  const podIdentity: IamRequest = {
    action: "sts:AssumeRole",
    principal: "Service:pods.eks.amazonaws.com",
    context: {
      "aws:RequestTag/eks-cluster-name": "ticketing-prod",
      "aws:RequestTag/kubernetes-namespace": "monitoring",
      "aws:RequestTag/kubernetes-service-account": "loki",
    },
  };
  const provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/E";
  const issuer = "oidc.eks.us-east-1.amazonaws.com/id/E";
  const irsa: IamRequest = {
    action: "sts:AssumeRoleWithWebIdentity",
    principal: `Federated:${provider}`,
    context: {
      [`${issuer}:aud`]: "sts.amazonaws.com",
      [`${issuer}:sub`]: "system:serviceaccount:monitoring:loki",
    },
  };

  for (const [what, document, request] of [
    ["Pod Identity", podIdentityTrust("LokiPodsOfOneCluster", pods), podIdentity],
    ["IRSA", irsaTrust("LokiPodsOfOneCluster", pods, provider, `https://${issuer}`), irsa],
  ] as const) {
    it(`allow, with ${what}, only the service account of Loki in its cluster`, () => {
      assert.ok(allows([document], request));
      assert.ok(!allows([document], { ...request, principal: "AWS:arn:aws:iam::1:root" }));
      for (const key of Object.keys(request.context ?? {})) {
        const context = { ...request.context, [key]: "other" };
        assert.ok(!allows([document], { ...request, context }), key);
        const { [key]: _, ...less } = request.context ?? {};
        assert.ok(!allows([document], { ...request, context: less }), `without ${key}`);
      }
    });
  }
});
