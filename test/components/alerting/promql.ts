import type { LRParser } from "@lezer/lr";

/** Whether the grammar of Prometheus accepts an expression. */
export function isPromql(expr: string): boolean {
  return expr.trim() !== "" && nodes(expr, "⚠").length === 0;
}

/** Text of every node of this kind, as defined by lezer-promql, in an expression. */
export function nodes(expr: string, kind: string): string[] {
  // The package declares types for ES modules only.
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const matches: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.name === kind) matches.push(expr.slice(node.from, node.to));
    },
  });
  return matches;
}
