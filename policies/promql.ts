import type { SyntaxNode } from "@lezer/common";
import type { LRParser } from "@lezer/lr";
import { parseDuration } from "./duration";

/** A PromQL expression as a tree of plain data; parentheses are gone. */
export type Expr =
  | { kind: "number"; value: number }
  | { kind: "string"; value: string }
  | Selector
  | { kind: "subquery"; expr: Expr; rangeSeconds: number; offsetSeconds: number }
  | { kind: "call"; name: string; args: Expr[] }
  | { kind: "aggregate"; operator: string; args: Expr[]; grouping?: Grouping }
  | Binary
  | { kind: "negate"; expr: Expr };

export interface Selector {
  kind: "selector";
  /** Undefined when the name is only given by a pattern; see `selects`. */
  metric?: string;
  matchers: Matcher[];
  /** Of a range selector such as `[5m]`. */
  rangeSeconds?: number;
  offsetSeconds: number;
}

export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

export interface Grouping {
  kind: "by" | "without";
  labels: string[];
}

export interface Binary {
  kind: "binary";
  operator: string;
  left: Expr;
  right: Expr;
  /** The comparison returns 0 or 1 instead of filtering. */
  bool: boolean;
}

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

export type Parsed = { expr: Expr; error?: undefined } | { error: string };

/** Reads an expression; an error names the place. The grammar is loaded with the first one. */
export function parsePromQL(text: string): Parsed {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = read(text);
  // Every policy on rules reads the same expressions again.
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

class Unreadable extends Error {}

/** Turns the syntax tree into plain data. */
class Reader {
  constructor(private readonly source: string) {}

  expr(node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const [first] = children;
    switch (node.name) {
      case "NumberDurationLiteral":
        return { kind: "number", value: numberOf(this.text(node)) };
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
        throw new Unreadable(`has a part that is not understood: ${node.name}`);
    }
  }

  private binary(node: SyntaxNode, children: SyntaxNode[]): Expr {
    const left = required(children[0]);
    const right = this.expr(required(children.at(-1)));
    const operator = this.text(required(children[1])).toLowerCase();
    const bool = node.getChild("BoolModifier") !== null;
    // The grammar reads `-2 ^ 2` as (-2) ^ 2, Prometheus as -(2 ^ 2).
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

  private offset(expr: Expr, seconds: number): Expr {
    return expr.kind === "selector" || expr.kind === "subquery"
      ? { ...expr, offsetSeconds: seconds }
      : expr;
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

  /** Seconds; an arithmetic duration such as `[2*5m]` is computed. */
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
    // Such as `[range()]`, which depends on the query.
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

/** A number as Prometheus reads it: `0.05`, `1e3`, `0x1F`, `1_000`, `Inf`, and durations in seconds. */
function numberOf(literal: string): number {
  const sign = literal.startsWith("-") ? -1 : 1;
  const text = literal.replace(/^[+-]/, "").replaceAll("_", "").toLowerCase();
  if (text === "inf") return sign * Number.POSITIVE_INFINITY;
  if (text === "nan") return Number.NaN;
  if (/^0[0-7]+$/.test(text)) return sign * Number.parseInt(text, 8);
  const number = Number(text);
  if (!Number.isNaN(number)) return sign * number;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new Unreadable("has a number that is none");
  return sign * seconds;
}

function stringOf(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  return inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return { n: "\n", t: "\t", r: "\r" }[escape] ?? escape;
  });
}

function unquoted(label: string): string {
  return /^["'`]/.test(label) ? stringOf(label) : label;
}

/** All selectors in an expression. */
export function selectorsOf(expr: Expr): Selector[] {
  return expr.kind === "selector" ? [expr] : partsOf(expr).flatMap(selectorsOf);
}

/** An expression and everything inside it. */
export function everyPart(expr: Expr): Expr[] {
  return [expr, ...partsOf(expr).flatMap(everyPart)];
}

function partsOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case "subquery":
    case "negate":
      return [expr.expr];
    case "call":
    case "aggregate":
      return expr.args;
    case "binary":
      return [expr.left, expr.right];
    default:
      return [];
  }
}

/** Whether a selector can return series of this metric. */
export function selects(selector: Selector, metric: string): boolean {
  if (selector.metric !== undefined) return selector.metric === metric;
  return (
    selector.matchers.some(({ label }) => label === "__name__") &&
    allows(selector, "__name__", metric)
  );
}

/** Whether the matchers of a selector let this value of a label through. */
export function allows(selector: Selector, label: string, value: string): boolean {
  return selector.matchers.every((matcher) => matcher.label !== label || matches(matcher, value));
}

function matches(matcher: Matcher, value: string): boolean {
  switch (matcher.operator) {
    case "=":
      return matcher.value === value;
    case "!=":
      return matcher.value !== value;
    case "=~":
      return anchored(matcher.value)?.test(value) ?? false;
    case "!~":
      return !(anchored(matcher.value)?.test(value) ?? true);
  }
}

function anchored(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, compiled(pattern));
  return patterns.get(pattern);
}

