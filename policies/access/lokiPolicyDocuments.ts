import { own } from "../shared/own";
import { Path, Plain, UNKNOWN, at, formatPath, isMap, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import {
  Document,
  Statement,
  coversAction,
  exactValues,
  isWild,
  likeValues,
  readDocument,
  s3Arn,
  statementsOf,
} from "../facts/iam";
import { Finding, ViolationFinding, describeResource } from "../engine/policy";
import { isPodIdentity } from "./podIdentities";

/*
 * Checks the policy documents of a role, a user or a policy, each by itself.
 */

/** Session tags that EKS Pod Identity sets for the pod that assumes a role. */
export const podTags = ["kubernetes-namespace", "kubernetes-service-account"];

/** Configuration of the policy loki-iam-least-privilege. */
export interface Config {
  podIdentityTags: string[];
  alsoAllowed: string[];
}

export const roleType = "aws:iam/role:Role";

export function holdsPermissions(type: string): boolean {
  return own(documentPaths, type) !== undefined || attachmentTypes.has(type);
}

/** Paths of the policy documents in each resource type. */
const documentPaths: Record<string, { access?: Path; trust?: Path }> = {
  [roleType]: { trust: ["assumeRolePolicy"] },
  "aws:iam/rolePolicy:RolePolicy": { access: ["policy"] },
  "aws:iam/policy:Policy": { access: ["policy"] },
  "aws:iam/userPolicy:UserPolicy": { access: ["policy"] },
  "aws:iam/groupPolicy:GroupPolicy": { access: ["policy"] },
};
export const attachmentTypes = new Set([
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
]);

/** Returns the policy documents in a resource. */
export function documentsOf({
  props,
  type,
}: Resource): { path: Path; isTrust: boolean; document: Document }[] {
  const { access, trust } = own(documentPaths, type) ?? {};
  const inlinePolicies = listAt(props, "inlinePolicies");
  const paths = [
    access,
    ...inlinePolicies.map((_, index): Path => ["inlinePolicies", index, "policy"]),
    trust,
  ].filter((path) => path !== undefined);
  return paths.map((path) => ({
    path,
    isTrust: path === trust,
    document: readDocument(at(props, ...path)),
  }));
}

export function checkDocuments(resource: Resource, config: Config): Finding[] {
  const { props } = resource;
  const findings = documentsOf(resource).flatMap(({ path, isTrust, document }): Finding[] => {
    if (document === UNKNOWN) return [{ unknown: path }];
    if (document === undefined) {
      if (at(props, ...path) === undefined) return [];
      return [{ path, problem: "the policy document is not valid", fix: "write it as JSON" }];
    }
    const place = `${describeResource(resource)}, ${formatPath(path)}`;
    const violations = document
      .filter(({ allow }) => allow)
      .flatMap((statement) =>
        (isTrust ? checkTrust(statement, config) : checkAccess(statement, config)).map(
          (violation): Finding => ({ ...violation, where: `${place}, ${statement.where}` }),
        ),
      );
    return document.some(({ unknown }) => unknown)
      ? [...violations, { unknown: path }]
      : violations;
  });
  return [...findings, ...checkManagedPolicies(resource)];
}

/** Whether a role or policy belongs to Loki, judging by its names or the contents of its documents. */
export function isLokis(resource: Resource): boolean {
  const names = [
    ...["name", "namePrefix", "role", "roles", "roleName", "user", "users", "group"],
    ...["description", "tags"],
  ]
    .map((property) => at(resource.props, property))
    .flatMap((value): Plain[] => (isMap(value) ? Object.values(value) : [value, ...listAt(value)]));
  // A role that only configures the bucket does not belong to Loki.
  const contents = documentsOf(resource)
    .flatMap(({ document, isTrust }) =>
      statementsOf(document).filter(
        (statement) => isTrust || objectActions.some((action) => coversAction(statement, action)),
      ),
    )
    .flatMap(({ resources, conditions }) => [
      ...resources,
      ...conditions.flatMap(({ values }) => values),
    ]);
  // A role that backs up or replicates the bucket does not belong to Loki.
  const isCopying = [resource.name, ...names].some(
    (text) => typeof text === "string" && /backup|replicat|restore|archiv/i.test(text),
  );
  return (
    !isCopying &&
    [resource.name, ...names, ...contents].some(
      (text) => typeof text === "string" && /(^|[^a-z])loki/i.test(text),
    )
  );
}

const objectActions = ["s3:getobject", "s3:putobject", "s3:deleteobject"];
const bucketActions = ["s3:listbucket"];
/** Permissions that S3 clients need for large objects. They expose no other data. */
const uploadActions = [
  "s3:abortmultipartupload",
  "s3:getbucketlocation",
  "s3:listbucketmultipartuploads",
  "s3:listmultipartuploadparts",
];
/** Additional permissions for a bucket with its own KMS key. */
const keyActions = [
  "kms:generatedatakey",
  "kms:generatedatakey*",
  "kms:decrypt",
  "kms:encrypt",
  "kms:reencrypt*",
  "kms:describekey",
];

function checkAccess(statement: Statement, config: Config): ViolationFinding[] {
  const { actions, notActions, notResources, resources } = statement;
  const additional = config.alsoAllowed.map((action) => action.toLowerCase());
  const needed = [
    ...objectActions,
    ...bucketActions,
    ...uploadActions,
    ...keyActions,
    ...additional,
  ];
  const violations: ViolationFinding[] = [];
  const report = (problem: string | undefined, fix: string): void => {
    const bound = "List on the bucket; Get, Put and Delete on its objects";
    if (problem !== undefined) violations.push({ problem, bound, fix });
  };
  if (notActions !== undefined) {
    report("NotAction allows every action that it does not name", "name the actions in Action");
  }
  if (notResources !== undefined) {
    const problem = "NotResource allows every resource that it does not name";
    report(problem, "name the bucket in Resource");
  }
  for (const action of actions) {
    if (needed.includes(action.toLowerCase())) continue;
    if (isWild(action)) {
      report(
        `Action contains the wildcard ${shownAction(action)}`,
        "name each action that Loki needs",
      );
    } else {
      const fix = "remove it, or list it in loki-iam-least-privilege.alsoAllowed";
      report(`Action includes ${shownAction(action)}, which Loki does not need`, fix);
    }
  }
  const bucketFix = "name the bucket's ARN, and the same ARN with /* for its objects";
  const isForKey =
    actions.length > 0 && actions.every((action) => keyActions.includes(action.toLowerCase()));
  for (const resource of resources) {
    if (isForKey) report(keyProblem(statement, resource), "name the key's ARN");
    else report(bucketProblem(resource), bucketFix);
  }
  const buckets = new Set(resources.flatMap((resource) => s3Arn(resource)?.bucket ?? []));
  // Loki may use separate buckets for chunks and rules.
  const areLokis = [...buckets].every((name) => /loki/i.test(name));
  if (buckets.size > 1 && !areLokis)
    report("the statement names several buckets", "name Loki's bucket alone");
  if (!statement.unknown && resources.length === 0 && notResources === undefined) {
    report("the statement names no resource", "name the bucket's ARN");
  }
  return violations;
}

/**
 * Returns a string for use in a message. Hides the string unless it has the format of an action, because
 * it could be a secret.
 */
function shownAction(action: string): string {
  return /^(\*|[a-z][a-z\d-]{1,30}:[A-Za-z*?]{1,60})$/i.test(action)
    ? `"${action}"`
    : "(not shown)";
}

function bucketProblem(resource: string): string | undefined {
  const arn = s3Arn(resource);
  if (resource === "*") return "Resource is *, which covers every bucket in the account";
  if (arn === undefined) return "Resource is neither a bucket nor its objects";
  const isSingle = !isWild(arn.bucket) && arn.bucket !== "";
  return isSingle ? undefined : "Resource has a wildcard in the bucket name";
}

function keyProblem(statement: Statement, resource: string): string | undefined {
  if (exactValues(statement, "kms:ResourceAliases")?.length === 1) return undefined;
  const isKey = /^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/.test(resource);
  return isKey ? undefined : "Resource is not a single key";
}

const bound = "one service account in one namespace";
export const openToPods = {
  problem: "any pod with an association can assume the role",
  bound,
  fix: "add Condition.StringEquals with aws:RequestTag/kubernetes-namespace and aws:RequestTag/kubernetes-service-account",
};

function checkTrust(statement: Statement, { podIdentityTags }: Config): ViolationFinding[] {
  const { principals, notPrincipals, unknown } = statement;
  if (notPrincipals !== undefined) {
    const problem = "NotPrincipal lets every other principal assume the role";
    return [{ problem, bound, fix: "name the principal" }];
  }
  if (unknown) return [];
  return principals.flatMap((principal): ViolationFinding[] => {
    if (isPodIdentity(principal)) {
      return isBoundByPodIdentity(statement, podIdentityTags) ? [] : [openToPods];
    }
    if (principal.kind === "Federated") {
      const problem = "other service accounts in the cluster can assume the role";
      const fix =
        'add Condition.StringEquals with "<issuer>:sub": "system:serviceaccount:<namespace>:loki"';
      return isBoundByWebIdentity(statement) ? [] : [{ problem, bound, fix }];
    }
    const problem = "principals other than the cluster's pods can assume the role";
    const fix = "trust only pods.eks.amazonaws.com or the cluster's OIDC provider";
    return [{ problem, bound, fix }];
  });
}

export function isBoundByPodIdentity(statement: Statement, tags: string[]): boolean {
  return tags.every((tag) => exactValues(statement, `aws:RequestTag/${tag}`)?.length === 1);
}

/** Whether only associations from specific clusters or accounts can assume a role. */
export function isBoundBySource({ conditions }: Statement): boolean {
  return conditions.some(
    ({ operator, key, values }) =>
      /^(String|Arn)(Equals|Like)$/i.test(operator) &&
      /^aws:source(arn|account)$/.test(key) &&
      values.every((value) => value !== "*"),
  );
}

function isBoundByWebIdentity(statement: Statement): boolean {
  const subject = statement.conditions.find(({ key }) => key.endsWith(":sub"))?.key;
  if (subject === undefined) return false;
  const values = exactValues(statement, subject) ?? likeValues(statement, subject);
  // The chart names the service accounts of Loki's targets loki-read, loki-write and so on.
  const serviceAccount = /^system:serviceaccount:[^:*?]+:([^:*?]+|[^:*?]*loki[^:*?]*\*)$/;
  return values.length === 1 && serviceAccount.test(values[0] ?? "");
}

/** Reports AWS managed policies, because none of them is limited to one bucket. */
function checkManagedPolicies(resource: Resource): Finding[] {
  const arns = [
    at(resource.props, "policyArn"),
    ...listAt(resource.props, "policyArns"),
    ...listAt(resource.props, "managedPolicyArns"),
  ];
  return arns.flatMap((arn): Finding[] => {
    if (typeof arn !== "string" || !/^arn:[\w-]+:iam::aws:policy\//.test(arn)) return [];
    const name = /([\w-]+)$/.exec(arn)?.[1] ?? "";
    return [
      {
        problem: `the managed policy ${name} grants access to more than one bucket`,
        bound: "an inline policy",
        fix: "remove it, and add an inline policy for Loki's bucket to the role",
      },
    ];
  });
}
