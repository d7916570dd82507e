import { Binary, Expr } from "./expr";

export type ComparisonOperator = ">" | ">=" | "<" | "<=" | "==" | "!=";

/** A comparison in normal form, with a product of series on the left and a constant on the right. */
export interface Comparison {
  operator: ComparisonOperator;
  /** The constant on the right, which includes all constants of the original expression. */
  threshold: number;
  /** Factors of the product. */
  numerator: Expr[];
  /** Factors that the product is divided by. */
  denominator: Expr[];
  /** Whether `and` or `unless` adds another condition, for which the comparison may be only a guard. */
  joined: boolean;
}

/** Equivalent operators for swapped operands. */
export const flipped: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<",
  ">=": "<=",
  "<": ">",
  "<=": ">=",
  "==": "==",
  "!=": "!=",
};

/** Operators for the opposite condition. */
export const negated: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<=",
  ">=": "<",
  "<": ">=",
  "<=": ">",
  "==": "!=",
  "!=": "==",
};

export function isComparison(expr: Expr): expr is Binary & { operator: ComparisonOperator } {
  return expr.kind === "binary" && expr.operator in flipped;
}
