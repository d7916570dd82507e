import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { podIdentityType } from "../../../policies/access/podIdentities";
import { lokiIamLeastPrivilege } from "../../../policies/access/lokiIamLeastPrivilege";
import { violationText } from "../../../policies/engine/violation";
import {
  access,
  assertSilent,
  bucketName,
  podTrust,
  subject,
  trust,
  webTrust,
} from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";
import { bucketParts, itJudges, loki } from "../stacks/subjects";

const arn = `arn:aws:s3:::${bucketName}`;
const all = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"];

describe("policy loki-iam-least-privilege", () => {
  it("accepts what Loki needs, in any order and case, and the key of its bucket", () => {
    for (const document of [
      access(),
      access({ Effect: "Allow", Action: all, Resource: [arn, `${arn}/*`] }),
      access({ Effect: "Allow", Action: "S3:LISTBUCKET", Resource: arn }),
      access({
        Effect: "Allow",
        Action: ["kms:GenerateDataKey", "kms:Decrypt"],
        Resource: "arn:aws:kms:us-east-1:123456789012:key/0a-1b",
      }),
      access({ Effect: "Deny", Action: "*", Resource: "*" }),
    ]) {
      assert.deepEqual(problems(lokiIamLeastPrivilege, document), []);
    }
  });

  it("accepts a trust in one service account alone", () => {
    const sub = { [subject]: "system:serviceaccount:monitoring:loki" };
    for (const document of [
      trust(podTrust),
      trust(webTrust({ StringEquals: sub })),
      trust(webTrust({ StringLike: sub })),
    ]) {
      assert.deepEqual(problems(lokiIamLeastPrivilege, document), []);
    }
  });

  describe("with podIdentityTags: []", () => {
    const config = { podIdentityTags: [], alsoAllowed: [] };
    const { Condition: _, ...open } = podTrust;
    const role = (statement: object) =>
      resource("aws:iam/role:Role", "loki", {
        name: "loki",
        assumeRolePolicy: JSON.stringify({ Statement: statement }),
      });
    const association = (serviceAccount: unknown) =>
      resource(podIdentityType, String(serviceAccount), {
        namespace: "monitoring",
        serviceAccount,
        roleArn: "loki",
      });
    const found = (...resources: Resource[]) => [
      ...problems(lokiIamLeastPrivilege, resources[0] ?? [], config),
      ...(lokiIamLeastPrivilege.siblings?.judge(resources, config).violations ?? []).map(
        ({ problem }) => problem,
      ),
    ];
    const openToPods = ["any pod with an association can assume the role"];

    it("accepts a trust without conditions if only Loki has an association with the role", () => {
      assert.deepEqual(found(role(open), association("loki")), []);
      assert.deepEqual(found(role(open), association(UNKNOWN)), []);
      const values = { serviceAccount: { name: "logs" } };
      assert.deepEqual(found(role(open), association("logs"), release("loki", values)), []);
    });

    it("accepts a source in place of tags", () => {
      for (const Condition of [
        { StringEquals: { "aws:SourceAccount": "123456789012" } },
        { ArnEquals: { "aws:SourceArn": "arn:aws:eks:eu-west-1:123456789012:cluster/shop" } },
      ]) {
        assert.deepEqual(found(role({ ...open, Condition })), []);
      }
      const Condition = { StringNotEquals: { "aws:SourceAccount": "123456789012" } };
      assert.deepEqual(found(role({ ...open, Condition })), openToPods);
    });

    it("refuses a role without an association, or with one of other pods", () => {
      assert.deepEqual(found(role(open)), openToPods);
      assert.deepEqual(found(role(open), association("loki"), association("cart")), openToPods);
    });
  });

  it("requires the tags of the pod in a trust", () => {
    const { Condition: _, ...open } = podTrust;
    assert.equal(problems(lokiIamLeastPrivilege, trust(open)).length, 1);
  });

  it("skips other roles", () => {
    const policy = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } });
    const type = "aws:iam/rolePolicy:RolePolicy";
    assert.deepEqual(problems(lokiIamLeastPrivilege, resource(type, "ci", { policy })), []);
    assert.equal(problems(lokiIamLeastPrivilege, resource(type, "loki", { policy })).length, 2);
    assert.equal(
      problems(lokiIamLeastPrivilege, resource(type, "x", { role: "prod-loki", policy })).length,
      2,
    );
  });

  it("is configured by alsoAllowed", () => {
    const tagged = access({ Effect: "Allow", Action: "s3:GetObjectTagging", Resource: `${arn}/*` });
    assert.equal(problems(lokiIamLeastPrivilege, tagged).length, 1);
    const config = { alsoAllowed: ["s3:GetObjectTagging"] };
    assert.deepEqual(problems(lokiIamLeastPrivilege, tagged, config), []);
  });

  it("reports unknown values, and judges known ones", () => {
    const type = "aws:iam/role:Role";
    const hidden = judge(
      lokiIamLeastPrivilege,
      resource(type, "loki", { assumeRolePolicy: UNKNOWN }),
    );
    assert.deepEqual(hidden, { violations: [], unknown: { path: ["assumeRolePolicy"] } });
    const partly = judge(
      lokiIamLeastPrivilege,
      resource("aws:iam/policy:Policy", "loki", {
        policy: {
          Statement: [{ Effect: "Allow", Action: ["s3:*", UNKNOWN], Resource: [UNKNOWN] }],
        },
      }),
    );
    assert.equal(partly.violations.length, 1);
    assert.ok(partly.unknown);
  });

  it("names the problem, the place, the bound and the fix", () => {
    const [violation] = judge(
      lokiIamLeastPrivilege,
      access({ Sid: "Chunks", Effect: "Allow", Action: "s3:Get*", Resource: arn }),
    ).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        'Action contains the wildcard "s3:Get*"',
        '  where: RolePolicy "loki-role-policy", policy, statement Chunks',
        "  bound: List on the bucket; Get, Put and Delete on its objects",
        "  fix:   name each action that Loki needs",
      ].join("\n"),
    );
    assertSilent(lokiIamLeastPrivilege, (secret) =>
      access({ Effect: "Allow", Action: `s3:Get ${secret}`, Resource: `${secret}*` }),
    );
  });
});

describe("the annotation for Loki's role", () => {
  const annotated = {
    serviceAccount: {
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/logs" },
    },
  };
  itJudges(
    { "below loki": ["loki-iam-least-privilege", [loki({ loki: annotated }), ...bucketParts({})]] },
    { "at the top of the values": [loki(annotated), ...bucketParts({})] },
  );
});
