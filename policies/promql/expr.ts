import { Matcher, matchesValue } from "../shared/matcher";
import { perObject } from "../shared/perObject";

/** A PromQL expression as a plain-data tree, without parentheses. */
export type Expr = Form & {
  /** Labels that the expression's recording rule sets. */
  addedLabels?: string[];
};

type Form =
  /** `duration` is the original text of a number that is written as a duration: `500m` for 30000. */
  | { kind: "number"; value: number; duration?: string }
  | { kind: "string"; value: string }
  | Selector
  | {
      kind: "subquery";
      expr: Expr;
      rangeSeconds: number;
      offsetSeconds: number;
      isPinned?: boolean;
    }
  | Call
  | Binary
  | { kind: "negate"; expr: Expr };

export interface Selector {
  kind: "selector";
  /** Undefined if only a pattern matches the name; see `selects`. */
  metric?: string;
  /** The native histogram that `metric` is derived from; see `inClassicForm`. */
  histogram?: string;
  matchers: Matcher[];
  /** Range in seconds: 300 for `[5m]`. */
  rangeSeconds?: number;
  offsetSeconds: number;
  /** Whether `@` fixes the evaluation time. */
  isPinned?: boolean;
}

/** A call to a function or an aggregation. */
export interface Call {
  kind: "call";
  name: string;
  args: Expr[];
  /** Set only for aggregations: `sum(x)` is `sum by () (x)`. */
  grouping?: { kind: "by" | "without"; labels: string[] };
}

export interface Binary {
  kind: "binary";
  operator: string;
  left: Expr;
  right: Expr;
  /** Whether the comparison returns 0 or 1 instead of filtering. */
  bool: boolean;
  /** How series of the two sides are matched. Default: by all labels. */
  matching?: Matching;
}

export interface Matching {
  kind: "on" | "ignoring";
  labels: string[];
  /** The side that may have many series, as set by `group_left` or `group_right`. */
  group?: "left" | "right";
}

/** Returns an expression's direct operands and arguments. */
export function childrenOf(expr: Expr): Expr[] {
  if (expr.kind === "call") return expr.args;
  if (expr.kind === "binary") return [expr.left, expr.right];
  return expr.kind === "subquery" || expr.kind === "negate" ? [expr.expr] : [];
}

/** Copies an expression and applies a function to its direct operands and arguments. */
export function mapChildren(expr: Expr, map: (part: Expr) => Expr): Expr {
  if (expr.kind === "call") return { ...expr, args: expr.args.map(map) };
  if (expr.kind === "binary") return { ...expr, left: map(expr.left), right: map(expr.right) };
  const hasOperand = expr.kind === "subquery" || expr.kind === "negate";
  return hasOperand ? { ...expr, expr: map(expr.expr) } : expr;
}

/** Returns an expression and all expressions inside it, each before its operands. */
export const nodesOf = perObject((expr: Expr): readonly Expr[] => {
  const nodes: Expr[] = [];
  const open = [expr];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    nodes.push(next);
    open.push(...childrenOf(next).toReversed());
  }
  return nodes;
});

/** Returns all calls in an expression whose name matches. */
export function callsOf(expr: Expr, name: RegExp): Call[] {
  return allCallsOf(expr).filter((call) => name.test(call.name));
}

const allCallsOf = perObject((expr: Expr): readonly Call[] =>
  nodesOf(expr).filter((node) => node.kind === "call"),
);

/** Matches the aggregations that select some of their series, whose labels they keep. */
export const selectingAggregation = /^(topk|bottomk|limitk|limit_ratio)$/;

/** Returns all selectors in an expression. */
export const selectorsOf = perObject((expr: Expr): readonly Selector[] =>
  nodesOf(expr).filter((node) => node.kind === "selector"),
);

/** Whether a selector can return series of a metric. */
export function selects(selector: Selector, metric: string): boolean {
  if (selector.metric !== undefined) return selector.metric === metric;
  const isNamed = selector.matchers.some(({ label }) => label === "__name__");
  return isNamed && allows(selector, "__name__", metric);
}

/** Whether a selector's matchers match a label value. */
export function allows({ matchers }: Selector, label: string, value: string): boolean {
  return matchers.every((matcher) => matcher.label !== label || matchesValue(matcher, value));
}