const patterns = new Map<string, RegExp | undefined>();

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, "s");
  } catch {
    return undefined;
  }
}

/** Replaces the series of recording rules by what they record. */
export function inlineRecords(expr: Expr, records: Map<string, Expr>, depth = 5): Expr {
  if (expr.kind === "selector") {
    const recorded = expr.metric === undefined ? undefined : records.get(expr.metric);
    if (recorded === undefined || depth === 0) return expr;
    return inlineRecords(narrowed(recorded, expr.matchers), records, depth - 1);
  }
  return mapParts(expr, (part) => inlineRecords(part, records, depth));
}

/** Narrows every selector by the matchers that its recorded series is selected with. */
function narrowed(expr: Expr, matchers: Matcher[]): Expr {
  if (expr.kind === "selector") return { ...expr, matchers: [...expr.matchers, ...matchers] };
  return mapParts(expr, (part) => narrowed(part, matchers));
}

function mapParts(expr: Expr, map: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "subquery":
    case "negate":
      return { ...expr, expr: map(expr.expr) };
    case "call":
    case "aggregate":
      return { ...expr, args: expr.args.map(map) };
    case "binary":
      return { ...expr, left: map(expr.left), right: map(expr.right) };
    default:
      return expr;
  }
}

const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
  atan2: (a, b) => Math.atan2(a, b),
};

/** Functions of one number; where there is an inverse, a threshold on the result is one on the argument. */
const pointwise: Record<string, { of: (x: number) => number; inverse?: (y: number) => number }> = {
  abs: { of: Math.abs, inverse: (y) => y },
  sqrt: { of: Math.sqrt, inverse: (y) => y ** 2 },
  exp: { of: Math.exp, inverse: Math.log },
  ln: { of: Math.log, inverse: Math.exp },
  log2: { of: Math.log2, inverse: (y) => 2 ** y },
  log10: { of: Math.log10, inverse: (y) => 10 ** y },
  deg: { of: (x) => (x * 180) / Math.PI, inverse: (y) => (y * Math.PI) / 180 },
  rad: { of: (x) => (x * Math.PI) / 180, inverse: (y) => (y * 180) / Math.PI },
  // Whole numbers: `floor(x) > 0.05` is `x >= 1`.
  floor: { of: Math.floor, inverse: (y) => Math.floor(y) + 1 },
  ceil: { of: Math.ceil, inverse: Math.floor },
  sgn: { of: Math.sign },
};

/** Functions and aggregations whose result is in the unit of what they are given. */
const transparent = new Set(
  "sum avg max min topk bottomk sort sort_desc sort_by_label sort_by_label_desc label_replace label_join scalar vector avg_over_time max_over_time min_over_time last_over_time first_over_time".split(
    " ",
  ),
);

function isTransparent(expr: Expr): expr is Extract<Expr, { kind: "call" | "aggregate" }> {
  return (
    (expr.kind === "call" && transparent.has(expr.name)) ||
    (expr.kind === "aggregate" && transparent.has(expr.operator))
  );
}

