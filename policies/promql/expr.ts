/** A PromQL expression as a tree of plain data; parentheses are gone. */
export type Expr =
  /** `duration` is the literal when it is written as one: `> 500m` is 30000. */
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
  /** Undefined when the name is only given by a pattern; see `selects`. */
  metric?: string;
  matchers: Matcher[];
  /** Of a range selector such as `[5m]`. */
  rangeSeconds?: number;
  offsetSeconds: number;
}

export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
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
  /** The comparison returns 0 or 1 instead of filtering. */
  bool: boolean;
}

/** An expression and everything inside it. */
export function everyPart(expr: Expr): Expr[] {
  return [expr, ...partsOf(expr).flatMap(everyPart)];
}

/** The expressions directly inside another. */
export function partsOf(expr: Expr): Expr[] {
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

/** A copy with other expressions directly inside. */
export function mapParts(expr: Expr, map: (part: Expr) => Expr): Expr {
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
