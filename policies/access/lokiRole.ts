import { Resource, refersTo } from "../facts/resource";
import {
  Config,
  attachmentTypes,
  checkDocuments,
  documentsOf,
  holdsPermissions,
  isBoundByPodIdentity,
  isBoundBySource,
  isLokis,
  openToPods,
  podTags,
  roleType,
} from "./lokiPolicyDocuments";
import { StackFinding, describeResource, located } from "../engine/policy";
import {
  checkPodIdentities,
  checkSessions,
  isPodIdentity,
  podIdentityType,
  serviceAccountOf,
} from "./podIdentities";
import { Path, Plain, UNKNOWN, at, listAt, textAt } from "../facts/plain";
import {
  Document,
  coversAction,
  coversResource,
  isWild,
  s3Arn,
  statementsOf,
  trustStatements,
} from "../facts/iam";
import { lokiCharts } from "../facts/loki";
import { helmChart, namespaceOf } from "../facts/helm";
import { missingKeyActions } from "./lokiBucketKey";
import { matchesGlob } from "../shared/glob";

/*
 * Checks Loki's role together with the policies, releases and associations that refer to it.
 */

/** Checks policies that other resources attach to Loki's role, regardless of their names. */
export function checkRole(resources: Resource[], config: Config): StackFinding[] {
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
