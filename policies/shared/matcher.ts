/** A label matcher of Prometheus or Alertmanager, such as `severity=~"critical|warning"`. */
export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

/** Whether a matcher matches this value of its label. An invalid regular expression never matches. */
export function matchesValue({ operator, value: wanted }: Matcher, value: string): boolean {
  const isNegated = operator.startsWith("!");
  if (!operator.endsWith("~")) return (wanted === value) !== isNegated;
  const pattern = anchoredPattern(wanted);
  return pattern !== undefined && pattern.test(value) !== isNegated;
}

/** A compiled regular expression that must match the whole value. */
export interface AnchoredPattern {
  test: (value: string) => boolean;
}

/**
 * Whether a regular expression is written like a file glob, such as `prod-*` or `5*`. The asterisk only
 * repeats the character before it, so the expression hardly matches anything.
 */
export function isGlob(pattern: string): boolean {
  return pattern
    .replace(/[()]/g, "|")
    .split("|")
    .some((alternative) => /^[\w:/-]+\*[\w:*/-]*$/.test(alternative));
}

const patterns = new Map<string, AnchoredPattern | undefined>();

/**
 * A regular expression as Prometheus and Alertmanager compile it, with RE2, whose time is linear in
 * the length of the value. Undefined when it is invalid.
 */
export function anchoredPattern(pattern: string): AnchoredPattern | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern));
  return patterns.get(pattern);
}

function compile(pattern: string): AnchoredPattern | undefined {
  // Names and alternatives do not need RE2: they mean the same in JavaScript and cannot backtrack.
  if (/^[\w|:/ -]*$/.test(pattern)) return new RegExp(`^(?:${pattern})$`);
  // RE2 is loaded only if an expression needs it, so the pack starts faster.
  const { RE2JS } = require("re2js") as typeof import("re2js");
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return { test: (value) => compiled.testExact(value) };
  } catch {
    return undefined;
  }
}

/** A pattern that matches a text literally. */
export function escapedPattern(text: string): string {
  return text.replace(/[^\w:]/g, "\\$&");
}
