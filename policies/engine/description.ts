import type { EnforcementLevel, Severity } from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { own } from "../shared/own";

declare const valueType: unique symbol;

/** A property of a policy's configuration. The engine ignores defaults of nested properties. */
export type ConfigProperty<Value = unknown> = PolicyConfigJSONSchema & {
  description: string;
  /** Never set. It only carries the type of the value. */
  readonly [valueType]?: () => Value;
};

/** Everything about a policy except its check, for documentation and schemas. */
export interface PolicyDescription {
  /** Name of the policy. Configurations and exceptions refer to it, so renaming a policy breaks them. */
  name: string;
  /**
   * The rule, as a statement that holds when the policy passes. The SDK prints it before each violation.
   */
  description: string;
  /** Consequence of a violation for people or data. */
  why: string;
  /** How to fix a violation. */
  remediation: string;
  severity: Severity;
  enforcementLevel: EnforcementLevel;
  config: Record<string, ConfigProperty>;
  /** Overrides for the profile `baseline`. */
  baseline?: Baseline;
  /**
   * Set if annotations cannot declare exceptions by default. The configuration can override this.
   * Default: allowed.
   */
  annotations?: "forbidden";
}

/**
 * `strict` has the levels and bounds of this project's own stacks. `baseline` is for any stack: it
 * reports only mistakes, and leaves conventions to each team.
 */
export const profiles = ["baseline", "strict"] as const;
export type Profile = (typeof profiles)[number];

/** Level and defaults of a policy in the profile `baseline`, where they differ. */
export interface Baseline<Config = Record<string, unknown>> {
  enforcementLevel?: EnforcementLevel;
  defaults?: Partial<Config>;
}

/** Applies a profile's level and defaults to a policy. */
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
