import type { SyntaxNode } from "@lezer/common";
import type { LRParser } from "@lezer/lr";
import type { Expr, Selector } from "../../policies/promql/expr";
import { parsePromQL } from "../../policies/promql/parse";
import { parseDuration } from "../../policies/shared/duration";
import { type Matcher, matchesValue } from "../../policies/shared/matcher";
import { own } from "../../policies/shared/own";
import type { RecordingRule } from "./rules";

/** Thrown if a rule cannot be judged. The message is the reason. */
export class NotJudged extends Error {}

/** Which recording rules to replace with their definitions, and the settings that this depends on. */
export interface Inlining {
  /** Returns undefined for a series that the recorded data contains. */
  rulesOf: (metric: string) => RecordingRule[] | undefined;
  /** Default step of a subquery, which is Prometheus's evaluation interval. */
  defaultStepMs: number;
}

/** Prometheus's lookback: how long a query returns the last sample of a series. */
const LOOKBACK_MS = 300_000;

/**
 * Replaces recorded series with their definitions. Evaluated every `stepMs`, the expression then returns
 * the same result as if the series had been recorded. A series that is recorded less often than it is
 * read becomes a subquery at its rule's interval, which works because all evaluations and subquery steps
 * are at multiples of their interval. Throws NotJudged if a series cannot be replaced.
 */
export function inlineRecords(expr: string, stepMs: number, inlining: Inlining): string {
  return inlined(expr, stepMs, inlining, []);
}

function inlined(expr: string, stepMs: number, inlining: Inlining, open: string[]): string {
  parsedExpr(expr); // Throws for an expression that the parser below would only repair.
  const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };
  const edits: { from: number; to: number; text: string }[] = [];
  parser.parse(expr).iterate({
    enter: ({ node }) => {
      if (/^(AtStart|AtEnd|DurationStep|DurationRange)$/.test(node.name)) {
        throw new NotJudged("the expression depends on the range of the query");
      }
      if (node.name === "SubqueryExpr" && node.getChildren("DurationExpr").length === 1) {
        // The step must be explicit, because other Prometheus servers may have a different default.
        const from = node.to - 1;
        edits.push({ from, to: from, text: `${inlining.defaultStepMs}ms` });
      }
      if (node.name !== "VectorSelector") return;
      const selector = selectorOf(expr, node);
      const { metric = "" } = selector;
      if (/^ALERTS(_FOR_STATE)?$/.test(metric)) {
        throw new NotJudged(`it reads ${metric}, which depends on all other alerts`);
      }
      const rules = inlining.rulesOf(metric);
      if (rules === undefined) return;
      if (open.includes(metric)) {
        throw new NotJudged(`the data does not contain ${metric}, which is recorded from itself`);
      }
      if (/^(absent|absent_over_time)$/.test(callOf(expr, node))) {
        throw new NotJudged(`the data does not contain ${metric}, whose absence it detects`);
      }
      const [intervalMs = 0, ...others] = new Set(rules.map((rule) => rule.intervalMs));
      if (others.length > 0) throw new NotJudged(`${metric} is recorded at several intervals`);
      // Matchers on labels that the rule itself sets can be decided without evaluating the series.
      const { matchers } = selector;
      const selected = rules.filter((rule) =>
        matchers.every((each) => decided(rule, each) ?? true),
      );
      const definitions = selected.map((rule) =>
        matchers
          .filter((matcher) => decided(rule, matcher) === undefined)
          .reduce(
            matching,
            labeled(inlined(rule.expr, intervalMs, inlining, [...open, metric]), rule),
          ),
      );
      const series = definitions.length === 0 ? "vector(1) == 0" : definitions.join("\nor\n");
      edits.push(replacement(expr, node, series, intervalMs, stepAt(expr, node, stepMs, inlining)));
    },
  });
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: by }) => text.slice(0, from) + by + text.slice(to), expr);
}

export function parsedExpr(text: string): Expr {
  const parsed = parsePromQL(text);
  if (parsed.error !== undefined) throw new NotJudged(`the expression ${parsed.error}`);
  return parsed.expr;
}

function selectorOf(expr: string, node: SyntaxNode): Selector {
  const parsed = parsePromQL(expr.slice(node.from, node.to));
  if (parsed.error !== undefined) throw new NotJudged(`a selector ${parsed.error}`);
  return parsed.expr as Selector;
}

