import { redact } from "../shared/credentials";

/** A violation, for the person who can act on it. */
export interface Violation {
  /** The fact, as a sentence without a period. */
  problem: string;
  /** The release, rule, alert or field. */
  where: string;
  /** The value found. Not set where it could be a secret. */
  found?: string | undefined;
  /** The value or range that is allowed. */
  bound?: string;
  /** The line of configuration, or the change, that corrects it. */
  fix: string;
  /** Name of the rule in the resource, so that this rule alone can be excepted. */
  rule?: string;
}

/**
 * The text of a violation. It quotes only names: of resources, objects, rules, alerts, series,
 * labels, receivers and actions. It never contains values of annotations, matchers, settings or
 * documents, because the SDK does not tell policies which values are marked as secret. In names,
 * anything that looks like a credential is redacted.
 */
export function violationText(violation: Violation): string {
  const lines = [
    violation.problem,
    `  where: ${violation.where}`,
    ...(violation.found === undefined ? [] : [`  found: ${violation.found}`]),
    ...(violation.bound === undefined ? [] : [`  bound: ${violation.bound}`]),
    `  fix:   ${violation.fix}`,
  ];
  return redact(lines.join("\n"));
}

/** The command that changes a setting of this project. */
export function configSet(path: string, value: number | string): string {
  return `pulumi config set --path 'monitoring:${path}' ${value}`;
}

/** A value from a resource as text, unless it could be a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return `${value}`;
  if (typeof value !== "string") return Array.isArray(value) ? "a list" : "a map";
  if (value === "") return '""';
  if (/^\d{1,7}([a-z]{1,2}\d{0,4}){0,4}$/.test(value)) return value;
  return `a string of ${value.length} characters`;
}

/** A number without floating-point noise: 0.05, not 0.050000000000000044. */
export function numeral(value: number): string {
  return String(Number(value.toPrecision(6)));
}
