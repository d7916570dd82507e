import { concernsKeys, missingKeyActions } from "./lokiBucketKey";
import {
  checkPodIdentities,
  checkSessions,
  isPodIdentity,
  namespaceOf,
  podIdentityType,
  serviceAccountOf,
} from "./podIdentities";
import {
  Finding,
  StackFinding,
  ViolationFinding,
  describeResource,
  located,
  resourcePolicy,
} from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { helmChart, isHelmType } from "../facts/helm";
import {
  Document,
  Statement,
  coversAction,
  coversResource,
  exactValues,
  isWild,
  likeValues,
  readDocument,
  s3Arn,
  statementsOf,
  trustStatements,
} from "../facts/iam";
import { lokiCharts } from "../facts/loki";
import { Path, Plain, UNKNOWN, at, formatPath, isMap, listAt, textAt } from "../facts/plain";
import { Resource, refersTo } from "../facts/resource";
import { matchesGlob } from "../shared/glob";
import { own } from "../shared/own";

const podTags = ["kubernetes-namespace", "kubernetes-service-account"];

const properties = {
  podIdentityTags: listProperty(
    podTags,
    "EKS Pod Identity session tags that a trust policy must require. If the list is empty, the role must be associated only with Loki, or its trust policy must name the cluster or the account as the source.",
    podTags,
  ),
  alsoAllowed: listProperty(
    [],
    "Additional actions that Loki's role may have, such as `s3:GetObjectTagging`.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const lokiIamLeastPrivilege = resourcePolicy({
  name: "loki-iam-least-privilege",
  description:
    "Loki's role may list one bucket and read, write and delete its objects, and only Loki's service account may assume it.",
  why: "An attacker in a pod has the permissions of its role. With `s3:*`, these cover every bucket in the account; with a broad trust policy, every pod can assume the role.",
  remediation:
    "allow s3:ListBucket on the bucket's ARN and s3:GetObject, s3:PutObject, s3:DeleteObject on its objects, and limit the trust policy to one namespace and service account",
  severity: "critical",
  // The trust policies in the AWS documentation have no conditions, because an association determines
  // which pods get the role.
  baseline: { defaults: { podIdentityTags: [] } },
  config: properties,
  nested: "none",
  appliesTo: holdsPermissions,
  check: (resource, config) => (isLokis(resource) ? checkDocuments(resource, config) : []),
  siblings: {
    reads: (type) =>
      holdsPermissions(type) || type === podIdentityType || isHelmType(type) || concernsKeys(type),
    check: checkSiblings,
  },
});

const roleType = "aws:iam/role:Role";

function holdsPermissions(type: string): boolean {
  return own(documentPaths, type) !== undefined || attachmentTypes.has(type);
}

/** Checks policies that other resources attach to Loki's role, regardless of their names. */
function checkSiblings(resources: Resource[], config: Config): StackFinding[] {
  const associations = resources.filter(
    ({ type, props }) =>
      type === podIdentityType && /loki/i.test(textAt(props, "serviceAccount") ?? ""),
  );
  const arns = resources.flatMap(serviceAccountRole);
  const roles = resources.filter(
    (resource) =>
      resource.type === roleType &&
      (isLokis(resource) ||
        associations.some((association) => refersTo(association, "roleArn", resource)) ||
        arns.some((arn) => arn.endsWith(`/${textAt(resource.props, "name")}`))),
  );
  const isOfLoki = (resource: Resource) =>
    roles.some((role) =>
      ["role", "roles", "roleName"].some((property) => refersTo(resource, property, role)),
    );
  const attached = resources.filter(
    (resource) =>
      holdsPermissions(resource.type) && (roles.includes(resource) || isOfLoki(resource)),
  );
  const policies = resources.filter(
    (resource) =>
      resource.type === "aws:iam/policy:Policy" &&
      attached.some((attachment) =>
        ["policyArn", "policyArns"].some((property) => refersTo(attachment, property, resource)),
      ),
  );
  const inStack = new Set([...attached, ...policies, ...resources.filter((each) => isLokis(each))]);
  return [
    ...checkNeeds(resources, [...inStack]),
    ...resources.flatMap(checkAnnotation),
    ...checkServiceAccount(resources, roles),
    ...checkPodIdentities(resources),
    ...checkSessions(roles),
    ...(config.podIdentityTags.length > 0 ? [] : checkAssociations(resources, roles)),
    ...checkOthers([...attached, ...policies], config),
  ];
}

