import type { EnforcementLevel, Severity } from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";

declare const valueType: unique symbol;

/** A property of a policy's configuration. The engine ignores defaults that are nested deeper. */
export type ConfigProperty<Value = unknown> = PolicyConfigJSONSchema & {
  description: string;
  /** Never set: carries the type of the value. */
  readonly [valueType]?: () => Value;
};

/** The part of a policy that documentation and schemas need: everything except its check. */
export interface PolicyDescription {
  /** Name of the policy. Configurations and exceptions refer to it, so a change breaks them. */
  name: string;
  /** The rule as a statement that holds when the policy passes. The SDK puts it before each violation. */
  description: string;
  /** The consequence of a violation for a person or for data. */
  why: string;
  /** How to comply. */
  remediation: string;
  severity: Severity;
  enforcementLevel: EnforcementLevel;
  config: Record<string, ConfigProperty>;
}
