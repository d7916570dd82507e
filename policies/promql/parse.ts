import { Matcher } from "../shared/matcher";
import type { SyntaxNode } from "@lezer/common";
import type { LRParser } from "@lezer/lr";
import { parseDuration } from "../shared/duration";
import { arithmetic } from "./constants";
import { Call, Expr, Matching, Selector, mapChildren } from "./expr";
import { InvalidExpression, checkTypes } from "./types";

export type Parsed = { expr: Expr; error?: undefined } | { error: string };

/**
 * Parses an expression and checks its types. An error is a predicate whose subject is the expression:
 * "does not parse at character 5".
 */
export function parsePromQL(text: string): Parsed {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = read(text);
  // Results are cached, because all rule policies parse the same expressions.
  if (parsed.size >= 20_000) parsed.clear();
  parsed.set(text, result);
  return result;
}

const parsed = new Map<string, Parsed>();

function read(text: string): Parsed {
  // The grammar is loaded on first use, because loading is slow and most stacks have no rules.
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const tree = parser.parse(text);
  let errorAt: number | undefined;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) errorAt ??= node.from;
    },
  });
  if (errorAt !== undefined) return { error: `does not parse at character ${errorAt + 1}` };
  const [root] = childrenOf(tree.topNode);
  if (root === undefined) return { error: "is empty" };
  try {
    const expr = new Reader(text).expr(root);
    checkTypes(expr);
    return { expr };
  } catch (error) {
    if (error instanceof InvalidExpression) return { error: error.message };
    throw error;
  }
}

/** Converts the syntax tree to plain data. */
class Reader {
  constructor(private readonly source: string) {}

  expr(node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const child = (index: number) => required(children.at(index));
    switch (node.name) {
      case "NumberDurationLiteral":
        return numberExpr(this.text(node));
      case "StringLiteral":
        return { kind: "string", value: stringOf(this.text(node)) };
      case "ParenExpr":
      case "AnchoredExpr":
      case "SmoothedExpr":
        return this.expr(child(0));
      case "UnaryExpr": {
        const expr = this.expr(child(1));
        return this.text(child(0)) === "-" ? { kind: "negate", expr } : expr;
      }
      case "VectorSelector":
        return this.selector(node);
      case "MatrixSelector":
        return { ...this.selector(child(0)), rangeSeconds: this.duration(child(1)) };
      case "SubqueryExpr": {
        const rangeSeconds = this.duration(child(1));
        return { kind: "subquery", expr: this.expr(child(0)), rangeSeconds, offsetSeconds: 0 };
      }
      case "OffsetExpr":
        return withModifier(this.expr(child(0)), { offsetSeconds: this.duration(child(-1)) });
      case "StepInvariantExpr":
        return withModifier(this.expr(child(0)), { isPinned: true });
      case "FunctionCall":
        return { kind: "call", name: this.text(child(0)), args: this.args(node) };
      case "AggregateExpr":
        return {
          kind: "call",
          name: this.text(child(0)).toLowerCase(),
          args: this.args(node),
          grouping: this.grouping(node.getChild("AggregateModifier")),
        };
      case "BinaryExpr":
        return this.binary(node, child(0), child(1), child(-1));
      default:
        throw new InvalidExpression(`has an unsupported part: ${node.name}`);
    }
  }

  private binary(node: SyntaxNode, first: SyntaxNode, symbol: SyntaxNode, last: SyntaxNode): Expr {
    const [left, right] = [this.expr(first), this.expr(last)];
    const operator = this.text(symbol).toLowerCase();
    const bool = node.getChild("BoolModifier") !== null;
    // The grammar parses `-2 ^ 2` as (-2) ^ 2, whereas Prometheus parses it as -(2 ^ 2).
    if (operator === "^" && left.kind === "number" && this.text(first).startsWith("-")) {
      const positive: Expr = { ...left, value: -left.value };
      return { kind: "negate", expr: { kind: "binary", operator, left: positive, right, bool } };
    }
    const matching = this.matching(node.getChild("MatchingModifierClause"));
    return { kind: "binary", operator, left, right, bool, ...(matching && { matching }) };
  }

  private matching(clause: SyntaxNode | null): Matching | undefined {
    const kind = clause?.getChild("On") ? "on" : "ignoring";
    if (clause === null) return undefined;
    const [labels] = clause.getChildren("GroupingLabels");
    const group = clause.getChild("GroupLeft")
      ? "left"
      : clause.getChild("GroupRight")
        ? "right"
        : undefined;
    return {
      kind,
      labels: childrenOf(labels).map((label) => this.label(label)),
      ...(group && { group }),
    };
  }