/** Permissions that Loki requires, with their purposes. */
const needs: [action: string, key: string, purpose: string][] = [
  ["s3:ListBucket", "", "list its bucket"],
  ["s3:GetObject", "/fake/object", "read its objects"],
  ["s3:PutObject", "/fake/object", "write logs"],
  ["s3:DeleteObject", "/fake/object", "delete logs after their retention"],
];

/**
 * Checks that the policy documents of Loki's role together allow everything that Loki needs in its
 * buckets.
 */
function checkNeeds(resources: Resource[], holders: Resource[]): StackFinding[] {
  const access = holders.flatMap((holder): { holder: Resource; document: Document }[] =>
    documentsOf(holder)
      .filter(({ isTrust, document }) => !isTrust && document !== undefined)
      .map(({ document }) => ({ holder, document })),
  );
  const [first] = access;
  const isElsewhere = holders.some(
    ({ type, props }) => attachmentTypes.has(type) || listAt(props, "managedPolicyArns").length > 0,
  );
  const statements = access.flatMap(({ document }) => statementsOf(document));
  const isUnknown =
    access.some(({ document }) => document === UNKNOWN) ||
    statements.some(({ unknown }) => unknown);
  const hasLoki = resources.some((resource) => lokiCharts.has(helmChart(resource)?.chart ?? ""));
  if (first === undefined || isElsewhere || isUnknown || !hasLoki) return [];
  const allowed = statements.filter(({ allow }) => allow);
  const buckets = new Set(
    allowed.flatMap((statement) => statement.resources.flatMap((arn) => s3Arn(arn)?.bucket ?? [])),
  );
  const [bucket] = buckets;
  if (buckets.size !== 1 || bucket === undefined || isWild(bucket)) return [];
  const arn = /^arn:[\w-]+:s3:::/.exec(allowed.flatMap((each) => each.resources).join())?.[0];
  const { urn } = first.holder;
  const where = describeResource(first.holder);
  const missing = (action: string, purpose: string, bound: string) => ({
    urn,
    problem: `Loki's role does not allow ${action}, so Loki cannot ${purpose}`,
    where,
    bound,
    fix: `allow ${action} on ${bound}`,
  });
  const isCovered = (action: string, key: string) =>
    allowed.some(
      (statement) =>
        coversAction(statement, action) &&
        (coversResource(statement, `${arn ?? "arn:aws:s3:::"}${bucket}${key}`) ||
          // A statement may be limited to a prefix.
          (key !== "" && statement.resources.some((each) => each.includes(`${bucket}/`)))),
    );
  return [
    ...needs
      .filter(([action, key]) => !isCovered(action, key))
      .map(([action, key, purpose]) =>
        missing(action, purpose, key === "" ? "the bucket's ARN" : "the bucket's ARN with /*"),
      ),
    ...missingKeyActions(bucket, resources, allowed).map(([action, purpose]) =>
      missing(action, purpose, "the ARN of the bucket's key"),
    ),
  ];
}

/** Checks that the trust policy names the Loki release's service account. */
function checkServiceAccount(resources: Resource[], roles: Resource[]): StackFinding[] {
  const releases = resources.filter((resource) => helmChart(resource)?.chart === "loki");
  const [release] = releases;
  const namespace = release && namespaceOf(release);
  if (release === undefined || releases.length !== 1 || typeof namespace !== "string") return [];
  const account = textAt(release.props, "values", "serviceAccount", "name");
  return roles.flatMap((role) => {
    const conditions = trustStatements(role).flatMap((each) => each.conditions);
    const subjects = conditions
      .filter(({ key }) => key.endsWith(":sub"))
      .flatMap(({ values }) => values)
      .filter((value) => value.startsWith("system:serviceaccount:"))
      .map((value) => value.split(":").slice(2));
    const [tagged, named] = ["namespace", "service-account"].map(
      (tag) => conditions.find(({ key }) => key === `aws:requesttag/kubernetes-${tag}`)?.values,
    );
    const trusted = [...subjects, ...(tagged?.length === 1 ? [[tagged[0], named?.[0]]] : [])];
    const fits = ([inNamespace = "", name = ""]: (string | undefined)[]) =>
      (inNamespace === namespace || isWild(inNamespace)) &&
      (account === undefined || name === "" || matchesGlob(name, account) || name.includes("*"));
    if (trusted.length === 0 || trusted.some(fits)) return [];
    return [
      {
        ...located(role, "assumeRolePolicy"),
        problem: "Loki cannot assume its role, because the role trusts a different service account",
        found: trusted[0]?.join("/"),
        bound: `${namespace}/${account ?? "<service account of Loki>"}`,
        fix: "name the release's namespace and service account in the condition",
      },
    ];
  });
}

