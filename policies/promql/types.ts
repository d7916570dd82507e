import { Expr } from "./expr";

type Type = "scalar" | "vector" | "matrix" | "string";

/** What is wrong with the types of an expression, which the grammar does not check; or undefined. */
export function typeProblem(expr: Expr): string | undefined {
  try {
    const type = typeOf(expr);
    return type === "matrix" || type === "string" ? `is a ${names[type]}, not a value` : undefined;
  } catch (error) {
    if (error instanceof TypeProblem) return error.message;
    throw error;
  }
}

class TypeProblem extends Error {}

const names = { scalar: "number", vector: "series", matrix: "range", string: "text" };

const ofRange =
  /_over_time$|^(rate|irate|increase|delta|idelta|deriv|changes|resets|predict_linear|holt_winters|double_exponential_smoothing)$/;
const numbers = new Set(["time", "pi", "scalar"]);

function typeOf(expr: Expr): Type {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
      return expr.rangeSeconds === undefined ? "vector" : "matrix";
    case "subquery":
      value(expr.expr, "a subquery");
      return "matrix";
    case "negate":
      return value(expr.expr, "a minus");
    case "aggregate":
      expr.args.forEach((arg) => notRange(arg, `${expr.operator}()`));
      return "vector";
    case "call": {
      const needs = ofRange.test(expr.name);
      if (needs && !expr.args.some((arg) => typeOf(arg) === "matrix")) {
        throw new TypeProblem(`gives ${expr.name}() no range, such as [5m]`);
      }
      if (!needs) expr.args.forEach((arg) => notRange(arg, `${expr.name}()`));
      return numbers.has(expr.name) ? "scalar" : "vector";
    }
    case "binary": {
      const types = [expr.left, expr.right].map((side) => value(side, expr.operator));
      return types.every((type) => type === "scalar") ? "scalar" : "vector";
    }
  }
}

function notRange(expr: Expr, where: string): Type {
  const type = typeOf(expr);
  if (type === "matrix") throw new TypeProblem(`gives ${where} a range where it takes a value`);
  return type;
}

function value(expr: Expr, where: string): Type {
  const type = notRange(expr, where);
  if (type === "string") throw new TypeProblem(`gives ${where} a text where it takes a value`);
  return type;
}
