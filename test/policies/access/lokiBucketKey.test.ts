import * as assert from "node:assert/strict";
import { missingKeyActions } from "../../../policies/access/lokiBucketKey";
import { readDocument } from "../../../policies/facts/iam";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { accessStatements, bucketName, lokiBucketStack, policyDocument } from "../platformSubjects";
import { release, resource } from "../subjects";

const arn = "arn:aws:kms:us-east-1:123456789012:key/0a-1b";
const key = (props: PlainMap = {}) => resource("aws:kms/key:Key", "logs", { arn, ...props });
const encrypted = (settings: PlainMap) =>
  lokiBucketStack({
    bucketServerSideEncryptionConfiguration: {
      rules: [{ applyServerSideEncryptionByDefault: settings }],
    },
  });
const kms = (id: unknown = arn) => encrypted({ sseAlgorithm: "aws:kms", kmsMasterKeyId: id });
const grant = (...actions: string[]) => ({ Effect: "Allow", Action: actions, Resource: arn });
const missing = (resources: Resource[], ...statements: object[]) => {
  const document = readDocument(policyDocument(...accessStatements, ...statements));
  assert.ok(Array.isArray(document));
  return missingKeyActions(bucketName, resources, document).map(([action]) => action);
};
const keyPolicy = (principal: string) =>
  policyDocument({
    Effect: "Allow",
    Principal: { AWS: principal },
    Action: "kms:*",
    Resource: "*",
  });
/** A stack in which the encryption of the bucket uses the key, whose ARN is unknown. */
const referring = (): Resource[] => {
  const logs = key({ arn: UNKNOWN });
  return [logs, ...kms(UNKNOWN)].map((each) =>
    each.type.includes("Encryption") ? { ...each, references: { rules: [logs.urn] } } : each,
  );
};

describe("the key of Loki's bucket", () => {
  it("must be allowed to Loki's role", () => {
    assert.deepEqual(missing([key(), ...kms()]), ["kms:GenerateDataKey", "kms:Decrypt"]);
    assert.deepEqual(missing([key(), ...kms()], grant("kms:Decrypt")), ["kms:GenerateDataKey"]);
    assert.equal(missing(referring()).length, 2);
    const root = "arn:aws:iam::123456789012:root";
    assert.equal(missing([key({ policy: keyPolicy(root) }), ...kms()]).length, 2);
  });

  for (const [name, resources, ...statements] of [
    ["an allowed key", [key(), ...kms()], grant("kms:GenerateDataKey", "kms:Decrypt")],
    ["wildcards", [key(), ...kms()], grant("kms:GenerateDataKey*", "kms:De*")],
    ["keys of S3", [key(), ...encrypted({ sseAlgorithm: "AES256" })]],
    ["the key of AWS", [key(), ...encrypted({ sseAlgorithm: "aws:kms" })]],
    ["a key of another stack", kms()],
    ["another key", [key({ arn: `${arn}-2` }), ...kms()]],
    ["an unknown key", [key(), ...kms(UNKNOWN)]],
    ["the policy of the key", [key({ policy: keyPolicy("arn:aws:iam::1:role/loki") }), ...kms()]],
    ["an unknown policy of the key", [key({ policy: UNKNOWN }), ...kms()]],
    ["a grant", [key(), ...kms(), resource("aws:kms/grant:Grant", "loki", { keyId: arn })]],
    [
      "an encryption that Loki chooses",
      [
        key(),
        ...kms(),
        release("loki", { loki: { storage: { s3: { sse: { type: "SSE-S3" } } } } }),
      ],
    ],
  ] as [string, Resource[], ...object[]][]) {
    it(`is accepted with ${name}`, () => assert.deepEqual(missing(resources, ...statements), []));
  }
});
