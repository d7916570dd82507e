import { Call, Expr } from "./expr";

/** Arithmetic operators. */
export const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
};

const unitPreserving =
  /^(sum|(avg|max|min|last|first)(_over_time)?|(top|bottom)k|sort.*|label_(replace|join)|scalar|vector)$/;

/** Whether the result of a function or an aggregation has the same unit as its argument. */
export function preservesUnit(expr: Expr): expr is Call {
  return expr.kind === "call" && unitPreserving.test(expr.name);
}

/** Returns the argument that determines the unit of a unit-preserving function's result. */
export function measuredArgument({ args }: Pick<Call, "args">): Expr | undefined {
  const value = args.find(({ kind }) => kind !== "number" && kind !== "string");
  const argument = value ?? args[0];
  return argument?.kind === "subquery" ? argument.expr : argument;
}

/**
 * Returns the number that an expression always evaluates to, or undefined if it depends on series or
 * time.
 */
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
      const left = compute && constantOf(expr.left);
      const right = left === undefined ? undefined : constantOf(expr.right);
      return left === undefined || right === undefined ? undefined : compute?.(left, right);
    }
    case "call": {
      const argument = preservesUnit(expr) ? measuredArgument(expr) : undefined;
      return argument === undefined ? undefined : constantOf(argument);
    }
    default:
      return undefined;
  }
}
