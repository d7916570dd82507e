import { perObject } from "../shared/perObject";
import { constantOf } from "./constants";
import { Binary, Expr, childrenOf, nodesOf } from "./expr";
import { Comparison, ComparisonOperator, flipped, isComparison, negated } from "./comparison";
import { Solution, solve } from "./solve";

/**
 * Returns every comparison in an expression, in normal form: `product > number`. Equivalent expressions
 * have the same form: `0.05 < x`, `100 * x > 5`, `errors > 0.05 * total`, `x unless x < 0.05`.
 */
export const comparisonsOf = perObject((expr: Expr): readonly Comparison[] =>
  collect(expr, { joined: false, negate: false }),
);

interface Context {
  joined: boolean;
  /**
   * Whether the opposite comparison counts, because this one is to the right of `unless` or inside
   * `absent`.
   */
  negate: boolean;
}

function collect(expr: Expr, context: Context): Comparison[] {
  if (expr.kind === "binary") {
    const joins = expr.operator === "and" || expr.operator === "unless";
    // An operand without a comparison, such as a list of services, is not a condition.
    const joinedWith = (other: Expr) =>
      context.joined || (joins && nodesOf(other).some(isComparison));
    const left = { ...context, joined: joinedWith(expr.right) };
    const right = {
      joined: joinedWith(expr.left),
      negate: context.negate !== (expr.operator === "unless"),
    };
    const inside = [...collect(expr.left, left), ...collect(expr.right, right)];
    if (!isComparison(expr)) return inside;
    const operator = context.negate ? negated[expr.operator] : expr.operator;
    return [...compared(operator, expr, context.joined), ...inside];
  }
  const absent = expr.kind === "call" && expr.name.startsWith("absent");
  const inner = { joined: context.joined, negate: context.negate !== absent };
  return childrenOf(expr).flatMap((part) => collect(part, inner));
}

function compared(operator: ComparisonOperator, { left, right }: Binary, joined: boolean) {
  const onLeft = constantOf(left);
  const onRight = constantOf(right);
  let solved: Solution[];
  if (onLeft !== undefined && onRight !== undefined) return [];
  if (onRight !== undefined) solved = solve(operator, left, onRight);
  else if (onLeft !== undefined) solved = solve(flipped[operator], right, onLeft);
  else solved = solve(operator, { kind: "binary", operator: "/", left, right, bool: false }, 1);
  return solved.map((comparison) => ({ ...comparison, joined }));
}
