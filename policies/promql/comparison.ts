import { Binary, Expr } from "./expr";

export type ComparisonOperator = ">" | ">=" | "<" | "<=" | "==" | "!=";

/** A comparison with the constant on its right, brought to a product on its left. */
export interface Comparison {
  operator: ComparisonOperator;
  /** What the value is compared with, once every constant is moved to its side. */
  threshold: number;
  /** The value is the product of these … */
  numerator: Expr[];
  /** … divided by the product of these. */
  denominator: Expr[];
  /** Joined to another condition by `and` or `unless`, so that it may be a guard of that one. */
  joined: boolean;
}

const comparisonOperators = new Set<string>([">", ">=", "<", "<=", "==", "!="]);
/** The operator that says the same with its sides exchanged. */
export const flipped: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<",
  ">=": "<=",
  "<": ">",
  "<=": ">=",
  "==": "==",
  "!=": "!=",
};

export function isComparison(expr: Expr): expr is Binary & { operator: ComparisonOperator } {
  return expr.kind === "binary" && comparisonOperators.has(expr.operator);
}