  private selector(node: SyntaxNode): Selector {
    const name = node.getChild("Identifier") ?? node.getChild("MetricIdentifier");
    let metric = name === null ? undefined : this.text(name);
    const matchers: Matcher[] = [];
    for (const child of childrenOf(node.getChild("LabelMatchers"))) {
      if (child.name === "QuotedLabelName") {
        metric = stringOf(this.text(child));
        continue;
      }
      const [label, operator, value] = childrenOf(child);
      const matcher: Matcher = {
        label: this.label(required(label)),
        operator: this.text(required(operator)) as Matcher["operator"],
        value: stringOf(this.text(required(value))),
      };
      if (matcher.label === "__name__" && matcher.operator === "=") metric = matcher.value;
      else matchers.push(matcher);
    }
    const named = metric === undefined ? {} : { metric };
    return { kind: "selector", ...named, matchers, offsetSeconds: 0 };
  }

  private grouping(modifier: SyntaxNode | null): Required<Call>["grouping"] {
    const labels = childrenOf(modifier?.getChild("GroupingLabels"));
    const isWithout = modifier?.getChild("Without") != null;
    return {
      kind: isWithout ? "without" : "by",
      labels: labels.map((label) => this.label(label)),
    };
  }

  private args(node: SyntaxNode): Expr[] {
    const args = childrenOf(node.getChild("FunctionCallBody"));
    return args.map((argument) => this.expr(argument));
  }

  /** Converts a duration to seconds. Evaluates arithmetic durations such as `[2*5m]`. */
  private duration(node: SyntaxNode): number {
    if (node.name === "NumberDurationLiteralInDurationContext") return numberOf(this.text(node));
    const children = childrenOf(node);
    const operands = children.filter(({ name }) => /Duration/.test(name));
    // Calls such as `[range()]` depend on the query, so their operands are NaN.
    const [left = Number.NaN, right = Number.NaN] = operands.map((each) => this.duration(each));
    if (children.length === 1) return left;
    const compute = children[1] && arithmetic[this.text(children[1])];
    return compute?.(left, right) ?? Number.NaN;
  }

  private label(node: SyntaxNode): string {
    const text = this.text(node);
    return /^["'`]/.test(text) ? stringOf(text) : text;
  }

  private text(node: SyntaxNode): string {
    return this.source.slice(node.from, node.to);
  }
}

function numberExpr(text: string): Expr {
  const isDuration = text !== "0" && parseDuration(text.replace(/^[+-]/, "")) !== undefined;
  return { kind: "number", value: numberOf(text), ...(isDuration && { duration: text }) };
}

/**
 * Applies `offset` or `@` to the last selector, as Prometheus does. The grammar attaches these modifiers
 * to the whole preceding expression.
 */
function withModifier(
  expr: Expr,
  modifier: Pick<Partial<Selector>, "offsetSeconds" | "isPinned">,
): Expr {
  if (expr.kind === "selector" || expr.kind === "subquery") return { ...expr, ...modifier };
  if (expr.kind === "binary") return { ...expr, right: withModifier(expr.right, modifier) };
  return expr.kind === "negate" ? mapChildren(expr, (part) => withModifier(part, modifier)) : expr;
}

function childrenOf(node: SyntaxNode | null | undefined): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild; child; child = child.nextSibling) {
    if (child.name !== "LineComment") children.push(child);
  }
  return children;
}

function required(node: SyntaxNode | undefined): SyntaxNode {
  if (node === undefined) throw new InvalidExpression("is not complete");
  return node;
}

/**
 * Parses a number in any PromQL notation: `0.05`, `1e3`, `0x1F`, `1_000`, `Inf`, or seconds for `5m`.
 */
function numberOf(literal: string): number {
  const sign = literal.startsWith("-") ? -1 : 1;
  const text = literal.replace(/^[+-]/, "").replaceAll("_", "").toLowerCase();
  if (text === "inf") return sign * Number.POSITIVE_INFINITY;
  if (text === "nan") return Number.NaN;
  if (/^0[0-7]+$/.test(text)) return sign * Number.parseInt(text, 8);
  const number = Number(text);
  if (!Number.isNaN(number)) return sign * number;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidExpression("has an invalid number");
  return sign * seconds;
}

/** Returns the value of a string literal. */
function stringOf(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  return inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return { n: "\n", t: "\t", r: "\r" }[escape] ?? escape;
  });
}
