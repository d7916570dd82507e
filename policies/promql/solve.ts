import { boundsOf, constantOf, isTransparent, passedOn, pointwise } from "./constants";
import { Comparison, ComparisonOperator, flipped, isComparison } from "./comparison";
import { Binary, Expr } from "./expr";

/** Moves constants from the expression to the threshold until a plain product is left. */
export function solve(operator: ComparisonOperator, expr: Expr, threshold: number): Comparison[] {
  if (expr.kind === "negate") return solve(flipped[operator], expr.expr, -threshold);
  if (expr.kind === "call") {
    const moved = throughCall(operator, expr, threshold);
    if (moved !== undefined) return moved;
  }
  if (expr.kind === "binary") {
    const moved = throughBinary(operator, expr, threshold);
    if (moved !== undefined) return moved;
  }
  return solveProduct(operator, expr, threshold);
}

function throughCall(
  operator: ComparisonOperator,
  call: { name: string; args: Expr[] },
  threshold: number,
): Comparison[] | undefined {
  const [argument, ...rest] = call.args;
  if (argument === undefined) return undefined;
  const inverse = pointwise[call.name]?.inverse;
  if (inverse !== undefined) return solve(operator, argument, inverse(threshold));
  const numbers = rest.map((bound) => constantOf(bound) ?? Number.NaN);
  if (call.name === "round") {
    const step = numbers[0] ?? 1;
    return solve(operator, argument, (Math.floor(threshold / step) + 0.5) * step);
  }
  const bounds = boundsOf(call.name, numbers);
  if (bounds === undefined) return undefined;
  // Beyond a bound the comparison is always or never true, which no threshold on the value is.
  if (threshold >= bounds.high) return solve(operator, argument, Number.POSITIVE_INFINITY);
  if (threshold < bounds.low) return solve(operator, argument, Number.NEGATIVE_INFINITY);
  return solve(operator, argument, threshold);
}

function throughBinary(
  operator: ComparisonOperator,
  expr: Binary,
  threshold: number,
): Comparison[] | undefined {
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
    case "^":
      if (onRight !== undefined && onRight > 0 && threshold >= 0) {
        return solve(operator, left, threshold ** (1 / onRight));
      }
      return undefined;
    default:
      break;
  }
  if (!isComparison(expr)) return undefined;
  // With `bool` the value is 0 or 1; the comparison inside is collected by itself.
  if (expr.bool) return [];
  return solve(operator, onLeft === undefined ? left : right, threshold);
}

interface Product {
  coefficient: number;
  numerator: Expr[];
  denominator: Expr[];
}

function solveProduct(operator: ComparisonOperator, expr: Expr, threshold: number): Comparison[] {
  const product = productOf(expr);
  const { coefficient } = product;
  let { numerator, denominator } = product;
  let direction = operator;
  let bound = threshold / coefficient;
  if (coefficient < 0) direction = flipped[direction];
  if (numerator.length === 0) {
    // `k / x > c` is `x < k / c`, for positive values.
    [numerator, denominator] = [denominator, numerator];
    bound = coefficient / threshold;
    direction = flipped[direction];
  }
  const complement = complementOf(numerator, denominator);
  if (complement !== undefined) return solve(flipped[direction], complement, 1 - bound);
  const [only] = numerator;
  const further = numerator.length === 1 && denominator.length === 0 ? only : undefined;
  if (further !== undefined && further !== expr && canBeSolved(further)) {
    return solve(direction, further, bound);
  }
  return [{ operator: direction, threshold: bound, numerator, denominator, joined: false }];
}

function canBeSolved(expr: Expr): boolean {
  if (expr.kind === "call") return expr.name in pointwise || /^(clamp|round)/.test(expr.name);
  return expr.kind === "binary" || expr.kind === "negate";
}

/** For `(total - good) / total`, which is one minus `good / total`: the latter. */
function complementOf(numerator: Expr[], denominator: Expr[]): Expr | undefined {
  const [difference] = numerator;
  const [total] = denominator;
  if (numerator.length !== 1 || denominator.length !== 1) return undefined;
  if (difference?.kind !== "binary" || difference.operator !== "-" || total === undefined)
    return undefined;
  if (JSON.stringify(filtered(difference.left)) !== JSON.stringify(filtered(total)))
    return undefined;
  return { kind: "binary", operator: "/", left: difference.right, right: total, bool: false };
}

/** An expression without the comparison that only filters it, as in `total > 0`. */
function filtered(expr: Expr): Expr {
  if (!isComparison(expr) || expr.bool) return expr;
  return filtered(constantOf(expr.left) === undefined ? expr.left : expr.right);
}

function productOf(expr: Expr): Product {
  const constant = constantOf(expr);
  if (constant !== undefined) return { coefficient: constant, numerator: [], denominator: [] };
  const atom: Product = { coefficient: 1, numerator: [expr], denominator: [] };
  switch (expr.kind) {
    case "negate": {
      const inner = productOf(expr.expr);
      return { ...inner, coefficient: -inner.coefficient };
    }
    case "binary": {
      if (expr.operator === "*" || expr.operator === "/") {
        const left = productOf(expr.left);
        const right = productOf(expr.right);
        const divide = expr.operator === "/";
        return {
          coefficient: divide
            ? left.coefficient / right.coefficient
            : left.coefficient * right.coefficient,
          numerator: [...left.numerator, ...(divide ? right.denominator : right.numerator)],
          denominator: [...left.denominator, ...(divide ? right.numerator : right.denominator)],
        };
      }
      if (expr.operator === "and" || expr.operator === "unless") return productOf(expr.left);
      const value = filtered(expr);
      return value === expr ? atom : productOf(value);
    }
    case "call": {
      const [argument] = expr.args;
      // increase(x[5m]) is 300 times rate(x[5m]).
      if (expr.name === "increase" && argument?.kind === "selector" && argument.rangeSeconds) {
        return {
          ...atom,
          coefficient: argument.rangeSeconds,
          numerator: [{ ...expr, name: "rate" }],
        };
      }
      return isTransparent(expr) ? throughTransparent(expr) : atom;
    }
    case "aggregate":
      return isTransparent(expr) ? throughTransparent(expr) : atom;
    case "subquery":
      return productOf(expr.expr);
    default:
      return atom;
  }
}

/** A constant inside a sum or a maximum may stand before it; a ratio inside is a ratio outside. */
function throughTransparent(expr: Extract<Expr, { kind: "call" | "aggregate" }>): Product {
  const argument = passedOn(expr);
  if (argument === undefined) return { coefficient: 1, numerator: [expr], denominator: [] };
  const inner = productOf(argument);
  const [only] = inner.numerator;
  if (inner.denominator.length === 0 && inner.numerator.length === 1 && only !== undefined) {
    const args = expr.args.map((item) => (passedOn({ args: [item] }) === argument ? only : item));
    const rebuilt = only === argument ? expr : { ...expr, args };
    return { ...inner, numerator: [rebuilt] };
  }
  return inner;
}
