import { matchesValue } from "../shared/matcher";
import { Expr, Selector, childrenOf } from "./expr";

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
  return selector.matchers.every(
    (matcher) => matcher.label !== label || matchesValue(matcher, value),
  );
}