/** Returns the text that replaces a selector, including its range and the modifiers that follow it. */
function replacement(
  expr: string,
  node: SyntaxNode,
  series: string,
  intervalMs: number,
  stepMs: number,
) {
  const matrix = node.parent?.name === "MatrixSelector" ? node.parent : undefined;
  const end = (matrix ?? node).to;
  const to = endOfModifiers(node, end);
  const modifiers = expr.slice(end, to);
  const interval = `${intervalMs}ms`;
  const all = `(\n${series}\n)`;
  let text = all;
  if (matrix !== undefined) {
    text = `${all}[${textOf(expr, matrix.lastChild)}:${interval}]${modifiers}`;
  } else if (modifiers !== "" || stepMs % intervalMs !== 0) {
    const range = `${Math.min(intervalMs, LOOKBACK_MS)}ms`;
    text = `last_over_time(${all}[${range}:${interval}]${modifiers})`;
  }
  return { from: node.from, to, text };
}

/**
 * Returns the end of the modifiers. The grammar attaches `offset` and `@` to the whole preceding
 * expression rather than to the selector.
 */
function endOfModifiers(node: SyntaxNode, end: number): number {
  let to = end;
  for (let next = node.parent; next !== null; next = next.parent) {
    const isModifier = /^(OffsetExpr|StepInvariantExpr)$/.test(next.name);
    if (isModifier && next.firstChild?.to === to) to = next.to;
    else if (next.to > to) break;
  }
  return to;
}

/**
 * Returns the time between two evaluations of a part of an expression. An enclosing subquery changes it.
 */
function stepAt(expr: string, node: SyntaxNode, stepMs: number, { defaultStepMs }: Inlining) {
  for (let next = node.parent; next !== null; next = next.parent) {
    if (next.name !== "SubqueryExpr") continue;
    const [, step] = next.getChildren("DurationExpr");
    if (step === undefined) return defaultStepMs;
    // The step is only compared with the interval, so an unparsable step simply counts as different.
    return (parseDuration(textOf(expr, step)) ?? Number.NaN) * 1000;
  }
  return stepMs;
}

/** Returns the name of the function that receives a selector as an argument. */
function callOf(expr: string, node: SyntaxNode): string {
  let child = node;
  while (/^(MatrixSelector|OffsetExpr|StepInvariantExpr|ParenExpr)$/.test(child.parent?.name ?? ""))
    child = child.parent!;
  const call = child.parent?.name === "FunctionCallBody" ? child.parent.parent : null;
  return textOf(expr, call?.firstChild ?? null);
}

function textOf(expr: string, node: SyntaxNode | null): string {
  return node === null ? "" : expr.slice(node.from, node.to);
}

/** Adds a rule's labels to its definition. An empty value removes the label. */
function labeled(definition: string, { expr, labels }: RecordingRule): string {
  const parsed = parsePromQL(expr);
  const isScalar = parsed.error === undefined && isScalarExpr(parsed.expr);
  const vector = isScalar ? `vector(\n${definition}\n)` : `(\n${definition}\n)`;
  return Object.entries(labels).reduce(
    (text, [label, value]) =>
      `label_replace(${text}, ${quoted(label)}, ${quoted(value.replaceAll("$", "$$$$"))}, "", "")`,
    vector,
  );
}

function isScalarExpr(expr: Expr): boolean {
  if (expr.kind === "binary") return isScalarExpr(expr.left) && isScalarExpr(expr.right);
  if (expr.kind === "negate") return isScalarExpr(expr.expr);
  return expr.kind === "number" || (expr.kind === "call" && /^(time|pi|scalar)$/.test(expr.name));
}

/** Whether a matcher matches a rule's series; undefined if the rule does not set the label. */
function decided({ labels }: RecordingRule, matcher: Matcher): boolean | undefined {
  const value = own(labels, matcher.label);
  return value === undefined ? undefined : matchesValue(matcher, value);
}

/** Temporary label that marks the series that match. */
const MARK = "backtest_match";

/** Filters the series of any expression by a matcher. A selector could filter only stored series. */
function matching(series: string, { label, operator, value }: Matcher): string {
  const pattern = operator.endsWith("~") ? value : value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const marked = `label_replace((\n${series}\n), "${MARK}", "1", ${quoted(label)}, ${quoted(pattern)})`;
  const mark = `label_replace(vector(1), "${MARK}", "1", "", "")`;
  const set = operator.startsWith("!") ? "unless" : "and";
  return `label_replace(${marked} ${set} on (${MARK}) ${mark}, "${MARK}", "", "", "")`;
}

/** Formats a string literal. PromQL supports JSON's escape sequences. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
