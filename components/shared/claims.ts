import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Inputs } from "./inputs";
import { hasPlaceholder } from "./placeholders";
import { settingsOrThrow } from "./settingsOrThrow";

/** Something that only one component may own. */
export interface Claim {
  /** What it is, unique in its scope: `the bucket logs`. */
  what: string;
  /** Argument that decides it. */
  path: (string | number)[];
  /** Change that lets two components coexist. */
  fix: string;
  /** Scope in which `what` is unique. Default: the cluster. */
  scope?: "program";
}

/** Owner of each claim, by cluster or program. */
const owners = new WeakMap<object, Map<string, string>>();

/**
 * Reports what another component of the same program owns already, before anything is deployed.
 * Providers tell clusters apart.
 */
export function claim<S extends object>(
  component: string,
  name: string,
  { settings, fill }: Inputs<S>,
  opts: pulumi.ComponentResourceOptions | undefined,
  build: (settings: S) => Claim[],
): void {
  const program = pulumi.runtime.getStackResource();
  // Tests of other teams can construct components outside a program.
  if (program === undefined) return;
  const cluster = kubernetesProvider(opts) ?? program;
  const take = (claims: Claim[]) => {
    const owner = `${component} "${name}"`;
    const problems = claims.flatMap(({ what, path, fix, scope }) => {
      const known = ownersIn(scope === "program" ? program : cluster);
      const other = known.get(what);
      if (other === undefined) known.set(what, owner);
      return other === undefined
        ? []
        : [
            {
              path,
              code: "invalid" as const,
              rule: `conflicts with ${other}, which already has ${what}`,
              fix: { kind: "do" as const, text: fix },
            },
          ];
    });
    settingsOrThrow(component, name, problems.length > 0 ? { problems } : { settings });
  };
  const claims = build(settings);
  if (hasPlaceholder(claims)) pulumi.output(fill(build)).apply((known) => take(known as Claim[]));
  else take(claims);
}

function ownersIn(scope: object): Map<string, string> {
  const known = owners.get(scope) ?? new Map<string, string>();
  owners.set(scope, known);
  return known;
}

/** The Kubernetes provider of a component with these options. Undefined for the default provider. */
function kubernetesProvider(
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ProviderResource | undefined {
  const providers = [opts.provider, ...Object.values(opts.providers ?? {})];
  return (
    providers.find((provider) => kubernetes.Provider.isInstance(provider)) ??
    opts.parent?.getProvider("kubernetes:core/v1:Namespace")
  );
}
