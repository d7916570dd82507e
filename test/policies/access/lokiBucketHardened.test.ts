import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { lokiBucketHardened } from "../../../policies/access/lokiBucketHardened";
import { violationText } from "../../../policies/engine/violation";
import {
  assertSilent,
  lokiBucketStack,
  policyDocument,
  tlsOnly,
  bucketName,
} from "../platformSubjects";
import { judge, problems, resource } from "../subjects";
import { bucketParts, itJudges, loki } from "../stacks/subjects";

const bare = () => resource("aws:s3/bucket:Bucket", "loki", { bucket: "logs" });

describe("policy loki-bucket-hardened", () => {
  it("requires each part of a bucket", () => {
    assert.equal(problems(lokiBucketHardened, [bare()]).length, 4);
  });

  it("accepts the properties of the bucket itself", () => {
    const inline = {
      serverSideEncryptionConfiguration: {
        rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } },
      },
      policy: policyDocument(tlsOnly),
    };
    const absent = { bucketServerSideEncryptionConfiguration: undefined, bucketPolicy: undefined };
    for (const family of ["", "V2"] as const) {
      assert.deepEqual(
        problems(lokiBucketHardened, lokiBucketStack({ bucket: inline, ...absent }, family)),
        [],
      );
    }
  });

  it("skips other buckets", () => {
    const other = resource("aws:s3/bucket:Bucket", "shop", { bucket: "shop" });
    assert.deepEqual(problems(lokiBucketHardened, [...lokiBucketStack(), other]), []);
    assert.deepEqual(problems(lokiBucketHardened, [other]), []);
  });

  it("allows grants to an organization, and refuses public ones", () => {
    const grant = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" };
    const bound = { ...grant, Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } };
    const policy = (statement: object) =>
      lokiBucketStack({ bucketPolicy: { policy: policyDocument(tlsOnly, statement) } });
    assert.deepEqual(problems(lokiBucketHardened, policy(bound)), []);
    assert.match(problems(lokiBucketHardened, policy(grant))[0] ?? "", /grants access to everyone/);
  });

  it("allows forceDestroy outside production", () => {
    const stack = lokiBucketStack({ bucket: { forceDestroy: true } });
    assert.equal(problems(lokiBucketHardened, stack).length, 1);
    assert.deepEqual(problems(lokiBucketHardened, stack, { environment: "dev" }), []);
  });

  it("reports unknown names, documents and outputs instead of violations", () => {
    const unnamed = lokiBucketStack({}, "", UNKNOWN);
    const document = lokiBucketStack({ bucketPolicy: { policy: UNKNOWN } });
    const silent = lokiBucketStack().map((one) =>
      one.type.startsWith("aws:") ? { ...one, props: UNKNOWN } : one,
    );
    for (const subject of [unnamed, document, silent]) {
      const verdict = judge(lokiBucketHardened, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown?.urn);
    }
  });

  it("judges a bucket whose computed outputs are unknown by its inputs", () => {
    const computed = {
      serverSideEncryptionConfiguration: UNKNOWN,
      policy: UNKNOWN,
      acl: UNKNOWN,
      grants: UNKNOWN,
      arn: UNKNOWN,
    } as never;
    assert.deepEqual(problems(lokiBucketHardened, lokiBucketStack({ bucket: computed })), []);
    const subject = lokiBucketStack({ bucket: computed, bucketPolicy: undefined });
    assert.deepEqual(problems(lokiBucketHardened, subject), [
      "the bucket is reachable without TLS",
    ]);
  });

  it("names the problem, the place, the bound and the fix", () => {
    const subject = lokiBucketStack({ bucketPublicAccessBlock: { blockPublicAcls: false } });
    const [violation] = judge(lokiBucketHardened, subject).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "public access is not blocked: blockPublicAcls is disabled",
        '  where: Bucket "logs-bucket", logs-bucketPublicAccessBlock',
        "  bound: true",
        "  fix:   set blockPublicAcls: true",
      ].join("\n"),
    );
    assertSilent(lokiBucketHardened, (secret) =>
      lokiBucketStack({
        bucket: { acl: secret },
        bucketPolicy: { policy: secret },
        bucketOwnershipControls: { rule: { objectOwnership: secret } },
      }),
    );
  });
});

describe("names of Loki's buckets", () => {
  const named = (chunks: string) => [
    loki({ loki: { storage: { bucketNames: { chunks } } } }),
    ...bucketParts({}),
  ];
  itJudges(
    {
      "a URL": ["loki-bucket-hardened", named(`s3://${bucketName}`)],
      "an ARN": ["loki-bucket-hardened", named(`arn:aws:s3:::${bucketName}`)],
    },
    { "a name": named(bucketName) },
  );
});
