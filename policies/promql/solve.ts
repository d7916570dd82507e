import { constantOf, measuredArgument, preservesUnit } from "./constants";
import { Comparison, ComparisonOperator, flipped, isComparison } from "./comparison";
import { Binary, Call, Expr } from "./expr";
import { own } from "../shared/own";

/** A comparison, regardless of its context. */
export type Solution = Omit<Comparison, "joined">;

/** Moves constants from the expression to the threshold until only a product of series remains. */
export function solve(operator: ComparisonOperator, expr: Expr, threshold: number): Solution[] {
  if (expr.kind === "negate") return solve(flipped[operator], expr.expr, -threshold);
  const invert = expr.kind === "call" ? own(inverses, expr.name) : undefined;
  if (expr.kind === "call" && expr.args[0] !== undefined && invert !== undefined) {
    const [argument, ...parameters] = expr.args;
    const numbers = parameters.map((parameter) => constantOf(parameter) ?? Number.NaN);
    return solve(operator, argument, invert(threshold, ...numbers));
  }
  const solved = expr.kind === "binary" ? solveBinary(operator, expr, threshold) : undefined;
  return solved ?? solveProduct(operator, expr, threshold);
}

/**
 * Converts a threshold on a function's result to a threshold on its argument. Returns Infinity if the
 * result never exceeds the threshold, and -Infinity if it always does.
 */
const inverses: Record<string, (threshold: number, ...parameters: number[]) => number> = {
  abs: (threshold) => threshold,
  // Results are integers, so `floor(x) > 0.05` means `x >= 1`.
  floor: (threshold) => Math.floor(threshold) + 1,
  ceil: Math.floor,
  round: (threshold, step = 1) => (Math.floor(threshold / step) + 0.5) * step,
  clamp: (threshold, low = Number.NaN, high = Number.NaN) => clampInverse(threshold, low, high),
  clamp_min: (threshold, low = Number.NaN) =>
    clampInverse(threshold, low, Number.POSITIVE_INFINITY),
  clamp_max: (threshold, high = Number.NaN) =>
    clampInverse(threshold, Number.NEGATIVE_INFINITY, high),
};

function clampInverse(threshold: number, low: number, high: number): number {
  if (threshold >= high) return Number.POSITIVE_INFINITY;
  return threshold < low ? Number.NEGATIVE_INFINITY : threshold;
}

function solveBinary(
  operator: ComparisonOperator,
  expr: Binary,
  threshold: number,
): Solution[] | undefined {
  const { left, right } = expr;
  const onLeft = constantOf(left);
  const onRight = constantOf(right);
  switch (expr.operator) {
    case "or":
      return [...solve(operator, left, threshold), ...solve(operator, right, threshold)];
    case "and":
    case "unless":
      return solve(operator, left, threshold);
    case "+":
      if (onRight !== undefined) return solve(operator, left, threshold - onRight);
      if (onLeft !== undefined) return solve(operator, right, threshold - onLeft);
      return undefined;
    case "-":
      if (onRight !== undefined) return solve(operator, left, threshold + onRight);
      if (onLeft !== undefined) return solve(flipped[operator], right, onLeft - threshold);
      return threshold === 0 ? solve(operator, { ...expr, operator: "/" }, 1) : undefined;
    default:
      break;
  }
  if (!isComparison(expr)) return undefined;
  // With `bool`, the result is 0 or 1. `comparisonsOf` collects the inner comparison separately.
  if (expr.bool) return [];
  return solve(operator, onLeft === undefined ? left : right, threshold);
}

interface Product {
  coefficient: number;
  numerator: Expr[];
  denominator: Expr[];
}

