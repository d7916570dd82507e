import { Expr } from "./expr";

/** Operators that compute a number from two numbers. */
export const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
};

/** Functions and aggregations whose result has the unit of their argument. */
const unitPreserving = new Set(
  "sum avg max min topk bottomk sort sort_desc sort_by_label sort_by_label_desc label_replace label_join scalar vector avg_over_time max_over_time min_over_time last_over_time first_over_time".split(
    " ",
  ),
);

/** Whether the result of a function or an aggregation has the unit of its argument. */
export function preservesUnit(expr: Expr): expr is Extract<Expr, { kind: "call" | "aggregate" }> {
  return (
    (expr.kind === "call" && unitPreserving.has(expr.name)) ||
    (expr.kind === "aggregate" && unitPreserving.has(expr.operator))
  );
}

/** The argument of a unit-preserving function that has the unit. */
export function measuredArgument(expr: { args: Expr[] }): Expr | undefined {
  const value = expr.args.find(({ kind }) => kind !== "number" && kind !== "string");
  const argument = value ?? expr.args[0];
  return argument?.kind === "subquery" ? argument.expr : argument;
}

/** The number that an expression always returns, or undefined when it depends on series or time. */
export function constantOf(expr: Expr): number | undefined {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "negate": {
      const value = constantOf(expr.expr);
      return value === undefined ? undefined : -value;
    }
    case "binary": {
      const compute = arithmetic[expr.operator];
      const left = constantOf(expr.left);
      const right = constantOf(expr.right);
      if (compute === undefined || left === undefined || right === undefined) return undefined;
      return compute(left, right);
    }
    case "call":
    case "aggregate": {
      const argument = preservesUnit(expr) ? measuredArgument(expr) : undefined;
      return argument === undefined ? undefined : constantOf(argument);
    }
    default:
      return undefined;
  }
}
