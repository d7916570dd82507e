import { redact } from "../shared/credentials";

/** What a violation tells the person who can act on it. */
export interface Violation {
  /** What is wrong, as a sentence without a full stop. */
  problem: string;
  /** The release, rule, alert or field. */
  where: string;
  /** The value found; left out where it could be a secret. */
  found?: string;
  /** The rule that it breaks. */
  bound?: string;
  /** The line of configuration, or the change, that makes it right. */
  fix: string;
  /** Name of the rule that it is about, so that this one alone can be excepted. */
  rule?: string;
}

/**
 * The text of a violation. It quotes names alone: of resources, objects, rules, alerts, series,
 * labels, receivers and actions, by which somebody finds what is wrong. Values of annotations,
 * matchers in expressions, settings and documents are never in it, whether they are marked as secret
 * or not: the SDK hands policies every value without its mark. Whatever looks like a credential is
 * blotted out in names, too.
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

/** A setting of this project, as `pulumi config set` takes it. */
export function configSet(path: string, value: number | string): string {
  return `pulumi config set --path 'monitoring:${path}' ${value}`;
}

/** A value from a resource as it may be shown: only what cannot be a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return `${value}`;
  if (typeof value !== "string") return Array.isArray(value) ? "a list" : "a map";
  if (value === "") return '""';
  if (/^\d{1,7}([a-z]{1,2}\d{0,4}){0,4}$/.test(value)) return value;
  return `a text of ${value.length} characters`;
}

/** A number without the noise of floating point: 0.05, not 0.050000000000000044. */
export function numeral(value: number): string {
  return String(Number(value.toPrecision(6)));
}
