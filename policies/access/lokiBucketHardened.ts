import { InProd, environmentProperty, isProd } from "../engine/environment";
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
import { Plain, UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { StackPolicy, Verdict } from "../engine/policy";
import { Violation } from "../engine/violation";

export type LokiBucketHardenedConfig = InProd;

export const lokiBucketHardened: StackPolicy<LokiBucketHardenedConfig> = {
  scope: "stack",
  name: "loki-bucket-hardened",
  description:
    "The bucket of Loki is private, encrypted, owned by its account, reached over TLS only, and kept in production.",
  why: "Logs contain what nobody meant to publish. One public grant or one `destroy` is enough to publish or to lose all of them.",
  remediation:
    "a BucketPublicAccessBlock with all four switches, BucketOwnershipControls with BucketOwnerEnforced, BucketServerSideEncryptionConfiguration, and a BucketPolicy that denies s3:* where aws:SecureTransport is false",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: { environment: environmentProperty },
  reads: (type) => isBucketType(type) || isHelmType(type),
  judge,
};

function judge(resources: Resource[], config: LokiBucketHardenedConfig): Verdict {
  const checked = lokiBuckets(resources).flatMap((bucket) =>
    checks.map((check) => ({ bucket, ...check(bucket, isProd(bucket, config)) })),
  );
  const unsure = checked.find(({ unknown }) => unknown !== undefined);
  return {
    violations: checked.flatMap(({ bucket, violations }) =>
      violations.map((violation) => ({ ...violation, urn: bucket.urn })),
    ),
    unknown: unsure?.unknown,
  };
}

type Unknown = Verdict["unknown"];
type Check = (bucket: Bucket, prod: boolean) => { violations: Violation[]; unknown?: Unknown };

const checks: Check[] = [publicAccess, encryption, ownership, acl, bucketPolicy, destruction];

/** That nothing is there, unless it could be once everything is known. */
function absent(bucket: Bucket, part: BucketPart, violation: Violation): ReturnType<Check> {
  const unsure = bucket.props === UNKNOWN || bucket.perhaps.has(part);
  return unsure ? { violations: [], unknown: bucket.unknown } : { violations: [violation] };
}

const switches = [
  "blockPublicAcls",
  "blockPublicPolicy",
  "ignorePublicAcls",
  "restrictPublicBuckets",
];

function publicAccess(bucket: Bucket): ReturnType<Check> {
  const blocks = bucket.parts.bucketPublicAccessBlock;
  if (blocks.length === 0) {
    return absent(bucket, "bucketPublicAccessBlock", {
      problem: "public access is not blocked",
      where: bucket.where,
      bound: "a BucketPublicAccessBlock",
      fix: `add new s3.BucketPublicAccessBlock(..., {bucket, ${switches.map((one) => `${one}: true`).join(", ")}})`,
    });
  }
  // Every one of them counts: the last that is applied wins.
  const open = blocks.flatMap((block) =>
    switches.map((name) => ({ block, name, value: at(block.props, name) })),
  );
  return {
    violations: open
      .filter(({ value }) => value !== UNKNOWN && value !== true && value !== "true")
      .map(({ block, name }) => ({
        problem: `public access is not blocked: ${name} is off`,
        where: `${bucket.where}, ${block.name}`,
        bound: "true",
        fix: `set ${name}: true`,
      })),
    unknown: unknownOf(
      open.map(({ block, name, value }) => ({ resource: block, path: [name], value })),
    ),
  };
}

function encryption(bucket: Bucket): ReturnType<Check> {
  const separate = bucket.parts.bucketServerSideEncryptionConfiguration;
  const own = one(inline(bucket, "serverSideEncryptionConfiguration"));
  const rules =
    separate.length > 0
      ? separate.flatMap(({ props }) => listAt(props, "rules"))
      : [...listAt(own, "rules"), one(at(own, "rule"))].filter((rule) => rule !== undefined);
  const algorithms = rules.map((rule) =>
    at(one(at(rule, "applyServerSideEncryptionByDefault")), "sseAlgorithm"),
  );
  const hidden = separate.find(({ props }) => hasUnknown(at(props, "rules")));
  if (hidden !== undefined && algorithms.every((value) => value === UNKNOWN || secure(value))) {
    return { violations: [], unknown: { urn: hidden.urn, path: ["rules"] } };
  }
  if (algorithms.length > 0 && algorithms.every(secure)) return { violations: [] };
  return absent(bucket, "bucketServerSideEncryptionConfiguration", {
    problem: "the bucket does not say how its objects are encrypted",
    where: bucket.where,
    bound: "AES256, aws:kms or aws:kms:dsse",
    fix: 'add new s3.BucketServerSideEncryptionConfiguration(..., {bucket, rules: [{applyServerSideEncryptionByDefault: {sseAlgorithm: "AES256"}}]})',
  });
}

function secure(algorithm: Plain): boolean {
  return algorithm === "AES256" || algorithm === "aws:kms" || algorithm === "aws:kms:dsse";
}

/** The provider writes single blocks as lists of one in some versions. */
function one(value: Plain): Plain {
  return Array.isArray(value) ? (value[0] as Plain) : value;
}

function ownership(bucket: Bucket): ReturnType<Check> {
  const controls = bucket.parts.bucketOwnershipControls;
  const missing: Violation = {
    problem: "objects may belong to other accounts, and their access lists count",
    where: bucket.where,
    bound: "BucketOwnerEnforced",
    fix: 'add new s3.BucketOwnershipControls(..., {bucket, rule: {objectOwnership: "BucketOwnerEnforced"}})',
  };
  if (controls.length === 0) return absent(bucket, "bucketOwnershipControls", missing);
  const found = controls.map((resource) => ({
    resource,
    path: ["rule", "objectOwnership"],
    value: at(one(at(resource.props, "rule")), "objectOwnership"),
  }));
  const wrong = found.some(({ value }) => value !== UNKNOWN && value !== "BucketOwnerEnforced");
  return { violations: wrong ? [missing] : [], unknown: unknownOf(found) };
}

function acl(bucket: Bucket): ReturnType<Check> {
  const separate = bucket.parts.bucketAcl;
  const canned = [inline(bucket, "acl"), ...separate.map(({ props }) => at(props, "acl"))].filter(
    (value) => typeof value === "string",
  );
  const granted = [
    ...listAt(inline(bucket, "grants")),
    ...separate.flatMap(({ props }) => listAt(one(at(props, "accessControlPolicy")), "grants")),
  ].map((grant) => textAt(one(at(grant, "grantee")), "uri") ?? textAt(grant, "uri") ?? "");
  const open =
    canned.some((value) => /^(public|authenticated)-/.test(String(value))) ||
    granted.some((uri) => /AllUsers|AuthenticatedUsers/.test(uri));
  if (!open) return { violations: [] };
  return {
    violations: [
      {
        problem: "an access list opens the bucket to everybody",
        where: `${bucket.where}, acl`,
        bound: "no access list",
        fix: "remove the acl and the grants",
      },
    ],
  };
}

interface Source {
  where: string;
  urn: string;
  document: Document;
}

function bucketPolicy(bucket: Bucket): ReturnType<Check> {
  const separate = bucket.parts.bucketPolicy.map((resource): Source => ({
    where: `${bucket.where}, ${resource.name}`,
    urn: resource.urn,
    document: readDocument(at(resource.props, "policy")),
  }));
  const own = readDocument(inline(bucket, "policy"));
  const documents: Source[] =
    separate.length > 0 || own === undefined
      ? separate
      : [{ where: bucket.where, urn: bucket.urn, document: own }];
  const hidden = documents.find(({ document }) => document === UNKNOWN);
  const violations = documents.flatMap(({ where, document }) =>
    statementsOf(document)
      .filter(opensToAnyone)
      .map((statement) => ({
        problem: "the bucket policy lets everybody in",
        where: `${where}, ${statement.where}`,
        bound: "principals of this account",
        fix: "name the principal, or remove the statement: Loki's role needs none",
      })),
  );
  const arns = bucketArns(bucket);
  const denies = documents.some(({ document }) => refusesPlainHttp(statementsOf(document), arns));
  if (denies) return { violations };
  if (hidden !== undefined) {
    return { violations, unknown: { urn: hidden.urn, path: ["policy"] } };
  }
  const missing = absent(bucket, "bucketPolicy", {
    problem: "the bucket answers without TLS",
    where: bucket.where,
    bound:
      "s3:* denied to everybody where aws:SecureTransport is false, on the bucket and its objects",
    fix: 'add a BucketPolicy with {Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`], Condition: {Bool: {"aws:SecureTransport": "false"}}}',
  });
  return { ...missing, violations: [...violations, ...missing.violations] };
}

function statementsOf(document: Document): Statement[] {
  return Array.isArray(document) ? document : [];
}

const narrowing = new Set([
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
      narrowing.has(key) &&
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

/** Whether every request without TLS, of anybody, to the bucket and to its objects, is denied. */
function refusesPlainHttp(
  statements: Statement[],
  arns: { bucket: string; object: string },
): boolean {
  const denials = statements.filter(
    (statement) =>
      !statement.allow &&
      !statement.unknown &&
      statement.notPrincipals === undefined &&
      isAnyone(statement) &&
      onlyWithoutTls(statement),
  );
  return requests.every((action) =>
    [arns.bucket, arns.object].every((arn) =>
      denials.some(
        (statement) => coversAction(statement, action) && coversResource(statement, arn),
      ),
    ),
  );
}

/** Any further condition would leave a way. */
function onlyWithoutTls({ conditions }: Statement): boolean {
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

/** The partition of a bucket whose ARN is not known yet, from its region. */
function partitioned(bucket: Bucket, name: string): string {
  const region = textAt(bucket.props, "region") ?? "";
  const partition = region.startsWith("cn-")
    ? "aws-cn"
    : region.startsWith("us-gov-")
      ? "aws-us-gov"
      : "aws";
  return `arn:${partition}:s3:::${name}`;
}

function destruction(bucket: Bucket, prod: boolean): ReturnType<Check> {
  const value = at(bucket.props, "forceDestroy");
  if (!prod || value === undefined || value === null || value === UNKNOWN)
    return { violations: [] };
  if (value === false || value === "false") return { violations: [] };
  return {
    violations: [
      {
        problem: "`pulumi destroy` would delete all logs without asking",
        where: `${bucket.where}, forceDestroy`,
        found: "true",
        bound: "false (prod)",
        fix: "remove forceDestroy, or set protectData: true",
      },
    ],
  };
}

function unknownOf(
  found: { resource: Resource; path: (string | number)[]; value: Plain }[],
): Unknown {
  const hidden = found.find(({ value }) => value === UNKNOWN);
  return hidden && { urn: hidden.resource.urn, path: hidden.path };
}