/** The argument that a transparent function passes on. */
function passedOn(expr: { args: Expr[] }): Expr | undefined {
  const value = expr.args.find(({ kind }) => kind !== "number" && kind !== "string");
  const inner = value ?? expr.args[0];
  return inner?.kind === "subquery" ? inner.expr : inner;
}

/** The number that an expression always is, or undefined when it depends on series or time. */
export function constantOf(expr: Expr): number | undefined {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "negate": {
      const inner = constantOf(expr.expr);
      return inner === undefined ? undefined : -inner;
    }
    case "binary": {
      const compute = arithmetic[expr.operator];
      if (compute === undefined) return undefined;
      const left = constantOf(expr.left);
      const right = constantOf(expr.right);
      return left === undefined || right === undefined ? undefined : compute(left, right);
    }
    case "call": {
      if (expr.name === "pi") return Math.PI;
      const args = expr.args.map(constantOf);
      const numbers = args.filter((argument) => argument !== undefined);
      const [first] = numbers;
      if (first === undefined || numbers.length !== args.length) return undefined;
      const bounds = boundsOf(expr.name, numbers.slice(1));
      if (bounds !== undefined) return Math.min(Math.max(first, bounds.low), bounds.high);
      if (expr.name === "round") return Math.round(first / (numbers[1] ?? 1)) * (numbers[1] ?? 1);
      return pointwise[expr.name]?.of(first) ?? (transparent.has(expr.name) ? first : undefined);
    }
    case "aggregate": {
      const inner = isTransparent(expr) ? passedOn(expr) : undefined;
      return inner === undefined ? undefined : constantOf(inner);
    }
    default:
      return undefined;
  }
}

function boundsOf(name: string, rest: number[]): { low: number; high: number } | undefined {
  const [first = Number.NaN, second = Number.NaN] = rest;
  if (name === "clamp") return { low: first, high: second };
  if (name === "clamp_min") return { low: first, high: Number.POSITIVE_INFINITY };
  if (name === "clamp_max") return { low: Number.NEGATIVE_INFINITY, high: first };
  return undefined;
}

const comparisonOperators = new Set<string>([">", ">=", "<", "<=", "==", "!="]);
const flipped: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<",
  ">=": "<=",
  "<": ">",
  "<=": ">=",
  "==": "==",
  "!=": "!=",
};
const negated: Record<ComparisonOperator, ComparisonOperator> = {
  ">": "<=",
  ">=": "<",
  "<": ">=",
  "<=": ">",
  "==": "!=",
  "!=": "==",
};

export function isComparison(expr: Expr): expr is Binary & { operator: ComparisonOperator } {
  return expr.kind === "binary" && comparisonOperators.has(expr.operator);
}

/**
 * Every comparison of an expression, wherever it stands, in one form: `product > number`. What is
 * only written differently comes out the same: `0.05 < x`, `100 * x > 5`, `errors > 0.05 * total`,
 * `1 - good / total > 0.05`, `x unless x < 0.05`.
 */
export function comparisonsOf(expr: Expr): Comparison[] {
  return collect(expr, { joined: false, negate: false });
}

interface Context {
  joined: boolean;
  /** Stands where its opposite decides: on the right of `unless`, or inside `absent`. */
  negate: boolean;
}

function collect(expr: Expr, context: Context): Comparison[] {
  if (expr.kind === "binary") {
    const joined = context.joined || expr.operator === "and" || expr.operator === "unless";
    const right = { joined, negate: context.negate !== (expr.operator === "unless") };
    const inside = [...collect(expr.left, { ...context, joined }), ...collect(expr.right, right)];
    if (!isComparison(expr)) return inside;
    const operator = context.negate ? negated[expr.operator] : expr.operator;
    return [...compared(operator, expr, context.joined), ...inside];
  }
  const absent = expr.kind === "call" && expr.name.startsWith("absent");
  const inner = { joined: context.joined, negate: context.negate !== absent };
  return partsOf(expr).flatMap((part) => collect(part, inner));
}

