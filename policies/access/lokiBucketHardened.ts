import { environmentPropertyWith, isProd } from "../engine/environment";
import { StackFinding, located, stackPolicy } from "../engine/policy";
import { Violation } from "../engine/violation";
import { Bucket, BucketPart, first, inline, isBucketType, lokiBuckets } from "../facts/buckets";
import { isHelmType } from "../facts/helm";
import {
  Document,
  Statement,
  coversAction,
  coversResource,
  isAnyone,
  readDocument,
  statementsOf,
} from "../facts/iam";
import { lokiRelease } from "../facts/loki";
import { Plain, UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
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
    environment: environmentPropertyWith("`forceDestroy` is a violation in production."),
  },
  reads: (type) => isBucketType(type) || isHelmType(type) || type === accountBlockType,
  check: (resources, config) => [
    ...resources.flatMap(checkNames),
    ...lokiBuckets(resources).flatMap((bucket) => [
      ...(isBlockedInAccount(resources) ? [] : checkPublicAccess(bucket)),
      ...checkEncryption(bucket),
      ...checkOwnership(bucket),
      ...checkAcl(bucket),
      ...checkBucketPolicy(bucket),
      ...(isProd(bucket, config) ? checkForceDestroy(bucket) : []),
    ]),
  ],
});

/**
 * Reports a bucket name that is a URL or an ARN. Loki does not start with such a name, and the other
 * checks cannot identify the bucket.
 */
function checkNames(resource: Resource): StackFinding[] {
  const { buckets = [] } = lokiRelease(resource) ?? {};
  // The value is omitted, because a URL may contain a key.
  if (!buckets.some((name) => /[:/]/.test(name))) return [];
  return [
    {
      ...located(resource, "loki.storage.bucketNames"),
      problem: "the name of Loki's bucket is a URL or an ARN",
      bound: "the bucket name",
      fix: "use only the name, without s3:// or arn:aws:s3:::",
    },
  ];
}

/** Returns a violation for the bucket or a location in it. */
function violationOf(
  { urn, where }: Bucket,
  violation: Omit<Violation, "where">,
  place?: string,
): StackFinding {
  return { urn, where: place === undefined ? where : `${where}, ${place}`, ...violation };
}

/** Returns the violation for a missing part, or the unknown value that may refer to the bucket. */
function missingPart(
  bucket: Bucket,
  part: BucketPart,
  violation: Omit<Violation, "where">,
): StackFinding[] {
  if (bucket.props !== UNKNOWN && !bucket.perhaps.has(part)) {
    return [violationOf(bucket, violation)];
  }
  const { unknown } = bucket;
  return unknown === undefined ? [] : [{ unknown: unknown.path, urn: unknown.urn }];
}

const accessSettings = [
  "blockPublicAcls",
  "blockPublicPolicy",
  "ignorePublicAcls",
  "restrictPublicBuckets",
];

const accountBlockType = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock";

/** Whether the stack blocks public access to all buckets in the account. */
function isBlockedInAccount(resources: Resource[]): boolean {
  return resources
    .filter(({ type }) => type === accountBlockType)
    .some(({ props }) => accessSettings.every((setting) => at(props, setting) === true));
}

function checkPublicAccess(bucket: Bucket): StackFinding[] {
  const blocks = bucket.parts.bucketPublicAccessBlock;
  if (blocks.length === 0) {
    const settings = accessSettings.map((setting) => `${setting}: true`).join(", ");
    return missingPart(bucket, "bucketPublicAccessBlock", {
      problem: "public access is not blocked",
      bound: "a BucketPublicAccessBlock",
      fix: `add new s3.BucketPublicAccessBlock(..., {bucket, ${settings}})`,
    });
  }
  // Every block must comply, because the block that is applied last takes effect.
  return blocks.flatMap(({ name, urn, props }) =>
    accessSettings.flatMap((setting): StackFinding[] => {
      const value = at(props, setting);
      if (value === UNKNOWN) return [{ unknown: [setting], urn }];
      if (value === true || value === "true") return [];
      const violation = {
        problem: `public access is not blocked: ${setting} is disabled`,
        bound: "true",
        fix: `set ${setting}: true`,
      };
      return [violationOf(bucket, violation, name)];
    }),
  );
}

function checkEncryption(bucket: Bucket): StackFinding[] {
  const separate = bucket.parts.bucketServerSideEncryptionConfiguration;
  const inside = first(inline(bucket, "serverSideEncryptionConfiguration"));
  const rules =
    separate.length > 0
      ? separate.flatMap(({ props }) => listAt(props, "rules"))
      : [...listAt(inside, "rules"), first(at(inside, "rule"))];
  const algorithms = rules
    .filter((rule) => rule !== undefined)
    .map((rule) => at(first(at(rule, "applyServerSideEncryptionByDefault")), "sseAlgorithm"));
  const unknown = separate.find(({ props }) => hasUnknown(at(props, "rules")));
  if (unknown !== undefined && algorithms.every((item) => item === UNKNOWN || isSecure(item))) {
    return [{ unknown: ["rules"], urn: unknown.urn }];
  }
  if (algorithms.length > 0 && algorithms.every(isSecure)) return [];
  return missingPart(bucket, "bucketServerSideEncryptionConfiguration", {
    problem: "the bucket has no valid encryption configuration",
    bound: "AES256, aws:kms or aws:kms:dsse",
    fix: 'add new s3.BucketServerSideEncryptionConfiguration(..., {bucket, rules: [{applyServerSideEncryptionByDefault: {sseAlgorithm: "AES256"}}]})',
  });
}

