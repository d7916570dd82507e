import { Matcher } from "../shared/matcher";

/** A PromQL expression as a tree of plain data, without parentheses. */
export type Expr =
  /** `duration` is the literal of a number that is written as a duration: `> 500m` is 30000. */
  | { kind: "number"; value: number; duration?: string }
  | { kind: "string"; value: string }
  | Selector
  | { kind: "subquery"; expr: Expr; rangeSeconds: number; offsetSeconds: number }
  | { kind: "call"; name: string; args: Expr[] }
  | { kind: "aggregate"; operator: string; args: Expr[]; grouping?: Grouping }
  | Binary
  | { kind: "negate"; expr: Expr };

export interface Selector {
  kind: "selector";
  /** Undefined when only a pattern selects the name; see `selects`. */
  metric?: string;
  matchers: Matcher[];
  /** Range in seconds: 300 for `[5m]`. */
  rangeSeconds?: number;
  offsetSeconds: number;
}

export interface Grouping {
  kind: "by" | "without";
  labels: string[];
}

export interface Binary {
  kind: "binary";
  operator: string;
  left: Expr;
  right: Expr;
  /** Whether the comparison returns 0 or 1 instead of filtering. */
  bool: boolean;
}

/** An expression and all expressions inside it. */
export function nodesOf(expr: Expr): Expr[] {
  return [expr, ...childrenOf(expr).flatMap(nodesOf)];
}

/** The direct operands and arguments of an expression. */
export function childrenOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case "subquery":
    case "negate":
      return [expr.expr];
    case "call":
    case "aggregate":
      return expr.args;
    case "binary":
      return [expr.left, expr.right];
    default:
      return [];
  }
}

/** A copy whose direct operands and arguments are mapped. */
export function mapChildren(expr: Expr, map: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "subquery":
    case "negate":
      return { ...expr, expr: map(expr.expr) };
    case "call":
    case "aggregate":
      return { ...expr, args: expr.args.map(map) };
    case "binary":
      return { ...expr, left: map(expr.left), right: map(expr.right) };
    default:
      return expr;
  }
}