function compared(operator: ComparisonOperator, { left, right }: Binary, joined: boolean) {
  const onLeft = constantOf(left);
  const onRight = constantOf(right);
  let solved: Comparison[];
  if (onLeft !== undefined && onRight !== undefined) return [];
  if (onRight !== undefined) solved = solve(operator, left, onRight);
  else if (onLeft !== undefined) solved = solve(flipped[operator], right, onLeft);
  else solved = solve(operator, { kind: "binary", operator: "/", left, right, bool: false }, 1);
  return solved.map((comparison) => ({ ...comparison, joined }));
}

/** Moves constants from the expression to the threshold until a plain product is left. */
function solve(operator: ComparisonOperator, expr: Expr, threshold: number): Comparison[] {
  if (expr.kind === "negate") return solve(flipped[operator], expr.expr, -threshold);
  if (expr.kind === "call") {
    const moved = throughCall(operator, expr, threshold);
    if (moved !== undefined) return moved;
  }
  if (expr.kind === "binary") {
    const moved = throughBinary(operator, expr, threshold);
    if (moved !== undefined) return moved;
  }
  return solveProduct(operator, expr, threshold);
}

function throughCall(
  operator: ComparisonOperator,
  call: { name: string; args: Expr[] },
  threshold: number,
): Comparison[] | undefined {
  const [argument, ...rest] = call.args;
  if (argument === undefined) return undefined;
  const inverse = pointwise[call.name]?.inverse;
  if (inverse !== undefined) return solve(operator, argument, inverse(threshold));
  const numbers = rest.map((bound) => constantOf(bound) ?? Number.NaN);
  if (call.name === "round") {
    const step = numbers[0] ?? 1;
    return solve(operator, argument, (Math.floor(threshold / step) + 0.5) * step);
  }
  const bounds = boundsOf(call.name, numbers);
  if (bounds === undefined) return undefined;
  // Beyond a bound the comparison is always or never true, which no threshold on the value is.
  if (threshold >= bounds.high) return solve(operator, argument, Number.POSITIVE_INFINITY);
  if (threshold < bounds.low) return solve(operator, argument, Number.NEGATIVE_INFINITY);
  return solve(operator, argument, threshold);
}

function throughBinary(
  operator: ComparisonOperator,
  expr: Binary,
  threshold: number,
): Comparison[] | undefined {
  const { left, right } = expr;
  const onLeft = constantOf(left);
  const onRight = constantOf(right);
  switch (expr.operator) {
    case "or":
      return [...solve(operator, left, threshold), ...solve(operator, right, threshold)];
    case "and":
    case "unless":
      return solve(operator, left, threshold);
    case "+":
      if (onRight !== undefined) return solve(operator, left, threshold - onRight);
      if (onLeft !== undefined) return solve(operator, right, threshold - onLeft);
      return undefined;
    case "-":
      if (onRight !== undefined) return solve(operator, left, threshold + onRight);
      if (onLeft !== undefined) return solve(flipped[operator], right, onLeft - threshold);
      return threshold === 0 ? solve(operator, { ...expr, operator: "/" }, 1) : undefined;
    case "^":
      if (onRight !== undefined && onRight > 0 && threshold >= 0) {
        return solve(operator, left, threshold ** (1 / onRight));
      }
      return undefined;
    default:
      break;
  }
  if (!isComparison(expr)) return undefined;
  // With `bool` the value is 0 or 1; the comparison inside is collected by itself.
  if (expr.bool) return [];
  return solve(operator, onLeft === undefined ? left : right, threshold);
}

interface Product {
  coefficient: number;
  numerator: Expr[];
  denominator: Expr[];
}

