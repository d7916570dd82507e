import * as assert from "node:assert/strict";
import { bucketTlsOnlyPolicy, lokiAccessPolicy } from "../../../components/loki/iam";

const store = { bucket: "ticketing-loki-chunks", region: "us-east-1" };

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
