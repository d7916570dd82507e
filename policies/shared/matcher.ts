import { perText } from "./perText";

/** A label matcher in Prometheus or Alertmanager syntax, such as `severity=~"critical|warning"`. */
export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

/** Whether a matcher accepts a label value. An invalid regular expression accepts none. */
export function matchesValue({ operator, value: expected }: Matcher, value: string): boolean {
  const isNegated = operator.startsWith("!");
  if (!operator.endsWith("~")) return (expected === value) !== isNegated;
  const pattern = anchoredPattern(expected);
  return pattern !== undefined && pattern.test(value) !== isNegated;
}

/** A compiled regular expression that must match the whole value. */
export interface AnchoredPattern {
  test: (value: string) => boolean;
}

/**
 * Whether a regular expression is written like a file glob, such as `prod-*` or `5*`. In a regular
 * expression, the asterisk only repeats the preceding character, so the pattern matches almost nothing.
 */
export function isGlob(pattern: string): boolean {
  return pattern
    .replace(/[()]/g, "|")
    .split("|")
    .some((alternative) => /^[\w:/-]+\*[\w:*/-]*$/.test(alternative));
}

/**
 * Compiles a regular expression as Prometheus and Alertmanager do: with RE2, whose run time is linear in
 * the length of the value. Returns undefined if the expression is invalid.
 */
export const anchoredPattern = perText((pattern): AnchoredPattern | undefined => {
  // Plain names and alternatives do not need RE2. They mean the same in JavaScript and cannot backtrack.
  if (/^[\w|:/ -]*$/.test(pattern)) return new RegExp(`^(?:${pattern})$`);
  // RE2 is loaded only when an expression needs it, so the pack starts faster.
  const { RE2JS } = require("re2js") as typeof import("re2js");
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return { test: (value) => compiled.testExact(value) };
  } catch {
    return undefined;
  }
});

/** Escapes a text into a pattern that matches it literally. */
export function escapedPattern(text: string): string {
  return text.replace(/[^\w:]/g, "\\$&");
}
