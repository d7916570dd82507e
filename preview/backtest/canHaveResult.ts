import { type Expr, childrenOf } from "../../policies/promql/expr";

/** Whether an expression can return a result even though some of its metrics have no samples. */
export function canHaveResult(expr: Expr, hasSamples: (metric: string) => boolean): boolean {
  const can = (part: Expr): boolean => canHaveResult(part, hasSamples);
  if (expr.kind === "selector") return expr.metric === undefined || hasSamples(expr.metric);
  if (expr.kind === "call" && /^(absent|absent_over_time|vector|scalar)$/.test(expr.name)) {
    return true;
  }
  if (expr.kind === "binary" && expr.operator === "or") return can(expr.left) || can(expr.right);
  if (expr.kind === "binary" && expr.operator === "unless") return can(expr.left);
  return childrenOf(expr).every(can);
}
