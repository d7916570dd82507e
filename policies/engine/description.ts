import type { EnforcementLevel, Severity } from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { own } from "../shared/own";

declare const valueType: unique symbol;

/** A property of a policy's configuration. The engine ignores defaults at deeper levels. */
export type ConfigProperty<Value = unknown> = PolicyConfigJSONSchema & {
  description: string;
  /** Never set: carries the type of the value. */
  readonly [valueType]?: () => Value;
};

/** The part of a policy that documentation and schemas need: everything except its check. */
export interface PolicyDescription {
  /** Name of the policy. Configurations and exceptions refer to it, so a change breaks them. */
  name: string;
  /** The rule as a statement that holds when the policy passes. The SDK prints it before each violation. */
  description: string;
  /** The consequence of a violation for people or data. */
  why: string;
  /** How to comply. */
  remediation: string;
  severity: Severity;
  enforcementLevel: EnforcementLevel;
  config: Record<string, ConfigProperty>;
  /** Overrides for the profile `baseline`. */
  baseline?: Baseline;
  /**
   * Whether annotations can declare exceptions, unless the configuration overrides this. Default:
   * allowed.
   */
  annotations?: "forbidden";
}

/**
 * `strict` has the levels and bounds of this project's stacks. `baseline` is for any stack: it leaves
 * conventions to each team and reports only mistakes.
 */
export const profiles = ["baseline", "strict"] as const;
export type Profile = (typeof profiles)[number];

/** The level and the defaults of a policy that differ in the profile `baseline`. */
export interface Baseline<Config = Record<string, unknown>> {
  enforcementLevel?: EnforcementLevel;
  defaults?: Partial<Config>;
}

/** Applies the level and the defaults of a profile to a policy. */
export function withProfile<Policy extends PolicyDescription>(
  policy: Policy,
  profile: Profile,
): Policy {
  const { enforcementLevel, config, baseline } = policy;
  if (profile === "strict" || baseline === undefined) return policy;
  const properties = Object.entries(config).map(([name, property]) => {
    const value = own(baseline.defaults ?? {}, name);
    return [name, value === undefined ? property : { ...property, default: value }] as const;
  });
  return {
    ...policy,
    enforcementLevel: baseline.enforcementLevel ?? enforcementLevel,
    config: Object.fromEntries(properties),
  };
}
