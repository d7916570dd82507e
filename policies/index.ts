/**
 * The policies. Import them from `@ticketing/observability/policies`, which requires `@pulumi/policy`.
 *
 * @module policies
 */
import { PolicyPack } from "@pulumi/policy";
import {
  ObservabilityGuardArgs,
  checkPolicyConfig,
  observabilityPolicies,
  policyPackConfig,
} from "./catalog";
import { profiles } from "./engine/description";

export {
  type ObservabilityGuardArgs,
  type PolicyArgs,
  checkPolicyConfig,
  observabilityPolicies,
  policyConfigSchema,
  policyDescriptions,
  policyDocumentation,
  policyPackConfig,
} from "./catalog";
export type { PolicyConfigProblem } from "./engine/config";
export type { PolicyDescription, Profile } from "./engine/description";
export { limits } from "./limits/limits";

/**
 * The policy pack. Create exactly one instance in the entry file of a policy pack: `new
 * ObservabilityGuard({profile: "strict", prometheusRetention: {maxDays: 60}})`.
 */
export class ObservabilityGuard extends PolicyPack {
  constructor(args: ObservabilityGuardArgs = {}) {
    const { profile = "baseline" } = args;
    const config = policyPackConfig(args);
    const problems = checkPolicyConfig(config);
    if (!profiles.includes(profile)) {
      const rule = `must be one of ${profiles.join(", ")}`;
      problems.push({ path: "profile", rule, fix: 'set profile: "baseline"' });
    }
    if (problems.length > 0) {
      throw new Error(
        problems.map(({ path, rule, fix }) => `${path} ${rule}\n  fix: ${fix}`).join("\n"),
      );
    }
    super(
      "observability",
      { policies: observabilityPolicies(profile), enforcementLevel: "mandatory" },
      config,
    );
  }
}
