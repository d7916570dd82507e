import { Expr } from "./expr";

type Type = "scalar" | "instant vector" | "range vector" | "string";

/**
 * Thrown for an expression that the grammar accepts although it is invalid or not supported. The message
 * is a predicate whose subject is the expression.
 */
export class InvalidExpression extends Error {}

/** Throws if an expression has a type error. The grammar itself does not check types. */
export function checkTypes(expr: Expr): void {
  const type = typeOf(expr);
  if (type !== "scalar" && type !== "instant vector") {
    throw new InvalidExpression(`returns a ${type}, not an instant vector or a scalar`);
  }
}

const rangeFunctions =
  /_over_time$|^(rate|irate|increase|delta|idelta|deriv|changes|resets|predict_linear|holt_winters|double_exponential_smoothing)$/;
const scalarFunctions = new Set(["time", "pi", "scalar"]);

function typeOf(expr: Expr): Type {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
      return expr.rangeSeconds === undefined ? "instant vector" : "range vector";
    case "subquery":
      requireValue(expr.expr, "the expression of a subquery");
      return "range vector";
    case "negate":
      return requireValue(expr.expr, "the operand of -");
    case "call": {
      if (!rangeFunctions.test(expr.name)) {
        expr.args.forEach((argument) => refuseRange(argument, `an argument of ${expr.name}()`));
      } else if (!expr.args.some((argument) => typeOf(argument) === "range vector")) {
        throw new InvalidExpression(`calls ${expr.name}() without a range, such as [5m]`);
      }
      return scalarFunctions.has(expr.name) ? "scalar" : "instant vector";
    }
    case "binary": {
      const types = [expr.left, expr.right].map((operand) =>
        requireValue(operand, `an operand of ${expr.operator}`),
      );
      return types.every((type) => type === "scalar") ? "scalar" : "instant vector";
    }
  }
}

function refuseRange(expr: Expr, role: string): Type {
  const type = typeOf(expr);
  if (type === "range vector") throw new InvalidExpression(`has a range vector as ${role}`);
  return type;
}

function requireValue(expr: Expr, role: string): Type {
  const type = refuseRange(expr, role);
  if (type === "string") throw new InvalidExpression(`has a string as ${role}`);
  return type;
}
