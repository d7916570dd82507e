import * as assert from "node:assert/strict";
import {
  coversAction,
  coversResource,
  exactValues,
  isAnyone,
  readDocument,
  s3Arn,
} from "../../../policies/facts/iam";
import { UNKNOWN } from "../../../policies/facts/plain";

function statement(fields: object) {
  const document = readDocument({ Statement: fields });
  assert.ok(Array.isArray(document) && document[0] !== undefined);
  return document[0];
}

describe("IAM policy documents", () => {
  it("reads JSON and maps, with one statement or several", () => {
    const one = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
    assert.deepEqual(readDocument(JSON.stringify({ Statement: [one] })), [statement(one)]);
    assert.deepEqual(readDocument({ statement: [] }), []);
    assert.equal(readDocument("no JSON"), undefined);
    assert.equal(readDocument(UNKNOWN), UNKNOWN);
    assert.equal(statement({ ...one, Resource: [UNKNOWN] }).unknown, true);
    assert.equal(statement(one).unknown, false);
  });

  it("applies a statement to what it names, or to everything else with NotAction and NotResource", () => {
    assert.ok(coversAction(statement({ NotAction: "iam:*" }), "s3:GetObject"));
    assert.ok(!coversAction(statement({ NotAction: "s3:*" }), "s3:GetObject"));
    assert.ok(coversResource(statement({ NotResource: "arn:a" }), "arn:b"));
    assert.ok(!coversResource(statement({ Resource: "arn:a/*" }), "arn:a"));
    assert.ok(coversResource(statement({}), "arn:a"));
  });

  it("recognizes statements that apply to all principals", () => {
    assert.ok(isAnyone(statement({ Principal: "*" })));
    assert.ok(isAnyone(statement({ Principal: { AWS: ["*"] } })));
    assert.ok(isAnyone(statement({ Effect: "Allow", NotPrincipal: { AWS: "a" } })));
    assert.ok(!isAnyone(statement({ Principal: { Service: "a" } })));
  });

  it("returns the values of a condition that requires them exactly", () => {
    const values = (operator: string, value: unknown) =>
      exactValues(statement({ Condition: { [operator]: { "A:Sub": value } } }), "a:sub");
    assert.deepEqual(values("StringEquals", "b"), ["b"]);
    assert.deepEqual(values("StringLike", ["b"]), ["b"]);
    assert.equal(values("StringLike", "b*"), undefined);
    assert.equal(values("StringNotEquals", "b"), undefined);
    assert.equal(values("StringEqualsIfExists", "b"), undefined);
    assert.equal(values("ForAllValues:StringEquals", "b"), undefined);
  });

  it("reads the ARN of a bucket in any partition", () => {
    assert.deepEqual(s3Arn("arn:aws-cn:s3:::b/x/*"), { bucket: "b", key: "/x/*" });
    assert.equal(s3Arn("arn:aws:sqs:a:b:c"), undefined);
  });
});
