import { isProd } from "../engine/environment";
import { StackFinding, stackPolicy } from "../engine/policy";
import { stringProperty } from "../engine/properties";
import { Violation } from "../engine/violation";
import { Bucket, BucketPart, inline, isBucketType, lokiBuckets } from "../facts/buckets";
import { isHelmType } from "../facts/helm";
import {
  Document,
  Statement,
  coversAction,
  coversResource,
  isAnyone,
  readDocument,
} from "../facts/iam";
import { Path, Plain, UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

export const lokiBucketHardened = stackPolicy({
  name: "loki-bucket-hardened",
  description:
    "Loki's bucket is private, encrypted, owned by its account, reachable over TLS only, and protected from deletion in production.",
  why: "Logs contain data that must not be public. One public grant publishes all logs, and one `destroy` deletes them.",
  remediation:
    "add a BucketPublicAccessBlock with all four settings, BucketOwnershipControls with BucketOwnerEnforced, a BucketServerSideEncryptionConfiguration, and a BucketPolicy that denies s3:* where aws:SecureTransport is false",
  severity: "critical",
  config: {
    environment: stringProperty(
      "Environment of the stack. `forceDestroy` is a violation where it is `prod`. Default: the name of the stack.",
    ),
  },
  reads: (type) => isBucketType(type) || isHelmType(type),
  check: (resources, config) =>
    lokiBuckets(resources).flatMap((bucket) => [
      ...checkPublicAccess(bucket),
      ...checkEncryption(bucket),
      ...checkOwnership(bucket),
      ...checkAcl(bucket),
      ...checkBucketPolicy(bucket),
      ...(isProd(bucket, config) ? checkForceDestroy(bucket) : []),
    ]),
});

function violationOf({ urn, where }: Bucket, violation: Omit<Violation, "where">): StackFinding {
  return { urn, where, ...violation };
}

/** A part that is missing, unless unknown values could name it. */
function missingPart(
  bucket: Bucket,
  part: BucketPart,
  violation: Omit<Violation, "where">,
): StackFinding[] {
  if (bucket.props !== UNKNOWN && !bucket.perhaps.has(part)) {
    return [violationOf(bucket, violation)];
  }
  return bucket.unknown === undefined
    ? []
    : [{ unknown: bucket.unknown.path, urn: bucket.unknown.urn }];
}

const accessSettings = [
  "blockPublicAcls",
  "blockPublicPolicy",
  "ignorePublicAcls",
  "restrictPublicBuckets",
];

function checkPublicAccess(bucket: Bucket): StackFinding[] {
  const blocks = bucket.parts.bucketPublicAccessBlock;
  if (blocks.length === 0) {
    return missingPart(bucket, "bucketPublicAccessBlock", {
      problem: "public access is not blocked",
      bound: "a BucketPublicAccessBlock",
      fix: `add new s3.BucketPublicAccessBlock(..., {bucket, ${accessSettings.map((setting) => `${setting}: true`).join(", ")}})`,
    });
  }
  // Each of them must comply: the last one that is applied takes effect.
  return blocks.flatMap((block) =>
    accessSettings.flatMap((setting): StackFinding[] => {
      const value = at(block.props, setting);
      if (value === UNKNOWN) return [{ unknown: [setting], urn: block.urn }];
      if (value === true || value === "true") return [];
      return [
        {
          ...violationOf(bucket, {
            problem: `public access is not blocked: ${setting} is disabled`,
            bound: "true",
            fix: `set ${setting}: true`,
          }),
          where: `${bucket.where}, ${block.name}`,
        },
      ];
    }),
  );
}

function checkEncryption(bucket: Bucket): StackFinding[] {
  const separate = bucket.parts.bucketServerSideEncryptionConfiguration;
  const ownConfiguration = firstOf(inline(bucket, "serverSideEncryptionConfiguration"));
  const rules =
    separate.length > 0
      ? separate.flatMap(({ props }) => listAt(props, "rules"))
      : [...listAt(ownConfiguration, "rules"), firstOf(at(ownConfiguration, "rule"))];
  const algorithms = rules
    .filter((rule) => rule !== undefined)
    .map((rule) => at(firstOf(at(rule, "applyServerSideEncryptionByDefault")), "sseAlgorithm"));
  const unknown = separate.find(({ props }) => hasUnknown(at(props, "rules")));
  if (unknown !== undefined && algorithms.every((item) => item === UNKNOWN || isSecure(item))) {
    return [{ unknown: ["rules"], urn: unknown.urn }];
  }
  if (algorithms.length > 0 && algorithms.every(isSecure)) return [];
  return missingPart(bucket, "bucketServerSideEncryptionConfiguration", {
    problem: "the bucket does not set the encryption of its objects",
    bound: "AES256, aws:kms or aws:kms:dsse",
    fix: 'add new s3.BucketServerSideEncryptionConfiguration(..., {bucket, rules: [{applyServerSideEncryptionByDefault: {sseAlgorithm: "AES256"}}]})',
  });
}

function isSecure(algorithm: Plain): boolean {
  return algorithm === "AES256" || algorithm === "aws:kms" || algorithm === "aws:kms:dsse";
}

/** Some versions of the provider write a single block as a list with one item. */
function firstOf(value: Plain): Plain {
  return Array.isArray(value) ? (value[0] as Plain) : value;
}

function checkOwnership(bucket: Bucket): StackFinding[] {
  const controls = bucket.parts.bucketOwnershipControls;
  const violation = {
    problem: "objects can belong to other accounts, whose access control lists apply",
    bound: "BucketOwnerEnforced",
    fix: 'add new s3.BucketOwnershipControls(..., {bucket, rule: {objectOwnership: "BucketOwnerEnforced"}})',
  };
  if (controls.length === 0) return missingPart(bucket, "bucketOwnershipControls", violation);
  const ownership = ({ props }: Resource) => at(firstOf(at(props, "rule")), "objectOwnership");
  const path: Path = ["rule", "objectOwnership"];
  const unknown = controls.find((resource) => ownership(resource) === UNKNOWN);
  const isWrong = controls.some(
    (resource) => ![UNKNOWN, "BucketOwnerEnforced"].includes(ownership(resource) as string),
  );
  return [
    ...(isWrong ? [violationOf(bucket, violation)] : []),
    ...(unknown === undefined ? [] : [{ unknown: path, urn: unknown.urn }]),
  ];
}

function checkAcl(bucket: Bucket): StackFinding[] {
  const separate = bucket.parts.bucketAcl;
  const canned = [inline(bucket, "acl"), ...separate.map(({ props }) => at(props, "acl"))];
  const grants = [
    ...listAt(inline(bucket, "grants")),
    ...separate.flatMap(({ props }) => listAt(firstOf(at(props, "accessControlPolicy")), "grants")),
  ];
  const isPublic =
    canned.some((acl) => typeof acl === "string" && /^(public|authenticated)-/.test(acl)) ||
    grants.some((grant) => {
      const uri = textAt(firstOf(at(grant, "grantee")), "uri") ?? textAt(grant, "uri") ?? "";
      return /AllUsers|AuthenticatedUsers/.test(uri);
    });
  if (!isPublic) return [];
  const violation = violationOf(bucket, {
    problem: "an access control list makes the bucket public",
    bound: "no access control list",
    fix: "remove the acl and the grants",
  });
  return [{ ...violation, where: `${bucket.where}, acl` }];
}

interface PolicySource {
  where: string;
  urn: string;
  document: Document;
}

function checkBucketPolicy(bucket: Bucket): StackFinding[] {
  const separate = bucket.parts.bucketPolicy.map(({ name, urn, props }): PolicySource => ({
    where: `${bucket.where}, ${name}`,
    urn,
    document: readDocument(at(props, "policy")),
  }));
  const ownPolicy = readDocument(inline(bucket, "policy"));
  const sources: PolicySource[] =
    separate.length > 0 || ownPolicy === undefined
      ? separate
      : [{ where: bucket.where, urn: bucket.urn, document: ownPolicy }];
  const grants = sources.flatMap(({ where, document }) =>
    statementsOf(document)
      .filter(opensToAnyone)
      .map((statement) => ({
        ...violationOf(bucket, {
          problem: "the bucket policy grants access to everyone",
          bound: "principals of this account",
          fix: "name the principal, or remove the statement: Loki's role does not need one",
        }),
        where: `${where}, ${statement.where}`,
      })),
  );
  const arns = bucketArns(bucket);
  if (sources.some(({ document }) => deniesPlainHttp(statementsOf(document), arns))) return grants;
  const unknown = sources.find(({ document }) => document === UNKNOWN);
  if (unknown !== undefined) return [...grants, { unknown: ["policy"], urn: unknown.urn }];
  return [
    ...grants,
    ...missingPart(bucket, "bucketPolicy", {
      problem: "the bucket is reachable without TLS",
      bound:
        "s3:* denied to everyone where aws:SecureTransport is false, on the bucket and its objects",
      fix: 'add a BucketPolicy with {Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`], Condition: {Bool: {"aws:SecureTransport": "false"}}}',
    }),
  ];
}

function statementsOf(document: Document): Statement[] {
  return Array.isArray(document) ? document : [];
}

/** Condition keys that limit a grant to known principals or networks. */
const narrowingKeys = new Set([
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:principalorgid",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:sourcearn",
  "aws:sourceaccount",
]);

function opensToAnyone(statement: Statement): boolean {
  if (!statement.allow || statement.unknown || !isAnyone(statement)) return false;
  return !statement.conditions.some(
    ({ key, operator, values }) =>
      narrowingKeys.has(key) &&
      /^(String|Arn)(Equals|Like|EqualsIgnoreCase)$/i.test(operator) &&
      values.every((value) => !/^[*?]*$/.test(value)),
  );
}

const requests = [
  "s3:GetObject",
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:ListBucket",
  "s3:GetBucketPolicy",
];

/** Whether every request without TLS to the bucket and to its objects is denied, for everyone. */
function deniesPlainHttp(
  statements: Statement[],
  arns: { bucket: string; object: string },
): boolean {
  const denials = statements.filter(
    (statement) =>
      !statement.allow &&
      !statement.unknown &&
      statement.notPrincipals === undefined &&
      isAnyone(statement) &&
      appliesWithoutTls(statement),
  );
  return requests.every((action) =>
    [arns.bucket, arns.object].every((arn) =>
      denials.some(
        (statement) => coversAction(statement, action) && coversResource(statement, arn),
      ),
    ),
  );
}

/** Any other condition would exempt some requests. */
function appliesWithoutTls({ conditions }: Statement): boolean {
  const [condition, ...others] = conditions;
  if (condition === undefined) return true;
  return (
    others.length === 0 &&
    /^(Bool|StringEquals|StringEqualsIgnoreCase)(IfExists)?$/i.test(condition.operator) &&
    condition.key === "aws:securetransport" &&
    condition.values.some((value) => value.toLowerCase() === "false")
  );
}

function bucketArns(bucket: Bucket): { bucket: string; object: string } {
  const name = textAt(bucket.props, "bucket") ?? textAt(bucket.props, "id") ?? "unnamed";
  const arn = textAt(bucket.props, "arn") ?? partitioned(bucket, name);
  return { bucket: arn, object: `${arn}/fake/object` };
}

/** The ARN by region, for a bucket whose ARN is unknown. */
function partitioned(bucket: Bucket, name: string): string {
  const region = textAt(bucket.props, "region") ?? "";
  const partition = region.startsWith("cn-")
    ? "aws-cn"
    : region.startsWith("us-gov-")
      ? "aws-us-gov"
      : "aws";
  return `arn:${partition}:s3:::${name}`;
}

function checkForceDestroy(bucket: Bucket): StackFinding[] {
  const value = at(bucket.props, "forceDestroy") ?? false;
  if (value === UNKNOWN || value === false || value === "false") return [];
  const violation = violationOf(bucket, {
    problem: "`pulumi destroy` would delete all logs",
    found: "true",
    bound: "false (prod)",
    fix: "remove forceDestroy, or set protectData: true",
  });
  return [{ ...violation, where: `${bucket.where}, forceDestroy` }];
}
