import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Path } from "../../policies/shared/path";
import { Inputs, valueIfKnown } from "./inputs";
import { hasPlaceholder } from "./placeholders";
import { type Problem, withProblems } from "./problems";
import { settingsOrThrow } from "./settingsOrThrow";

/** Something that only one component may own. */
export interface Claim {
  /** Description, unique within its scope, such as `the bucket logs`. */
  what: string;
  /** Argument that determines what is claimed. */
  path: Path;
  /** Change that lets two components coexist. */
  fix: string;
  /** Scope in which `what` is unique. Default: the cluster. */
  scope?: "program";
}

/** Owner of each claim, keyed by description. */
type Owners = Map<string, string>;

/** Owners, keyed by provider or program, and within a program by the identity of the cluster. */
const owners = new WeakMap<object, Map<string, Owners>>();

/**
 * Reports claims that another component in the same program already owns, before anything is deployed.
 * Different providers count as different clusters, unless they have the same known kubeconfig.
 * `afterChecks` waits for the result.
 */
export function claim<S extends object>(
  component: string,
  name: string,
  { settings, fill }: Inputs<S>,
  opts: pulumi.ComponentResourceOptions | undefined,
  build: (settings: S) => Claim[],
): pulumi.Input<void> {
  const program = pulumi.runtime.getStackResource();
  // Other teams' tests may construct components outside a program.
  if (program === undefined) return;
  const owner = `${component} "${name}"`;
  const take = (claims: Claim[], ownersOf: (claim: Claim) => Owners) => {
    const problems = claims.flatMap((claim): Problem[] => {
      const { what, path, fix } = claim;
      const known = ownersOf(claim);
      const other = known.get(what);
      if (other === undefined) known.set(what, owner);
      if (other === undefined) return [];
      const rule = `conflicts with ${other}, which already has ${what}`;
      return [{ path, code: "invalid", rule, fix: { kind: "do", text: fix } }];
    });
    settingsOrThrow(component, name, withProblems({ settings }, problems));
  };
  const provider = kubernetesProvider(opts);
  const takeKnown = (claims: Claim[]) =>
    take(claims, ({ scope }) => ownersIn(scope === "program" ? program : (provider ?? program)));
  const claims = build(settings);
  const known = hasPlaceholder(claims) ? pulumi.output(fill(build) as Claim[]) : claims;
  if (known === claims) takeKnown(claims);
  return pulumi.all([known, clusterOf(provider)]).apply(([all, cluster]) => {
    if (known !== claims) takeKnown(all);
    if (cluster === undefined) return;
    const inCluster = all.filter(({ scope }) => scope !== "program");
    take(inCluster, () => ownersIn(program, cluster));
  });
}

/**
 * Returns the identity of a provider's cluster, if it is known. Several providers may connect to the
 * same cluster, so comparing providers is not enough.
 */
async function clusterOf(
  provider: pulumi.ProviderResource | undefined,
): Promise<string | undefined> {
  // The provider exposes its arguments as outputs, which its type does not declare. In a preview, unset
  // arguments are unknown.
  const { kubeconfig, context, cluster } = (provider ?? {}) as Record<string, unknown>;
  const identity = await Promise.all([kubeconfig, context, cluster].map(valueIfKnown));
  const isKnown = typeof identity[0] === "string" && identity[0] !== "";
  return isKnown ? JSON.stringify(identity) : undefined;
}

function ownersIn(scope: object, cluster = ""): Owners {
  const clusters = owners.get(scope) ?? new Map<string, Owners>();
  owners.set(scope, clusters);
  const known = clusters.get(cluster) ?? new Map<string, string>();
  clusters.set(cluster, known);
  return known;
}

/** Returns a component's Kubernetes provider, or undefined for the default provider. */
function kubernetesProvider(
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ProviderResource | undefined {
  const providers = [opts.provider, ...Object.values(opts.providers ?? {})];
  return (
    providers.find((provider) => kubernetes.Provider.isInstance(provider)) ??
    opts.parent?.getProvider("kubernetes:core/v1:Namespace")
  );
}
