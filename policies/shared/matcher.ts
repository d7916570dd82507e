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

const patterns = new Map<string, RegExp | undefined>();

/** A regular expression that must match the whole value; undefined when it is invalid. */
export function anchoredPattern(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern));
  return patterns.get(pattern);
}

function compile(pattern: string): RegExp | undefined {
  const [prefix = "", flags = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${pattern.slice(prefix.length)})$`, flags.includes("i") ? "si" : "s");
  } catch {
    return undefined;
  }
}
