import { PolicyPack } from "@pulumi/policy";
import type { EnforcementLevel, Policies, PolicyPackConfig } from "@pulumi/policy";
import { AlertThresholdsConfig, alertThresholds } from "./alertThresholds";
import { PolicyConfigProblem, configJsonSchema, configurationProblems } from "./config";
import { LokiRetentionConfig, lokiRetention } from "./lokiRetention";
import { NoPlaintextCredentialsConfig, noPlaintextCredentials } from "./noPlaintextCredentials";
import { AnyPolicy, PolicyDescription, sdkPolicy } from "./policy";
import { PrometheusRetentionConfig, prometheusRetention } from "./prometheusRetention";
import { RequiredAlertsConfig, requiredAlerts } from "./requiredAlerts";

export type { PolicyConfigProblem } from "./config";
export type { PolicyDescription } from "./policy";
export { limits } from "./limits";

/** Level and properties of one policy; what is left out keeps its default. */
export type PolicyArgs<Config> =
  EnforcementLevel | (Partial<Config> & { enforcementLevel?: EnforcementLevel });

/** Which policies apply, and how. */
export interface ObservabilityGuardArgs {
  /** Level of every policy that is not named. Default: each policy's own. */
  all?: EnforcementLevel;
  /** Days that Prometheus keeps its samples. */
  prometheusRetention?: PolicyArgs<PrometheusRetentionConfig>;
  /** Days that Loki keeps its logs, and that it really deletes them. */
  lokiRetention?: PolicyArgs<LokiRetentionConfig>;
  /** The base signals on which every monitored service is alerted. */
  requiredAlerts?: PolicyArgs<RequiredAlertsConfig>;
  /** How lax alerts on the base signals may be. */
  alertThresholds?: PolicyArgs<AlertThresholdsConfig>;
  /** Where credentials may stand. */
  noPlaintextCredentials?: PolicyArgs<NoPlaintextCredentialsConfig>;
}

/** The policies by the names that code gives them. */
const policies: Record<Exclude<keyof ObservabilityGuardArgs, "all">, AnyPolicy> = {
  prometheusRetention,
  lokiRetention,
  requiredAlerts,
  alertThresholds,
  noPlaintextCredentials,
};
const all: AnyPolicy[] = Object.values(policies);

/** The policies of this package, for a pack of your own: `new PolicyPack("mine", {policies})`. */
export function observabilityPolicies(): Policies {
  return all.map(sdkPolicy);
}

/** What each policy is, why, and how to comply: for documentation. */
export function policyDescriptions(): PolicyDescription[] {
  return all;
}

/** Everything wrong with a configuration as `--policy-pack-config` takes it; nothing when it is fine. */
export function checkPolicyConfig(config: unknown): PolicyConfigProblem[] {
  return configurationProblems(all, config);
}

/** JSON schema of the file that `--policy-pack-config` takes. */
export function policyConfigSchema(): Record<string, unknown> {
  return configJsonSchema(all);
}

/** The same configuration in the form of `--policy-pack-config`. */
export function policyPackConfig(args: ObservabilityGuardArgs): PolicyPackConfig {
  const { all: level, ...named } = args;
  const entries = Object.entries(named).map(([key, value]): [string, PolicyArgs<object>] => {
    const policy = (policies as Record<string, AnyPolicy>)[key];
    if (policy === undefined || typeof value === "string") return [policy?.name ?? key, value];
    // Properties without a level would arrive at the engine as `advisory`.
    return [policy.name, { enforcementLevel: level ?? policy.enforcementLevel, ...value }];
  });
  return { ...(level === undefined ? {} : { all: level }), ...Object.fromEntries(entries) };
}

/**
 * The policy pack. Construct one, and only one, in the entry file of a policy pack:
 * `new ObservabilityGuard({all: "mandatory", prometheusRetention: {maxDays: 60}})`.
 */
export class ObservabilityGuard extends PolicyPack {
  constructor(args: ObservabilityGuardArgs = {}) {
    const config = policyPackConfig(args);
    const problems = checkPolicyConfig(config);
    if (problems.length > 0) {
      throw new Error(
        problems.map(({ path, rule, fix }) => `${path} ${rule}\n  fix: ${fix}`).join("\n"),
      );
    }
    super(
      "observability",
      { policies: observabilityPolicies(), enforcementLevel: "mandatory" },
      config,
    );
  }
}