function isSecure(algorithm: Plain): boolean {
  return algorithm === "AES256" || algorithm === "aws:kms" || algorithm === "aws:kms:dsse";
}

function checkOwnership(bucket: Bucket): StackFinding[] {
  const violation = {
    problem: "other accounts can own objects, and access control lists are in effect",
    bound: "BucketOwnerEnforced",
    fix: 'add new s3.BucketOwnershipControls(..., {bucket, rule: {objectOwnership: "BucketOwnerEnforced"}})',
  };
  const controls = bucket.parts.bucketOwnershipControls;
  if (controls.length === 0) return missingPart(bucket, "bucketOwnershipControls", violation);
  const owned = controls
    .map(({ urn, props }) => ({ urn, ownership: at(first(at(props, "rule")), "objectOwnership") }))
    .filter(({ ownership }) => ownership !== "BucketOwnerEnforced");
  const unknown = owned.find(({ ownership }) => ownership === UNKNOWN);
  return [
    ...(owned.some(({ ownership }) => ownership !== UNKNOWN)
      ? [violationOf(bucket, violation)]
      : []),
    ...(unknown === undefined ? [] : [{ unknown: ["rule", "objectOwnership"], urn: unknown.urn }]),
  ];
}

function checkAcl(bucket: Bucket): StackFinding[] {
  const separate = bucket.parts.bucketAcl;
  const canned = [inline(bucket, "acl"), ...separate.map(({ props }) => at(props, "acl"))];
  const grants = [
    ...listAt(inline(bucket, "grants")),
    ...separate.flatMap(({ props }) => listAt(first(at(props, "accessControlPolicy")), "grants")),
  ];
  const isPublic =
    canned.some((acl) => typeof acl === "string" && /^(public|authenticated)-/.test(acl)) ||
    grants.some((grant) => {
      const uri = textAt(first(at(grant, "grantee")), "uri") ?? textAt(grant, "uri") ?? "";
      return /AllUsers|AuthenticatedUsers/.test(uri);
    });
  const violation = {
    problem: "an access control list makes the bucket public",
    bound: "no access control list",
    fix: "remove the acl and the grants",
  };
  return isPublic ? [violationOf(bucket, violation, "acl")] : [];
}

function checkBucketPolicy(bucket: Bucket): StackFinding[] {
  type Source = { place: string; urn: string; document: Document };
  const separate = bucket.parts.bucketPolicy.map(({ name, urn, props }): Source => ({
    place: `${name}, `,
    urn,
    document: readDocument(at(props, "policy")),
  }));
  const inside = readDocument(inline(bucket, "policy"));
  const sources: Source[] =
    separate.length > 0 ? separate : [{ place: "", urn: bucket.urn, document: inside }];
  const grants = sources.flatMap(({ place, document }) =>
    statementsOf(document)
      .filter(opensToAnyone)
      .map(({ where }) => violationOf(bucket, publicGrant, place + where)),
  );
  const arns = bucketArns(bucket);
  if (sources.some(({ document }) => deniesPlainHttp(statementsOf(document), arns))) return grants;
  const unknown = sources.find(({ document }) => document === UNKNOWN);
  if (unknown !== undefined) return [...grants, { unknown: ["policy"], urn: unknown.urn }];
  return [...grants, ...missingPart(bucket, "bucketPolicy", plainHttp)];
}

const publicGrant = {
  problem: "the bucket policy grants access to everyone",
  bound: "principals of this account",
  fix: "name the principal, or remove the statement: Loki's role does not need one",
};
const plainHttp = {
  problem: "the bucket is reachable without TLS",
  bound:
    "s3:* denied to everyone where aws:SecureTransport is false, on the bucket and its objects",
  fix: 'add a BucketPolicy with {Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`], Condition: {Bool: {"aws:SecureTransport": "false"}}}',
};

/** Condition keys that limit a grant to specific principals or networks. */
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

/** Whether the statements deny all principals any request without TLS to the bucket and its objects. */
function deniesPlainHttp(statements: Statement[], arns: string[]): boolean {
  const denials = statements.filter(
    (statement) =>
      !statement.allow &&
      !statement.unknown &&
      statement.notPrincipals === undefined &&
      isAnyone(statement) &&
      appliesWithoutTls(statement),
  );
  return requests.every((action) =>
    arns.every((arn) =>
      denials.some(
        (statement) => coversAction(statement, action) && coversResource(statement, arn),
      ),
    ),
  );
}

/**
 * Whether a Deny statement covers all requests without TLS. Any additional condition would exempt some
 * of them.
 */
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

/**
 * Returns the ARNs of the bucket and of an example object. If the bucket's ARN is unknown, the region
 * determines the partition.
 */
function bucketArns({ props }: Bucket): string[] {
  const name = textAt(props, "bucket") ?? textAt(props, "id") ?? "unnamed";
  const [, place] = /^(cn|us-gov)-/.exec(textAt(props, "region") ?? "") ?? [];
  const partition = place === undefined ? "aws" : `aws-${place}`;
  const arn = textAt(props, "arn") ?? `arn:${partition}:s3:::${name}`;
  return [arn, `${arn}/fake/object`];
}

function checkForceDestroy(bucket: Bucket): StackFinding[] {
  const value = at(bucket.props, "forceDestroy") ?? false;
  if (value === UNKNOWN || value === false || value === "false") return [];
  const violation = {
    problem: "`pulumi destroy` would delete all logs",
    found: "true",
    bound: "false (prod)",
    fix: "remove forceDestroy, or LokiStack's deleteDataOnDestroy",
  };
  return [violationOf(bucket, violation, "forceDestroy")];
}
