import { Binary, Expr } from "./expr";

export type ComparisonOperator = ">" | ">=" | "<" | "<=" | "==" | "!=";

/** A comparison in normal form: a product of series on the left, a constant on the right. */
export interface Comparison {
  operator: ComparisonOperator;
  /** The constant on the right, where all constants have been moved. */
  threshold: number;
  /** Factors of the product. */
  numerator: Expr[];
  /** Factors that divide the product. */
  denominator: Expr[];
  /** Whether `and` or `unless` joins the comparison to another condition, which it may guard. */
  joined: boolean;
}

/** The equivalent operator after the operands are swapped. */
export const flipped: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<",
  ">=": "<=",
  "<": ">",
  "<=": ">=",
  "==": "==",
  "!=": "!=",
};

/** The operator that holds exactly when the original one does not. */
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
