import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { lokiBucketHardened } from "../../../policies/access/lokiBucketHardened";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, lokiBucketStack, policyDocument, tlsOnly } from "../platformSubjects";
import { judge, problems, resource } from "../subjects";

const bare = () => resource("aws:s3/bucket:Bucket", "loki", { bucket: "logs" });

describe("policy loki-bucket-hardened", () => {
  it("asks a bucket for everything that is missing", () => {
    assert.equal(problems(lokiBucketHardened, [bare()]).length, 4);
  });

  it("takes the forms within the bucket too", () => {
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

  it("leaves the buckets of others alone", () => {
    const other = resource("aws:s3/bucket:Bucket", "shop", { bucket: "shop" });
    assert.deepEqual(problems(lokiBucketHardened, [...lokiBucketStack(), other]), []);
    assert.deepEqual(problems(lokiBucketHardened, [other]), []);
  });

  it("allows grants that are bound to an organisation, and refuses open ones", () => {
    const grant = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" };
    const bound = { ...grant, Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } };
    const policy = (statement: object) =>
      lokiBucketStack({ bucketPolicy: { policy: policyDocument(tlsOnly, statement) } });
    assert.deepEqual(problems(lokiBucketHardened, policy(bound)), []);
    assert.match(problems(lokiBucketHardened, policy(grant))[0] ?? "", /lets everybody in/);
  });

  it("allows forceDestroy outside production, which the configuration tells", () => {
    const stack = lokiBucketStack({ bucket: { forceDestroy: true } });
    assert.equal(problems(lokiBucketHardened, stack).length, 1);
    assert.deepEqual(problems(lokiBucketHardened, stack, { environment: "dev" }), []);
  });

  it("does not decide what is not known yet: names, documents, and a provider without answers", () => {
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

  it("judges the outputs of a bucket, whose computed parts are unknown, as its inputs", () => {
    const computed = {
      serverSideEncryptionConfiguration: UNKNOWN,
      policy: UNKNOWN,
      acl: UNKNOWN,
      grants: UNKNOWN,
      arn: UNKNOWN,
    } as never;
    assert.deepEqual(problems(lokiBucketHardened, lokiBucketStack({ bucket: computed })), []);
    const subject = lokiBucketStack({ bucket: computed, bucketPolicy: undefined });
    assert.deepEqual(problems(lokiBucketHardened, subject), ["the bucket answers without TLS"]);
  });

  it("says what, where, the bound and what fixes it", () => {
    const subject = lokiBucketStack({ bucketPublicAccessBlock: { blockPublicAcls: false } });
    const [violation] = judge(lokiBucketHardened, subject).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "public access is not blocked: blockPublicAcls is off",
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
