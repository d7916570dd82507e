import { StackFinding, describeResource } from "../engine/policy";
import { helmChart } from "../facts/helm";
import { collectors, lokiCharts } from "../facts/loki";
import { at, isText, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

export const podIdentityType = "aws:eks/podIdentityAssociation:PodIdentityAssociation";

/** Checks that associations of EKS Pod Identity name the namespace of the release for which they are. */
export function checkPodIdentities(resources: Resource[]): StackFinding[] {
  const associations = resources.filter(({ type }) => type === podIdentityType);
  return resources.flatMap((release): StackFinding[] => {
    const namespace = namespaceOf(release);
    const account = serviceAccountOf(release);
    const named = associations.filter(({ props }) => at(props, "serviceAccount") === account);
    const namespaces = named.map(({ props }) => at(props, "namespace"));
    const [first] = named;
    if (account === undefined || first === undefined || !isText(namespace)) return [];
    // One of several associations may be for a release of another stack.
    if (namespaces.some((name) => name === namespace || !isText(name))) return [];
    const isElsewhere = resources.some(
      (other) => serviceAccountOf(other) === account && namespaces.includes(namespaceOf(other)),
    );
    if (isElsewhere) return [];
    return [
      {
        urn: first.urn,
        problem:
          "the association names another namespace than the release, so its pods receive no credentials",
        where: `${describeResource(first)}, namespace`,
        found: textAt(first.props, "namespace"),
        bound: `${namespace}, the namespace of ${describeResource(release)}`,
        fix: `set namespace: ${namespace}`,
      },
    ];
  });
}

/** The namespace of the objects of a release. */
export function namespaceOf({ props }: Resource) {
  return at(props, "values", "namespaceOverride") ?? at(props, "namespace");
}

/** The service account of Loki or of a collector; undefined for other resources. */
export function serviceAccountOf(resource: Resource): string | undefined {
  const { chart, release, values } = helmChart(resource) ?? {};
  if (chart === undefined || !(lokiCharts.has(chart) || collectors.test(chart))) return undefined;
  const name = at(values, "serviceAccount", "name");
  if (isText(name) && name !== "") return name;
  // The default contains the name of the release, which has to contain that of the chart.
  return (name ?? "") === "" && release?.includes(chart) ? release : undefined;
}
