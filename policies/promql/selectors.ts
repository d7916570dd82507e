import { Expr, Matcher, Selector, childrenOf } from "./expr";

/** All selectors in an expression. */
export function selectorsOf(expr: Expr): Selector[] {
  return expr.kind === "selector" ? [expr] : childrenOf(expr).flatMap(selectorsOf);
}

/** Whether a selector can return series of this metric. */
export function selects(selector: Selector, metric: string): boolean {
  if (selector.metric !== undefined) return selector.metric === metric;
  return (
    selector.matchers.some(({ label }) => label === "__name__") &&
    allows(selector, "__name__", metric)
  );
}

/** Whether the matchers of a selector match this value of a label. */
export function allows(selector: Selector, label: string, value: string): boolean {
  return selector.matchers.every((matcher) => matcher.label !== label || matches(matcher, value));
}

function matches(matcher: Matcher, value: string): boolean {
  switch (matcher.operator) {
    case "=":
      return matcher.value === value;
    case "!=":
      return matcher.value !== value;
    case "=~":
      return anchored(matcher.value)?.test(value) ?? false;
    case "!~":
      return !(anchored(matcher.value)?.test(value) ?? true);
  }
}

function anchored(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, compiled(pattern));
  return patterns.get(pattern);
}

const patterns = new Map<string, RegExp | undefined>();

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, "s");
  } catch {
    return undefined;
  }
}