function solveProduct(operator: ComparisonOperator, expr: Expr, threshold: number): Solution[] {
  const { coefficient, ...product } = productOf(expr);
  // For positive values, `k / x > c` means `x < k / c`.
  const isInverse = product.numerator.length === 0;
  const numerator = isInverse ? product.denominator : product.numerator;
  const denominator = isInverse ? [] : product.denominator;
  const bound = isInverse ? coefficient / threshold : threshold / coefficient;
  const direction = isInverse !== coefficient < 0 ? flipped[operator] : operator;
  const complement = complementOf(numerator, denominator);
  if (complement !== undefined) return solve(flipped[direction], complement, 1 - bound);
  const [factor, ...others] = [...numerator, ...denominator];
  const isSolvable =
    factor?.kind === "binary" || (factor?.kind === "call" && factor.name in inverses);
  if (isSolvable && factor !== expr && others.length === 0) return solve(direction, factor, bound);
  return [{ operator: direction, threshold: bound, numerator, denominator }];
}

/** Returns `good / total` for `(total - good) / total`, because the two add up to 1. */
function complementOf([difference, ...others]: Expr[], [total, ...rest]: Expr[]): Expr | undefined {
  if (total === undefined || others.length > 0 || rest.length > 0) return undefined;
  if (difference?.kind !== "binary" || difference.operator !== "-") return undefined;
  const text = (expr: Expr) => JSON.stringify(withoutFilter(expr));
  if (text(difference.left) !== text(total)) return undefined;
  return { kind: "binary", operator: "/", left: difference.right, right: total, bool: false };
}

/** Returns the expression that a comparison filters: `total` for `total > 0`. */
function withoutFilter(expr: Expr): Expr {
  if (!isComparison(expr) || expr.bool) return expr;
  return withoutFilter(constantOf(expr.left) === undefined ? expr.left : expr.right);
}

function productOf(expr: Expr): Product {
  const constant = constantOf(expr);
  if (constant !== undefined) return { coefficient: constant, numerator: [], denominator: [] };
  if (expr.kind === "subquery") return productOf(expr.expr);
  if (expr.kind === "negate") return scaled(productOf(expr.expr), -1);
  const factor: Product = { coefficient: 1, numerator: [expr], denominator: [] };
  if (expr.kind === "call") {
    const [argument] = expr.args;
    // increase(x[5m]) is 300 times rate(x[5m]).
    if (expr.name === "increase" && argument?.kind === "selector" && argument.rangeSeconds) {
      return scaled(productOf({ ...expr, name: "rate" }), argument.rangeSeconds);
    }
    return preservesUnit(expr) ? productInside(expr) : factor;
  }
  if (expr.kind !== "binary") return factor;
  if (expr.operator === "*" || expr.operator === "/") {
    const left = productOf(expr.left);
    const right = expr.operator === "*" ? productOf(expr.right) : inverted(productOf(expr.right));
    return {
      coefficient: left.coefficient * right.coefficient,
      numerator: [...left.numerator, ...right.numerator],
      denominator: [...left.denominator, ...right.denominator],
    };
  }
  if (expr.operator === "and" || expr.operator === "unless") return productOf(expr.left);
  const value = withoutFilter(expr);
  return value === expr ? factor : productOf(value);
}

function scaled(product: Product, scale: number): Product {
  return { ...product, coefficient: product.coefficient * scale };
}

function inverted({ coefficient, numerator, denominator }: Product): Product {
  return { coefficient: 1 / coefficient, numerator: denominator, denominator: numerator };
}

/** Moves constants and ratios out of a unit-preserving function, which does not affect them. */
function productInside(expr: Call): Product {
  const argument = measuredArgument(expr);
  if (argument === undefined) return { coefficient: 1, numerator: [expr], denominator: [] };
  const product = productOf(argument);
  const [factor] = product.numerator;
  if (product.denominator.length > 0 || product.numerator.length !== 1 || factor === undefined) {
    return product;
  }
  const args = expr.args.map((item) =>
    measuredArgument({ args: [item] }) === argument ? factor : item,
  );
  return { ...product, numerator: [factor === argument ? expr : { ...expr, args }] };
}
