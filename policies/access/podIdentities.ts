import { StackFinding, describeResource, located } from "../engine/policy";
import { helmChart, namespaceOf } from "../facts/helm";
import { Principal, coversAction, trustStatements } from "../facts/iam";
import { collectors, lokiCharts } from "../facts/loki";
import { at, isSet, isText, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

export const podIdentityType = "aws:eks/podIdentityAssociation:PodIdentityAssociation";

/** Checks that EKS Pod Identity associations use the namespace of their release. */
export function checkPodIdentities(resources: Resource[]): StackFinding[] {
  const associations = resources.filter(({ type }) => type === podIdentityType);
  return resources.flatMap((release): StackFinding[] => {
    const namespace = namespaceOf(release);
    const account = serviceAccountOf(release);
    const named = associations.filter(({ props }) => at(props, "serviceAccount") === account);
    const namespaces = named.map(({ props }) => at(props, "namespace"));
    const [first] = named;
    if (account === undefined || first === undefined || !isText(namespace)) return [];
    // With several associations, some may be for a release in another stack.
    if (namespaces.some((name) => name === namespace || !isText(name))) return [];
    const isElsewhere = resources.some(
      (other) => serviceAccountOf(other) === account && namespaces.includes(namespaceOf(other)),
    );
    if (isElsewhere) return [];
    return [
      {
        ...located(first, "namespace"),
        problem:
          "the association names a different namespace than the release, so its pods receive no credentials",
        found: textAt(first.props, "namespace"),
        bound: `${namespace}, the namespace of ${describeResource(release)}`,
        fix: `set namespace: ${namespace}`,
      },
    ];
  });
}

export function isPodIdentity({ kind, name }: Principal): boolean {
  return kind === "Service" && name === "pods.eks.amazonaws.com";
}

/** Actions that EKS uses to provide credentials to a pod. It tags each session with the pod. */
const sessionActions = ["sts:AssumeRole", "sts:TagSession"];

/** Checks that roles for EKS Pod Identity allow every action that EKS needs. */
export function checkSessions(roles: Resource[]): StackFinding[] {
  return roles.flatMap((role): StackFinding[] => {
    const statements = trustStatements(role).filter(
      ({ allow, principals }) => allow && principals.some(isPodIdentity),
    );
    const missing = sessionActions.filter(
      (action) => !statements.some((statement) => coversAction(statement, action)),
    );
    if (statements.length === 0 || statements.some(({ unknown }) => unknown)) return [];
    return missing.map((action) => ({
      ...located(role, "assumeRolePolicy"),
      problem: `the trust policy does not allow ${action}, so EKS does not provide credentials to the pods`,
      bound: sessionActions.join(" and "),
      fix: `add ${action} to Action`,
    }));
  });
}

/** Returns the service account of Loki or a collector; undefined for other resources. */
export function serviceAccountOf(resource: Resource): string | undefined {
  const { chart, release, values } = helmChart(resource) ?? {};
  if (chart === undefined || !(lokiCharts.has(chart) || collectors.test(chart))) return undefined;
  const name = at(values, "serviceAccount", "name");
  if (isText(name) && name !== "") return name;
  // The default is the release name, provided that it contains the chart name.
  return !isSet(name) && release?.includes(chart) ? release : undefined;
}
