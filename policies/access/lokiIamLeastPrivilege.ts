import { Document, Statement, exactValues, isWild, readDocument, s3Arn } from "../facts/iam";
import { Path, Plain, UNKNOWN, at, formatPath, isMap, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation } from "../engine/violation";

export interface LokiIamLeastPrivilegeConfig {
  alsoAllowed: string[];
}

export const lokiIamLeastPrivilege: ResourcePolicy<LokiIamLeastPrivilegeConfig> = {
  scope: "resource",
  nested: "none",
  name: "loki-iam-least-privilege",
  description:
    "The role of Loki may list one bucket and read, write and delete its objects, and only Loki's service account may become it.",
  why: "Whoever breaks into a pod has what its role may do. With `s3:*` that is every bucket of the account, with a loose trust every pod has it.",
  remediation:
    "allow s3:ListBucket on the ARN of the bucket and s3:GetObject, s3:PutObject, s3:DeleteObject on its objects, and bind the trust to one namespace and service account",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: {
    alsoAllowed: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "Further actions that Loki's role may have, such as `s3:GetObjectTagging`.",
    },
  },
  appliesTo: (type) => documentsAt[type] !== undefined || attachments.has(type),
  judge,
};

/** Where each type of resource has its policy documents. */
const documentsAt: Record<string, { access?: Path; trust?: Path }> = {
  "aws:iam/role:Role": { trust: ["assumeRolePolicy"] },
  "aws:iam/rolePolicy:RolePolicy": { access: ["policy"] },
  "aws:iam/policy:Policy": { access: ["policy"] },
  "aws:iam/userPolicy:UserPolicy": { access: ["policy"] },
  "aws:iam/groupPolicy:GroupPolicy": { access: ["policy"] },
};
const attachments = new Set([
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
]);

function judge(resource: Resource, config: LokiIamLeastPrivilegeConfig): Verdict {
  const { props } = resource;
  const places = documentsAt[resource.type];
  const inlines = listAt(props, "inlinePolicies").map((_, index): Path => [
    "inlinePolicies",
    index,
    "policy",
  ]);
  const access = [...(places?.access === undefined ? [] : [places.access]), ...inlines];
  const documents = [
    ...access.map((path) => ({ path, trust: false })),
    ...(places?.trust === undefined ? [] : [{ path: places.trust, trust: true }]),
  ].map((one): { path: Path; trust: boolean; document: Document } => ({
    ...one,
    document: readDocument(at(props, ...one.path)),
  }));
  if (!isLokis(resource, documents)) return holds;

  const found: Violation[] = documents.flatMap(({ path, trust, document }) => {
    const where = `${resource.type} "${resource.name}", ${formatPath(path)}`;
    if (document === undefined) return unreadable(at(props, ...path), where);
    if (!Array.isArray(document)) return [];
    return document
      .filter((statement) => statement.allow)
      .flatMap((statement) =>
        trust ? trustProblems(statement) : accessProblems(statement, config),
      )
      .map((violation) => ({ ...violation, where: `${where}, ${violation.where}` }));
  });
  const hidden = documents.find(({ document }) =>
    Array.isArray(document) ? document.some(({ unknown }) => unknown) : document === UNKNOWN,
  );
  return {
    violations: [...found, ...managed(resource)],
    unknown: hidden && { path: hidden.path },
  };
}

/** Whether a document or a role is Loki's: by any of its names, or by what it gives access to. */
function isLokis(resource: Resource, documents: { document: Document }[]): boolean {
  const names = [
    "name",
    "namePrefix",
    "role",
    "roles",
    "roleName",
    "user",
    "users",
    "group",
    "description",
    "tags",
  ]
    .map((property) => at(resource.props, property))
    .flatMap((value): Plain[] => (isMap(value) ? Object.values(value) : [value, ...listAt(value)]));
  const inside = documents.flatMap(({ document }) =>
    Array.isArray(document)
      ? document.flatMap(({ resources, conditions }) => [
          ...resources,
          ...conditions.flatMap(({ values }) => values),
        ])
      : [],
  );
  return [resource.name, ...names, ...inside].some(
    (text) => typeof text === "string" && /(^|[^a-z])loki/i.test(text),
  );
}

function unreadable(value: Plain, where: string): Violation[] {
  if (value === undefined) return [];
  return [{ problem: "the policy document cannot be read", where, fix: "write it as JSON" }];
}

const objectActions = ["s3:getobject", "s3:putobject", "s3:deleteobject"];
const bucketActions = ["s3:listbucket"];
/** What a bucket with a key of its own needs. */
const keyActions = ["kms:generatedatakey", "kms:decrypt"];

