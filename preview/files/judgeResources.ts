import { observabilityPolicies } from "../../policies/catalog";
import type { Profile } from "../../policies/engine/description";
import type { Resource } from "../../policies/facts/resource";
import { version } from "../../policies/package.json";
import { ExpectedError } from "../config/errors";
import {
  type PackPolicy,
  type PolicyConfigFile,
  effectivePolicySettings,
  policyLayer,
} from "../pack/policyConfig";
import {
  type ConfiguredPolicy,
  type PolicyReport,
  type ReportedViolation,
  withNotes,
} from "../pack/policyReport";

type SdkPolicy = ReturnType<typeof observabilityPolicies>[number];
/** The subset of the SDK's types that this package's policies implement. */
type Validate<Args> = (args: Args, report: (message: unknown, urn?: string) => void) => unknown;

/**
 * Evaluates all policies on resources. Runs in this process and without the Pulumi SDKs, because teams
 * that check plain files do not have them.
 */
export async function judgeResources(
  resources: Resource[],
  { profile, config }: { profile: Profile; config: PolicyConfigFile },
): Promise<Omit<PolicyReport, "remediated">> {
  const sdkPolicies = observabilityPolicies(profile);
  const packPolicies = sdkPolicies.map(
    ({ name, enforcementLevel = "mandatory", configSchema }): PackPolicy => ({
      name,
      level: enforcementLevel,
      properties: configSchema?.properties ?? {},
    }),
  );
  const { layer, problems } = policyLayer(config, packPolicies);
  if (problems.length > 0) throw new ExpectedError(problems.join("\n"));
  const settings = effectivePolicySettings(packPolicies, [layer]);
  const policies = sdkPolicies.map((policy) => configured(policy, settings[policy.name]));
  const violations: ReportedViolation[] = [];
  for (const scope of ["validateResource", "validateStack"] as const) {
    for (const [index, policy] of sdkPolicies.entries()) {
      const { name, level, severity, settings: properties } = policies[index] as ConfiguredPolicy;
      if (level === "disabled") continue;
      const getConfig = () => properties;
      const report = (urn?: string) => (message: unknown, other?: string) =>
        void violations.push({
          policy: name,
          level,
          severity,
          urn: other ?? urn,
          message: String(message),
        });
      const validate = (policy as Partial<Record<typeof scope, Validate<object>>>)[scope];
      if (scope === "validateStack") await validate?.({ resources, getConfig }, report());
      else
        for (const resource of resources)
          await validate?.({ ...resource, getConfig }, report(resource.urn));
    }
  }
  return {
    ...withNotes({ pack: { name: "observability", version }, policies, violations }),
    remediations: [],
  };
}

function configured(
  policy: SdkPolicy,
  settings: { level: ConfiguredPolicy["level"]; properties: Record<string, unknown> } | undefined,
): ConfiguredPolicy {
  const { name, description, severity, enforcementLevel = "mandatory" } = policy;
  return {
    name,
    displayName: "",
    description,
    scope: "validateResource" in policy ? "resource" : "stack",
    level: settings?.level ?? enforcementLevel,
    severity,
    settings: settings?.properties ?? {},
  };
}
