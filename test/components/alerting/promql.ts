import type { LRParser } from "@lezer/lr";

/** Whether Prometheus' own grammar accepts an expression. */
export function isPromql(expr: string): boolean {
  return expr.trim() !== "" && nodes(expr, "⚠").length === 0;
}

/** Every node of this kind in an expression, as text; kinds are those of lezer-promql. */
export function nodes(expr: string, kind: string): string[] {
  // Its types are for ES modules only.
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.name === kind) found.push(expr.slice(node.from, node.to));
    },
  });
  return found;
}
