import { judgeExpressions } from "./eachRule";
import { Resource } from "../facts/resource";
import { Rule, canContainRules } from "../facts/rules";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Comparison, isComparison } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Expr, Selector, nodesOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { selectorsOf } from "../promql/selectors";
import { Violation, numeral } from "../engine/violation";

export const promqlUnits: ResourcePolicy<unknown> = {
  scope: "resource",
  name: "promql-units",
  description: "Thresholds and quantiles are in the unit of what they are compared with.",
  why: "`ratio > 5` was meant as percent and never fires; `> 500m` was meant as half a second and is 500 minutes; a burn rate of 14.4 times a budget of 10 % is more than everything; a quantile over buckets that lost `le` is nothing at all.",
  remediation:
    "write ratios from 0 to 1, durations in seconds, quantiles from 0 to 1, and keep `le` in sum by (le)",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {},
  appliesTo: canContainRules,
  judge,
};

function judge(resource: Resource): Verdict {
  return judgeExpressions(resource, (expr, rule) =>
    [...comparedRatios(expr), ...durations(expr), ...quantiles(expr)].map((finding) =>
      at(rule, finding),
    ),
  );
}

type Finding = Omit<Violation, "where">;

function at({ where }: Rule, finding: Finding): Violation {
  return { where, ...finding };
}

function comparedRatios(expr: Expr): Finding[] {
  return comparisonsOf(expr)
    .filter((comparison) => isShare(comparison) && (isNever(comparison) || isAlways(comparison)))
    .map((comparison) => ({
      problem: isNever(comparison)
        ? "a ratio is compared with more than it can be, so the alert never fires"
        : "a ratio is compared with more than it can be, so the comparison decides nothing",
      found: `${comparison.operator} ${numeral(comparison.threshold)}`,
      bound: "a ratio is at most 1; 5 % is 0.05; burn factor times error budget stays below 1",
      fix: fixOf(comparison),
    }));
}

function isNever({ operator, threshold }: Comparison): boolean {
  if (operator === ">") return threshold >= 1;
  if (operator === ">=") return threshold > 1;
  if (operator === "<") return threshold <= 0;
  if (operator === "<=") return threshold < 0;
  return operator === "==" && (threshold > 1 || threshold < 0);
}

function isAlways({ operator, threshold }: Comparison): boolean {
  if (operator === "<") return threshold > 1;
  if (operator === "<=") return threshold >= 1;
  if (operator === ">") return threshold < 0;
  if (operator === ">=") return threshold <= 0;
  return operator === "!=" && (threshold > 1 || threshold < 0);
}

function fixOf({ operator, threshold }: Comparison): string {
  return threshold > 1 && threshold <= 100
    ? `${operator} ${numeral(threshold / 100)} instead`
    : "a number between 0 and 1 instead";
}

/** Whether what is compared is a part of a whole, and so at most 1. */
function isShare({ numerator, denominator }: Comparison): boolean {
  const parts = numerator.flatMap(selectorsOf);
  const wholes = denominator.flatMap(selectorsOf);
  if (wholes.length === 0) return parts.length > 0 && parts.every(isRatio);
  if (parts.length === 0) return false;
  return parts.every((part) => wholes.some((whole) => isPartOf(part, whole)));
}

function isRatio({ metric = "" }: Selector): boolean {
  return /(^|[:_])ratio([:_]|$)/.test(metric) && !/limit|request/.test(metric);
}

/** The same series, narrowed further; or a bucket of the histogram whose count is the whole. */
function isPartOf(part: Selector, whole: Selector): boolean {
  if (part.offsetSeconds !== whole.offsetSeconds || part.metric === undefined) return false;
  const inside = (matcher: object): boolean =>
    part.matchers.some((other) => JSON.stringify(other) === JSON.stringify(matcher));
  if (!whole.matchers.every(inside)) return false;
  if (part.metric === whole.metric) return part.matchers.length > whole.matchers.length;
  return part.metric.replace(/_bucket$/, "_count") === whole.metric;
}

