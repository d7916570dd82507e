/** Formats a number for PromQL, without floating-point noise. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Services that a rule covers: only the listed services, or all except the listed services. */
export interface Scope {
  only?: string[];
  except?: string[];
}

/** Returns matchers, without braces, for the series of the given services in one namespace. */
export function serviceMatchers(
  namespace: string,
  { only, except = [] }: Scope,
  extraMatchers: string[] = [],
): string {
  const matchers = [`namespace="${namespace}"`];
  if (only !== undefined) matchers.push(labelMatcher("service", only));
  else if (except.length > 0) matchers.push(labelMatcher("service", except, "!="));
  return [...matchers, ...extraMatchers].join(", ");
}

/**
 * Returns a matcher that includes or excludes values of a label. A single value uses equality, which is
 * cheaper than a regular expression.
 */
export function labelMatcher(label: string, values: string[], operator: "=" | "!=" = "="): string {
  return values.length === 1
    ? `${label}${operator}"${values[0]}"`
    : `${label}${operator === "=" ? "=~" : "!~"}"${values.join("|")}"`;
}

/** Kubernetes generates suffixes without vowels, so `api-gateway-x2x7k` is not a pod of `api`. */
const hash = "[bcdfghjklmnpqrstvwxz2456789]";

/**
 * Returns a pattern for the names of pods in these services' Deployments, DaemonSets and StatefulSets.
 */
export function podNamePattern(services: string[]): string {
  const names = services.length === 1 ? services[0] : `(${services.join("|")})`;
  return `${names}((-${hash}{1,10})?-${hash}{5}|-[0-9]+)`;
}