function solveProduct(operator: ComparisonOperator, expr: Expr, threshold: number): Comparison[] {
  const product = productOf(expr);
  const { coefficient } = product;
  let { numerator, denominator } = product;
  let direction = operator;
  let bound = threshold / coefficient;
  if (coefficient < 0) direction = flipped[direction];
  if (numerator.length === 0) {
    // `k / x > c` is `x < k / c`, for positive values.
    [numerator, denominator] = [denominator, numerator];
    bound = coefficient / threshold;
    direction = flipped[direction];
  }
  const complement = complementOf(numerator, denominator);
  if (complement !== undefined) return solve(flipped[direction], complement, 1 - bound);
  const [only] = numerator;
  const further = numerator.length === 1 && denominator.length === 0 ? only : undefined;
  if (further !== undefined && further !== expr && canBeSolved(further)) {
    return solve(direction, further, bound);
  }
  return [{ operator: direction, threshold: bound, numerator, denominator, joined: false }];
}

function canBeSolved(expr: Expr): boolean {
  if (expr.kind === "call") return expr.name in pointwise || /^(clamp|round)/.test(expr.name);
  return expr.kind === "binary" || expr.kind === "negate";
}

/** For `(total - good) / total`, which is one minus `good / total`: the latter. */
function complementOf(numerator: Expr[], denominator: Expr[]): Expr | undefined {
  const [difference] = numerator;
  const [total] = denominator;
  if (numerator.length !== 1 || denominator.length !== 1) return undefined;
  if (difference?.kind !== "binary" || difference.operator !== "-" || total === undefined)
    return undefined;
  if (JSON.stringify(filtered(difference.left)) !== JSON.stringify(filtered(total)))
    return undefined;
  return { kind: "binary", operator: "/", left: difference.right, right: total, bool: false };
}

/** An expression without the comparison that only filters it, as in `total > 0`. */
function filtered(expr: Expr): Expr {
  if (!isComparison(expr) || expr.bool) return expr;
  return filtered(constantOf(expr.left) === undefined ? expr.left : expr.right);
}

function productOf(expr: Expr): Product {
  const constant = constantOf(expr);
  if (constant !== undefined) return { coefficient: constant, numerator: [], denominator: [] };
  const atom: Product = { coefficient: 1, numerator: [expr], denominator: [] };
  switch (expr.kind) {
    case "negate": {
      const inner = productOf(expr.expr);
      return { ...inner, coefficient: -inner.coefficient };
    }
    case "binary": {
      if (expr.operator === "*" || expr.operator === "/") {
        const left = productOf(expr.left);
        const right = productOf(expr.right);
        const divide = expr.operator === "/";
        return {
          coefficient: divide
            ? left.coefficient / right.coefficient
            : left.coefficient * right.coefficient,
          numerator: [...left.numerator, ...(divide ? right.denominator : right.numerator)],
          denominator: [...left.denominator, ...(divide ? right.numerator : right.denominator)],
        };
      }
      if (expr.operator === "and" || expr.operator === "unless") return productOf(expr.left);
      const value = filtered(expr);
      return value === expr ? atom : productOf(value);
    }
    case "call": {
      const [argument] = expr.args;
      // increase(x[5m]) is 300 times rate(x[5m]).
      if (expr.name === "increase" && argument?.kind === "selector" && argument.rangeSeconds) {
        return {
          ...atom,
          coefficient: argument.rangeSeconds,
          numerator: [{ ...expr, name: "rate" }],
        };
      }
      return isTransparent(expr) ? throughTransparent(expr) : atom;
    }
    case "aggregate":
      return isTransparent(expr) ? throughTransparent(expr) : atom;
    case "subquery":
      return productOf(expr.expr);
    default:
      return atom;
  }
}

/** A constant inside a sum or a maximum may stand before it; a ratio inside is a ratio outside. */
function throughTransparent(expr: Extract<Expr, { kind: "call" | "aggregate" }>): Product {
  const argument = passedOn(expr);
  if (argument === undefined) return { coefficient: 1, numerator: [expr], denominator: [] };
  const inner = productOf(argument);
  const [only] = inner.numerator;
  if (inner.denominator.length === 0 && inner.numerator.length === 1 && only !== undefined) {
    const args = expr.args.map((item) => (passedOn({ args: [item] }) === argument ? only : item));
    const rebuilt = only === argument ? expr : { ...expr, args };
    return { ...inner, numerator: [rebuilt] };
  }
  return inner;
}