function accessProblems(statement: Statement, config: LokiIamLeastPrivilegeConfig): Violation[] {
  const { where, actions, notActions, notResources, resources } = statement;
  const also = config.alsoAllowed.map((action) => action.toLowerCase());
  const needed = [...objectActions, ...bucketActions, ...keyActions, ...also];
  const problems: Violation[] = [];
  const say = (problem: string, fix: string): void => {
    problems.push({
      problem,
      where,
      bound: "List on the bucket; Get, Put and Delete on its objects",
      fix,
    });
  };
  if (notActions !== undefined) {
    say("NotAction allows everything that it does not name", "name the actions in Action");
  }
  if (notResources !== undefined) {
    say("NotResource allows it on everything that it does not name", "name the bucket in Resource");
  }
  for (const action of actions) {
    if (isWild(action)) {
      say(`Action has the wildcard ${shownAction(action)}`, "name each action that Loki needs");
    } else if (!needed.includes(action.toLowerCase())) {
      say(
        `Action has ${shownAction(action)}, which Loki does not need`,
        "remove it, or list it in loki-iam-least-privilege.alsoAllowed",
      );
    }
  }
  const ofKey =
    actions.length > 0 && actions.every((action) => keyActions.includes(action.toLowerCase()));
  for (const resource of resources) {
    const problem = ofKey ? keyProblem(resource) : bucketProblem(resource);
    if (problem !== undefined)
      say(
        problem,
        ofKey
          ? "name the ARN of the key"
          : "name the ARN of the bucket, and the same with /* for its objects",
      );
  }
  const buckets = new Set(resources.flatMap((resource) => s3Arn(resource)?.bucket ?? []));
  if (buckets.size > 1) say("it is about several buckets", "leave one bucket to Loki");
  if (!statement.unknown && resources.length === 0 && notResources === undefined) {
    say("it names no resource", "name the ARN of the bucket");
  }
  return problems;
}

/** An action is no secret, but only show what has the form of one. */
function shownAction(action: string): string {
  return /^(\*|[a-z][a-z\d-]{1,30}:[A-Za-z*?]{1,60})$/i.test(action) ? `"${action}"` : "in a text";
}

function bucketProblem(resource: string): string | undefined {
  const arn = s3Arn(resource);
  if (resource === "*") return "Resource is *, every bucket of the account";
  if (arn === undefined) return "Resource is something else than a bucket and its objects";
  return isWild(arn.bucket) || arn.bucket === ""
    ? "Resource has a wildcard in the name of the bucket"
    : undefined;
}

function keyProblem(resource: string): string | undefined {
  return /^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/.test(resource)
    ? undefined
    : "Resource is not one single key";
}

function trustProblems(statement: Statement): Violation[] {
  const { where, principals, notPrincipals, unknown } = statement;
  const bound = "one service account of one namespace";
  const violation = (problem: string, fix: string): Violation[] => [{ problem, where, bound, fix }];
  if (notPrincipals !== undefined) {
    return violation("NotPrincipal lets everybody else become the role", "name the principal");
  }
  if (unknown) return [];
  return principals.flatMap(({ kind, name }) => {
    if (kind === "Service" && name === "pods.eks.amazonaws.com") {
      return podIdentity(statement)
        ? []
        : violation(
            "any pod with an association may become the role",
            "add Condition.StringEquals with aws:RequestTag/kubernetes-namespace and aws:RequestTag/kubernetes-service-account",
          );
    }
    if (kind === "Federated") {
      return webIdentity(statement)
        ? []
        : violation(
            "other service accounts of the cluster may become the role",
            'add Condition.StringEquals with "<issuer>:sub": "system:serviceaccount:<namespace>:loki"',
          );
    }
    return violation(
      "somebody else than the pods of the cluster may become the role",
      "trust pods.eks.amazonaws.com, or the OIDC provider of the cluster, alone",
    );
  });
}

function podIdentity(statement: Statement): boolean {
  return ["kubernetes-namespace", "kubernetes-service-account"].every(
    (tag) => exactValues(statement, `aws:RequestTag/${tag}`)?.length === 1,
  );
}

function webIdentity(statement: Statement): boolean {
  const subject = statement.conditions.find(({ key }) => key.endsWith(":sub"))?.key;
  if (subject === undefined) return false;
  const values = exactValues(statement, subject);
  const [value = ""] = values ?? [];
  return values?.length === 1 && /^system:serviceaccount:[^:*?]+:[^:*?]+$/.test(value);
}

/** AWS's own policies are never about one bucket. */
function managed(resource: Resource): Violation[] {
  const arns = [
    at(resource.props, "policyArn"),
    ...listAt(resource.props, "policyArns"),
    ...listAt(resource.props, "managedPolicyArns"),
  ];
  return arns
    .filter(
      (arn): arn is string => typeof arn === "string" && /^arn:[\w-]+:iam::aws:policy\//.test(arn),
    )
    .map((arn) => ({
      problem: `the managed policy ${/([\w-]+)$/.exec(arn)?.[1] ?? ""} gives the role more than one bucket`,
      where: `${resource.type} "${resource.name}"`,
      bound: "a policy of its own",
      fix: "remove it, and give the role an inline policy for its bucket",
    }));
}