function durations(expr: Expr): Finding[] {
  return nodesOf(expr)
    .filter(isComparison)
    .flatMap(({ left, right }) =>
      [left, right]
        .flatMap((side) => writtenDurations(side))
        .map((text) => ({ text, left, right })),
    )
    .filter(({ text, left, right }) => looksLikeMilli(text) || !(isTime(left) || isTime(right)))
    .map(({ text }) => ({
      problem: "a threshold is written as a duration, which is a number of seconds",
      found: text,
      bound: "durations only for time, and never m for thousandths",
      fix: milli(text),
    }));
}

/** Literals such as `500m` that take part in the arithmetic of a comparison. */
function writtenDurations(expr: Expr): string[] {
  if (expr.kind === "number") return expr.duration === undefined ? [] : [expr.duration];
  if (expr.kind === "negate") return writtenDurations(expr.expr);
  if (expr.kind === "binary" && !isComparison(expr)) {
    return [...writtenDurations(expr.left), ...writtenDurations(expr.right)];
  }
  if (expr.kind === "call" && ["scalar", "vector", "abs"].includes(expr.name)) {
    return expr.args.flatMap(writtenDurations);
  }
  return [];
}

/** Nobody writes 500 minutes. */
function looksLikeMilli(text: string): boolean {
  return Number(/^[+-]?(\d+)m$/.exec(text)?.[1] ?? 0) >= 100;
}

function milli(text: string): string {
  const count = /^[+-]?(\d+)m$/.exec(text)?.[1];
  return count === undefined
    ? "write the number in the unit of the metric"
    : `write ${numeral(Number(count) / 1000)} for thousandths, or ${numeral(Number(count) * 60)} for minutes`;
}

function isTime(expr: Expr): boolean {
  return nodesOf(expr).some(
    (part) =>
      (part.kind === "call" && ["time", "timestamp"].includes(part.name)) ||
      (part.kind === "selector" &&
        /seconds|timestamp|uptime|(^|_)(age|time)(_|$)/.test(part.metric ?? "")),
  );
}

function quantiles(expr: Expr): Finding[] {
  return nodesOf(expr).flatMap((part) => {
    const level = levelOf(part);
    if (level === undefined) return [];
    const quantile = constantOf(level);
    const found: Finding[] = [];
    if (quantile !== undefined && !(quantile >= 0 && quantile <= 1)) {
      found.push({
        problem: "a quantile is outside 0 to 1, so the result is infinite",
        found: numeral(quantile),
        bound: "0 to 1",
        fix: `${numeral(quantile > 1 && quantile <= 100 ? quantile / 100 : 0.99)} instead`,
      });
    }
    if (
      part.kind === "call" &&
      part.name === "histogram_quantile" &&
      losesBoundaries(part.args[1])
    ) {
      found.push({
        problem: "a quantile is taken of buckets that are summed without their boundaries",
        bound: "`le` is kept up to histogram_quantile",
        fix: "add le to sum by (…), or take it out of without (…)",
      });
    }
    return found;
  });
}

function levelOf(part: Expr): Expr | undefined {
  if (part.kind === "call" && /^(histogram_quantile|quantile_over_time)$/.test(part.name)) {
    return part.args[0];
  }
  return part.kind === "aggregate" && part.operator === "quantile" ? part.args[0] : undefined;
}

/** Whether classic buckets are aggregated so that `le` is gone; native histograms have none. */
function losesBoundaries(histogram: Expr | undefined): boolean {
  if (histogram === undefined) return false;
  const classic = selectorsOf(histogram).some(({ metric = "" }) => /_bucket(:|$)/.test(metric));
  return (
    classic &&
    nodesOf(histogram).some((part) => {
      if (part.kind !== "aggregate" || /^(top|bottom|limit)/.test(part.operator)) return false;
      if (part.grouping === undefined) return true;
      return part.grouping.labels.includes("le") !== (part.grouping.kind === "by");
    })
  );
}
