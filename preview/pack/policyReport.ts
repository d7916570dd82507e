import { appliedExceptions, notEvaluated } from "../../policies/engine/journal";
import type { WireObject } from "../engine/values";
import type { EnforcementLevel } from "./policyConfig";

export type Severity = "low" | "medium" | "high" | "critical";

/** A policy of the pack with its effective configuration. */
export interface ConfiguredPolicy {
  name: string;
  displayName: string;
  description: string;
  /** Whether the policy checks resources one at a time or the stack as a whole. */
  scope: "resource" | "stack";
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** Configuration, including defaults. */
  settings: Record<string, unknown>;
}

export interface ReportedViolation {
  policy: string;
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** URN of the resource; undefined if a stack policy does not specify one. */
  urn: string | undefined;
  message: string;
}

/** A note from a policy that reports what the other policies skip. */
export interface ReportedNote {
  urn: string | undefined;
  message: string;
  /** Lines of the message in the form `name: value`. */
  details: Record<string, string>;
}

export interface Remediation {
  policy: string;
  urn: string;
  description: string;
  /** Reason why the remediation could not run; undefined if it ran. */
  diagnostic: string | undefined;
}

export interface PolicyReport {
  pack: { name: string; version: string };
  policies: ConfiguredPolicy[];
  /** Violations of resources in order of registration, followed by violations of the whole stack. */
  violations: ReportedViolation[];
  /** Parts of the resources that policies could not evaluate. */
  notEvaluated: ReportedNote[];
  /** Exceptions that suppressed violations. */
  exceptions: ReportedNote[];
  remediations: Remediation[];
  /** Inputs that remediations changed, by URN, in wire format. */
  remediated: Map<string, WireObject>;
}

/** Separates the violations of all policies from the notes of report policies. */
export function withNotes({
  violations,
  policies,
  ...report
}: Pick<PolicyReport, "pack" | "policies" | "violations">): Omit<
  PolicyReport,
  "remediations" | "remediated"
> {
  const notes = (policy: { name: string }) =>
    violations.filter((violation) => violation.policy === policy.name).map(noteOf);
  return {
    ...report,
    policies: policies.filter(({ name }) => !isReport(name)),
    violations: violations.filter(({ policy }) => !isReport(policy)),
    notEvaluated: notes(notEvaluated),
    exceptions: notes(appliedExceptions),
  };
}

/** Whether a policy reports what other policies skip. */
function isReport(policy: string): boolean {
  return [notEvaluated, appliedExceptions].some(({ name }) => name === policy);
}

function noteOf({ urn, message }: ReportedViolation): ReportedNote {
  const [text = "", ...lines] = message.split("\n");
  const details = lines.flatMap((line) => {
    const [, name, value] = /^ {2}(\w+): (.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return { urn, message: text, details: Object.fromEntries(details) };
}
