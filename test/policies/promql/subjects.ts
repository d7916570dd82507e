import * as assert from "node:assert/strict";
import { Comparison } from "../../../policies/promql/comparison";
import { Expr, selectorsOf } from "../../../policies/promql/expr";
import { parsePromQL } from "../../../policies/promql/parse";

/** The expression of a text that parses. */
export function parse(text: string): Expr {
  const parsed = parsePromQL(text);
  if (parsed.error !== undefined) assert.fail(`${text} ${parsed.error}`);
  return parsed.expr;
}

function metrics(factors: Expr[]): string {
  return factors
    .map((factor) =>
      selectorsOf(factor)
        .map(({ metric }) => metric)
        .join("+"),
    )
    .join(" * ");
}

/** `a / b > 0.05` */
export function written({ numerator, denominator, operator, threshold }: Comparison): string {
  const divisor = denominator.length > 0 ? ` / ${metrics(denominator)}` : "";
  return `${metrics(numerator)}${divisor} ${operator} ${Number(threshold.toPrecision(9))}`;
}
