import type { SyntaxNode } from "@lezer/common";
import type { LRParser } from "@lezer/lr";
import { escapedPattern } from "./matcher";

/**
 * Returns the metrics that a PromQL expression selects, as regular expressions: metric names, and
 * patterns of matchers on `__name__`. A syntax error hides only the selectors in the affected part.
 */
export function metricsRead(expr: string): string[] {
  // The grammar is loaded on first use, because loading is slow and most programs do not need it.
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const metrics = new Set<string>();
  const text = (node: SyntaxNode | null) => (node ? expr.slice(node.from, node.to) : "");
  parser.parse(expr).iterate({
    enter: ({ node }) => {
      if (node.name === "VectorSelector") {
        const name = node.getChild("Identifier") ?? node.getChild("MetricIdentifier");
        if (name !== null) metrics.add(text(name));
      }
      if (node.parent?.name !== "LabelMatchers") return;
      const [label, value] = [unquoted(text(node.firstChild)), unquoted(text(node.lastChild))];
      const operator = text(node.getChild("MatchOp"));
      if (node.name === "QuotedLabelName") metrics.add(escapedPattern(unquoted(text(node))));
      else if (label === "__name__" && operator === "=") metrics.add(escapedPattern(value));
      else if (label === "__name__" && operator === "=~") metrics.add(`(?:${value})`);
    },
  });
  return [...metrics];
}

function unquoted(literal: string): string {
  if (!/^["'`]/.test(literal)) return literal;
  const inner = literal.slice(1, -1);
  return literal.startsWith("`") ? inner : inner.replace(/\\(.)/g, "$1");
}