/** Checks that only Loki is associated with its role, if the role trusts every associated pod. */
function checkAssociations(resources: Resource[], roles: Resource[]): StackFinding[] {
  return roles.flatMap((role) => {
    const isOpen = trustStatements(role).some(
      (statement) =>
        statement.allow &&
        !statement.unknown &&
        statement.principals.some(isPodIdentity) &&
        !isBoundByPodIdentity(statement, podTags) &&
        !isBoundBySource(statement),
    );
    const accounts = resources
      .filter((resource) => resource.type === podIdentityType)
      .filter((association) => refersTo(association, "roleArn", role))
      .map(({ props }) => at(props, "serviceAccount"));
    const isLokisAlone =
      accounts.length > 0 &&
      accounts.every((account) => account === UNKNOWN || isLokiAccount(account, resources));
    if (!isOpen || isLokisAlone) return [];
    return [
      {
        ...openToPods,
        ...located(role, "assumeRolePolicy"),
      },
    ];
  });
}

function isLokiAccount(account: Plain, resources: Resource[]): boolean {
  const isOfRelease = resources.some(
    (resource) =>
      lokiCharts.has(helmChart(resource)?.chart ?? "") && serviceAccountOf(resource) === account,
  );
  return isOfRelease || /loki/i.test(String(account));
}

function checkOthers(others: Resource[], config: Config): StackFinding[] {
  return others
    .filter((resource) => !isLokis(resource))
    .flatMap((resource) =>
      checkDocuments(resource, config).map((finding) => ({
        where: describeResource(resource),
        ...finding,
        urn: resource.urn,
      })),
    );
}

/**
 * Reports an annotation in `loki.serviceAccount`. The chart ignores it, and reads the top-level
 * `serviceAccount`.
 */
function checkAnnotation(resource: Resource): StackFinding[] {
  const { chart, values } = helmChart(resource) ?? {};
  const path: Path = ["loki", "serviceAccount"];
  if (chart !== "loki" || at(values, ...path) === undefined) return [];
  return [
    {
      ...located(resource, ["values", ...path]),
      problem: "the chart does not read the service account at this path, so Loki has no role",
      bound: "values.serviceAccount",
      fix: "move it to values.serviceAccount",
    },
  ];
}

function serviceAccountRole(resource: Resource): string[] {
  const chart = helmChart(resource);
  if (chart === undefined || !lokiCharts.has(chart.chart)) return [];
  const arn = textAt(chart.values, "serviceAccount", "annotations", "eks.amazonaws.com/role-arn");
  return arn === undefined ? [] : [arn];
}

/** Paths of the policy documents in each resource type. */
const documentPaths: Record<string, { access?: Path; trust?: Path }> = {
  [roleType]: { trust: ["assumeRolePolicy"] },
  "aws:iam/rolePolicy:RolePolicy": { access: ["policy"] },
  "aws:iam/policy:Policy": { access: ["policy"] },
  "aws:iam/userPolicy:UserPolicy": { access: ["policy"] },
  "aws:iam/groupPolicy:GroupPolicy": { access: ["policy"] },
};
const attachmentTypes = new Set([
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
]);

/** Returns the policy documents in a resource. */
function documentsOf({
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

function checkDocuments(resource: Resource, config: Config): Finding[] {
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
function isLokis(resource: Resource): boolean {
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
const openToPods = {
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

function isBoundByPodIdentity(statement: Statement, tags: string[]): boolean {
  return tags.every((tag) => exactValues(statement, `aws:RequestTag/${tag}`)?.length === 1);
}

/** Whether only associations from specific clusters or accounts can assume a role. */
function isBoundBySource({ conditions }: Statement): boolean {
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
