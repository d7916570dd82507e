import type { EnforcementLevel, Severity } from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";

/** A property of a policy's configuration. Defaults are only honoured here, at the top level. */
export type ConfigProperty = PolicyConfigJSONSchema & { description: string };

/** What a policy is, apart from how it judges: everything that documentation and schemas need. */
export interface PolicyDescription {
  /** Name of the policy: a contract. */
  name: string;
  /** The rule in one sentence; every violation starts with it. */
  description: string;
  /** What goes wrong without it. */
  why: string;
  /** How to comply. */
  remediation: string;
  severity: Severity;
  enforcementLevel: EnforcementLevel;
  config: Record<string, ConfigProperty>;
}
