import { Matcher } from "../shared/matcher";
import type { SyntaxNode } from "@lezer/common";
import type { LRParser } from "@lezer/lr";
import { parseDuration } from "../shared/duration";
import { arithmetic } from "./constants";
import { Expr, Grouping, Selector } from "./expr";
import { Unreadable, numberOf, stringOf } from "./literals";

export type Parsed = { expr: Expr; error?: undefined } | { error: string };

/** Parses an expression; an error names the position. The grammar is loaded on first use. */
export function parsePromQL(text: string): Parsed {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = read(text);
  // Every policy on rules parses the same expressions.
  if (parsed.size >= 2000) parsed.clear();
  parsed.set(text, result);
  return result;
}

const parsed = new Map<string, Parsed>();

function read(text: string): Parsed {
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const tree = parser.parse(text);
  let errorAt: number | undefined;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) errorAt ??= node.from;
    },
  });
  if (errorAt !== undefined) return { error: `does not parse at character ${errorAt + 1}` };
  try {
    const root = childrenOf(tree.topNode)[0];
    if (root === undefined) return { error: "is empty" };
    return { expr: new Reader(text).expr(root) };
  } catch (error) {
    if (error instanceof Unreadable) return { error: error.message };
    throw error;
  }
}

/** Converts the syntax tree to plain data. */
class Reader {
  constructor(private readonly source: string) {}

  expr(node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const [first] = children;
    switch (node.name) {
      case "NumberDurationLiteral":
        return this.number(this.text(node));
      case "StringLiteral":
        return { kind: "string", value: stringOf(this.text(node)) };
      case "ParenExpr":
        return this.expr(required(first));
      case "UnaryExpr": {
        const inner = this.expr(required(children[1]));
        return this.text(required(first)) === "-" ? { kind: "negate", expr: inner } : inner;
      }
      case "VectorSelector":
        return this.selector(node);
      case "MatrixSelector":
        return {
          ...this.selector(required(first)),
          rangeSeconds: this.duration(required(children[1])),
        };
      case "SubqueryExpr":
        return {
          kind: "subquery",
          expr: this.expr(required(first)),
          rangeSeconds: this.duration(required(children[1])),
          offsetSeconds: 0,
        };
      case "OffsetExpr":
        return this.offset(this.expr(required(first)), this.duration(required(children.at(-1))));
      case "StepInvariantExpr":
      case "AnchoredExpr":
      case "SmoothedExpr":
        return this.expr(required(first));
      case "FunctionCall":
        return {
          kind: "call",
          name: this.text(required(first)),
          args: this.body(node),
        };
      case "AggregateExpr": {
        const modifier = node.getChild("AggregateModifier");
        return {
          kind: "aggregate",
          operator: this.text(required(node.getChild("AggregateOp"))).toLowerCase(),
          args: this.body(node),
          ...(modifier === null ? {} : { grouping: this.grouping(modifier) }),
        };
      }
      case "BinaryExpr":
        return this.binary(node, children);
      default:
        throw new Unreadable(`has an unsupported part: ${node.name}`);
    }
  }

  private number(text: string): Expr {
    const value = numberOf(text);
    return parseDuration(text.replace(/^[+-]/, "")) === undefined || text === "0"
      ? { kind: "number", value }
      : { kind: "number", value, duration: text };
  }

  private binary(node: SyntaxNode, children: SyntaxNode[]): Expr {
    const left = required(children[0]);
    const right = this.expr(required(children.at(-1)));
    const operator = this.text(required(children[1])).toLowerCase();
    const bool = node.getChild("BoolModifier") !== null;
    // The grammar parses `-2 ^ 2` as (-2) ^ 2, Prometheus as -(2 ^ 2).
    if (
      operator === "^" &&
      left.name === "NumberDurationLiteral" &&
      this.text(left).startsWith("-")
    ) {
      const positive: Expr = { kind: "number", value: -numberOf(this.text(left)) };
      return { kind: "negate", expr: { kind: "binary", operator, left: positive, right, bool } };
    }
    return { kind: "binary", operator, left: this.expr(left), right, bool };
  }

  private selector(node: SyntaxNode): Selector {
    const name = node.getChild("Identifier") ?? node.getChild("MetricIdentifier");
    const list = node.getChild("LabelMatchers");
    let metric = name === null ? undefined : this.text(name);
    const matchers: Matcher[] = [];
    for (const child of list === null ? [] : childrenOf(list)) {
      if (child.name === "QuotedLabelName") {
        metric = stringOf(this.text(child));
        continue;
      }
      const [label, operator, value] = childrenOf(child);
      const matcher: Matcher = {
        label: unquoted(this.text(required(label))),
        operator: this.text(required(operator)) as Matcher["operator"],
        value: stringOf(this.text(required(value))),
      };
      if (matcher.label === "__name__" && matcher.operator === "=") metric = matcher.value;
      else matchers.push(matcher);
    }
    return {
      kind: "selector",
      ...(metric === undefined ? {} : { metric }),
      matchers,
      offsetSeconds: 0,
    };
  }

  /** The grammar applies an offset to the whole expression before it, Prometheus to the last selector. */
  private offset(expr: Expr, seconds: number): Expr {
    switch (expr.kind) {
      case "selector":
      case "subquery":
        return { ...expr, offsetSeconds: seconds };
      case "binary":
        return { ...expr, right: this.offset(expr.right, seconds) };
      case "negate":
        return { ...expr, expr: this.offset(expr.expr, seconds) };
      default:
        return expr;
    }
  }

  private grouping(modifier: SyntaxNode): Grouping {
    const labels = modifier.getChild("GroupingLabels");
    return {
      kind: modifier.getChild("By") === null ? "without" : "by",
      labels: labels === null ? [] : childrenOf(labels).map((label) => unquoted(this.text(label))),
    };
  }

  private body(node: SyntaxNode): Expr[] {
    const body = node.getChild("FunctionCallBody");
    return body === null ? [] : childrenOf(body).map((argument) => this.expr(argument));
  }

  /** A duration in seconds; computes arithmetic durations such as `[2*5m]`. */
  private duration(node: SyntaxNode): number {
    const children = childrenOf(node);
    if (node.name === "NumberDurationLiteralInDurationContext") return numberOf(this.text(node));
    const numbers = children.filter((child) => /Duration/.test(child.name));
    if (children.length === 1 && numbers.length === 1) return this.duration(required(numbers[0]));
    if (children.length === 3 && numbers.length === 2) {
      const compute = arithmetic[this.text(required(children[1]))];
      if (compute !== undefined) {
        return compute(this.duration(required(numbers[0])), this.duration(required(numbers[1])));
      }
    }
    // `[range()]` and the like depend on the query.
    return Number.NaN;
  }

  private text(node: SyntaxNode): string {
    return this.source.slice(node.from, node.to);
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== "LineComment") children.push(child);
  }
  return children;
}

function required(node: SyntaxNode | null | undefined): SyntaxNode {
  if (node == null) throw new Unreadable("is not complete");
  return node;
}

function unquoted(label: string): string {
  return /^["'`]/.test(label) ? stringOf(label) : label;
}
