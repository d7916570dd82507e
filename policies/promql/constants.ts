import { Expr } from "./expr";

/** Operators that make a number of two numbers. */
export const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
  atan2: (a, b) => Math.atan2(a, b),
};

/** Functions of one number; where there is an inverse, a threshold on the result is one on the argument. */
export const pointwise: Record<
  string,
  { of: (x: number) => number; inverse?: (y: number) => number }
> = {
  abs: { of: Math.abs, inverse: (y) => y },
  sqrt: { of: Math.sqrt, inverse: (y) => y ** 2 },
  exp: { of: Math.exp, inverse: Math.log },
  ln: { of: Math.log, inverse: Math.exp },
  log2: { of: Math.log2, inverse: (y) => 2 ** y },
  log10: { of: Math.log10, inverse: (y) => 10 ** y },
  deg: { of: (x) => (x * 180) / Math.PI, inverse: (y) => (y * Math.PI) / 180 },
  rad: { of: (x) => (x * Math.PI) / 180, inverse: (y) => (y * 180) / Math.PI },
  // Whole numbers: `floor(x) > 0.05` is `x >= 1`.
  floor: { of: Math.floor, inverse: (y) => Math.floor(y) + 1 },
  ceil: { of: Math.ceil, inverse: Math.floor },
  sgn: { of: Math.sign },
};

/** Functions and aggregations whose result is in the unit of what they are given. */
const transparent = new Set(
  "sum avg max min topk bottomk sort sort_desc sort_by_label sort_by_label_desc label_replace label_join scalar vector avg_over_time max_over_time min_over_time last_over_time first_over_time".split(
    " ",
  ),
);

/** Whether the result is in the unit of what is passed on. */
export function isTransparent(expr: Expr): expr is Extract<Expr, { kind: "call" | "aggregate" }> {
  return (
    (expr.kind === "call" && transparent.has(expr.name)) ||
    (expr.kind === "aggregate" && transparent.has(expr.operator))
  );
}

/** The argument that a transparent function passes on. */
export function passedOn(expr: { args: Expr[] }): Expr | undefined {
  const value = expr.args.find(({ kind }) => kind !== "number" && kind !== "string");
  const inner = value ?? expr.args[0];
  return inner?.kind === "subquery" ? inner.expr : inner;
}

/** The number that an expression always is, or undefined when it depends on series or time. */
export function constantOf(expr: Expr): number | undefined {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "negate": {
      const inner = constantOf(expr.expr);
      return inner === undefined ? undefined : -inner;
    }
    case "binary": {
      const compute = arithmetic[expr.operator];
      if (compute === undefined) return undefined;
      const left = constantOf(expr.left);
      const right = constantOf(expr.right);
      return left === undefined || right === undefined ? undefined : compute(left, right);
    }
    case "call": {
      if (expr.name === "pi") return Math.PI;
      const args = expr.args.map(constantOf);
      const numbers = args.filter((argument) => argument !== undefined);
      const [first] = numbers;
      if (first === undefined || numbers.length !== args.length) return undefined;
      const bounds = boundsOf(expr.name, numbers.slice(1));
      if (bounds !== undefined) return Math.min(Math.max(first, bounds.low), bounds.high);
      if (expr.name === "round") return Math.round(first / (numbers[1] ?? 1)) * (numbers[1] ?? 1);
      return pointwise[expr.name]?.of(first) ?? (transparent.has(expr.name) ? first : undefined);
    }
    case "aggregate": {
      const inner = isTransparent(expr) ? passedOn(expr) : undefined;
      return inner === undefined ? undefined : constantOf(inner);
    }
    default:
      return undefined;
  }
}

/** The range that a function of the `clamp` family keeps its value in. */
export function boundsOf(name: string, rest: number[]): { low: number; high: number } | undefined {
  const [first = Number.NaN, second = Number.NaN] = rest;
  if (name === "clamp") return { low: first, high: second };
  if (name === "clamp_min") return { low: first, high: Number.POSITIVE_INFINITY };
  if (name === "clamp_max") return { low: Number.NEGATIVE_INFINITY, high: first };
  return undefined;
}
