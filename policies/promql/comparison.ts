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

/** Returns the single factor that a comparison constrains; undefined for a product or a quotient. */
export function subjectOf({ numerator, denominator }: Comparison): Expr | undefined {
  return numerator.length === 1 && denominator.length === 0 ? numerator[0] : undefined;
}

/** Whether no value between two bounds, including both, satisfies a comparison. */
export function neverHolds(
  { operator, threshold }: Comparison,
  least: number,
  most: number,
): boolean {
  if (operator === ">") return threshold >= most;
  if (operator === ">=") return threshold > most;
  if (operator === "<") return threshold <= least;
  if (operator === "<=") return threshold < least;
  return operator === "==" && (threshold < least || threshold > most);
}

export function isComparison(expr: Expr): expr is Binary & { operator: ComparisonOperator } {
  return expr.kind === "binary" && expr.operator in flipped;
}
