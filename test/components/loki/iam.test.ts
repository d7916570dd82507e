import * as assert from "node:assert/strict";
import {
  bucketTlsOnlyPolicy,
  irsaTrust,
  lokiAccessPolicy,
  lokiRoleName,
  podIdentityTrust,
} from "../../../components/loki/iam";

const store = { bucket: "ticketing-loki-chunks", region: "us-east-1" };
const pods = { cluster: "ticketing-prod", namespace: "monitoring", serviceAccount: "loki" };

function statements(document: string): Record<string, unknown>[] {
  const { Version, Statement } = JSON.parse(document) as {
    Version: string;
    Statement: Record<string, unknown>[];
  };
  assert.equal(Version, "2012-10-17");
  return Statement;
}

/** What a document allows, as `action on resource`. */
function grants(document: string): string[] {
  return statements(document).flatMap(({ Effect, Action, Resource, Condition }) => {
    assert.equal(Effect, "Allow");
    assert.equal(Condition, undefined);
    return (Action as string[]).flatMap((action) =>
      (Resource as string[]).map((resource) => `${action} on ${resource}`),
    );
  });
}

describe("lokiAccessPolicy", () => {
  it("lists the bucket and reads, writes and deletes its objects, and nothing else", () => {
    assert.deepEqual(grants(lokiAccessPolicy(store)), [
      "s3:ListBucket on arn:aws:s3:::ticketing-loki-chunks",
      "s3:GetObject on arn:aws:s3:::ticketing-loki-chunks/*",
      "s3:PutObject on arn:aws:s3:::ticketing-loki-chunks/*",
      "s3:DeleteObject on arn:aws:s3:::ticketing-loki-chunks/*",
    ]);
  });

  it("may also use the key of the bucket, and no other key", () => {
    const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
    assert.deepEqual(grants(lokiAccessPolicy({ ...store, kmsKeyArn })).slice(4), [
      `kms:GenerateDataKey on ${kmsKeyArn}`,
      `kms:Decrypt on ${kmsKeyArn}`,
    ]);
  });

  for (const [region, partition] of [
    ["eu-central-1", "aws"],
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
  ] as const) {
    it(`names the bucket in the partition ${partition} for ${region}`, () => {
      assert.equal(
        grants(lokiAccessPolicy({ ...store, region }))[0],
        `s3:ListBucket on arn:${partition}:s3:::ticketing-loki-chunks`,
      );
    });
  }
});

describe("bucketTlsOnlyPolicy", () => {
  it("denies every request to bucket and objects without TLS", () => {
    assert.deepEqual(statements(bucketTlsOnlyPolicy(store)), [
      {
        Sid: "DenyInsecureTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: ["arn:aws:s3:::ticketing-loki-chunks", "arn:aws:s3:::ticketing-loki-chunks/*"],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });
});

describe("podIdentityTrust", () => {
  it("trusts EKS Pod Identity for one service account of one cluster", () => {
    const [statement, ...others] = statements(podIdentityTrust(pods));
    assert.deepEqual(others, []);
    assert.deepEqual(statement?.["Principal"], { Service: "pods.eks.amazonaws.com" });
    assert.deepEqual(statement?.["Action"], ["sts:AssumeRole", "sts:TagSession"]);
    assert.deepEqual(statement?.["Condition"], {
      StringEquals: {
        "aws:RequestTag/eks-cluster-name": "ticketing-prod",
        "aws:RequestTag/kubernetes-namespace": "monitoring",
        "aws:RequestTag/kubernetes-service-account": "loki",
      },
    });
  });
});

describe("irsaTrust", () => {
  it("trusts the OIDC provider for one service account", () => {
    const provider =
      "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/E";
    const [statement, ...others] = statements(
      irsaTrust(provider, "https://oidc.eks.us-east-1.amazonaws.com/id/E", pods),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(statement?.["Principal"], { Federated: provider });
    assert.deepEqual(statement?.["Action"], ["sts:AssumeRoleWithWebIdentity"]);
    assert.deepEqual(statement?.["Condition"], {
      StringEquals: {
        "oidc.eks.us-east-1.amazonaws.com/id/E:aud": "sts.amazonaws.com",
        "oidc.eks.us-east-1.amazonaws.com/id/E:sub": "system:serviceaccount:monitoring:loki",
      },
    });
  });

  it("accepts the issuer with and without https://", () => {
    const issuer = "oidc.eks.us-east-1.amazonaws.com/id/E";
    assert.equal(irsaTrust("arn", `https://${issuer}`, pods), irsaTrust("arn", issuer, pods));
  });
});

describe("lokiRoleName", () => {
  const location = { cluster: "ticketing-prod", namespace: "monitoring", region: "us-east-1" };

  it("differs between clusters, namespaces and regions", () => {
    const names = [
      location,
      { ...location, cluster: "ticketing-dev" },
      { ...location, namespace: "team" },
      { ...location, region: "eu-west-1" },
    ].map(lokiRoleName);
    assert.equal(names[0], "ticketing-prod-monitoring-loki-us-east-1");
    assert.equal(new Set(names).size, names.length);
  });

  it("has at most the 64 characters of IAM, and stays distinct", () => {
    const long = { ...location, cluster: "c".repeat(63) };
    const names = [long, { ...long, region: "eu-west-1" }].map(lokiRoleName);
    for (const name of names) assert.equal(name.length, 64);
    assert.notEqual(names[0], names[1]);
  });
});
