import { Rule } from "../facts/rules";
import { isComparison } from "../promql/comparison";
import {
  Expr,
  Selector,
  allows,
  callsOf,
  childrenOf,
  nodesOf,
  selects,
  selectorsOf,
} from "../promql/expr";
import { podMetrics } from "../shared/metricNames";
import { SECONDS_PER_MINUTE } from "../shared/duration";
import { perObject } from "../shared/perObject";
import { Signal } from "./signals";

/**
 * Returns why an alert on a base signal misses outages despite a strict threshold; undefined if it does
 * not. Low-traffic guards and matchers that exclude series are not gaps.
 */
export function gapOf(
  signal: Signal,
  expr: Expr,
  rule: Rule,
  all: readonly Signal[],
): string | undefined {
  const severity = rule.labels["severity"];
  if (severity === "info" || severity === "none") return `has severity ${severity}`;
  if (callsOf(expr, timeOfDay).length > 0) return "depends on the time of day or on the date";
  if (excludesItself(expr) || all.some((other) => contradicts(other, signal))) {
    return "excludes its own condition, so it never fires";
  }
  if (signal.name === "crashLoop" && selectorsOf(expr).some(hasOneReason)) {
    return "requires a specific termination reason";
  }
  for (const { selector, calls, rangeSeconds } of pathsTo(expr, signal.selectors)) {
    if (selector.offsetSeconds !== 0 || selector.isPinned) return "reads samples from the past";
    const isMinimum = calls.some((name) => /^(min|quantile)_over_time$/.test(name));
    if (isMinimum && rangeSeconds > longestMinimum) return "fires only after a long outage";
    const isPeak = calls.includes("max_over_time");
    if (!isPeak && rangeSeconds > longestAverage) return "averages an outage over hours";
    const isRate = calls.some((name) => /^i?rate$/.test(name));
    if (signal.name === "crashLoop" && isRate && (signal.threshold ?? 0) > fastRestarts) {
      return "requires more restarts per second than the kubelet performs";
    }
    const isRecorded = selector.metric?.includes(":") === true;
    if (countsRequests.has(signal.name) && rangeSeconds === 0 && !isRecorded) {
      return "counts all requests since the service started";
    }
    const label = narrowingLabel(selector, calls);
    if (label !== undefined) return `reads only the series of one ${label}`;
  }
  return undefined;
}

function hasOneReason(selector: Selector): boolean {
  return selects(selector, podMetrics.lastTerminatedReason) && !allows(selector, "reason", "Error");
}

/** Signals whose counters start at zero when a process starts. */
const countsRequests = new Set<string>(["errorRatio", "p99Latency", "dynamodbThrottling"]);

/**
 * Maximum restarts per second of a container that fails immediately: five in the first five minutes.
 * Afterwards, the kubelet's back-off allows one restart every five minutes.
 */
const fastRestarts = 1 / 60;

const timeOfDay = /^(hour|minute|day_of_week|day_of_month|day_of_year|days_in_month|month|year)$/;
const longestMinimum = 15 * SECONDS_PER_MINUTE;
const longestAverage = 60 * SECONDS_PER_MINUTE;

/** Whether an `unless` removes exactly the series on its left. */
function excludesItself(expr: Expr): boolean {
  return nodesOf(expr).some((node) => {
    if (node.kind !== "binary" || node.operator !== "unless") return false;
    const right = selectorsOf(node.right);
    const isCondition = nodesOf(node.right).some(
      (part) => isComparison(part) || (part.kind === "call" && part.name.startsWith("absent")),
    );
    if (isCondition || right.length === 0) return false;
    const removed = right.map(identity);
    return alternativesOf(node.left).every((selectors) => {
      const left = new Set(selectors.map(identity));
      return removed.every((selector) => left.has(selector));
    });
  });
}

const identity = perObject((selector: Selector) => JSON.stringify(selector));

/** Returns the selectors of each operand of `or`, because each operand can return series on its own. */
function alternativesOf(expr: Expr): (readonly Selector[])[] {
  if (expr.kind === "binary") {
    const { operator, left, right } = expr;
    return operator === "or"
      ? [...alternativesOf(left), ...alternativesOf(right)]
      : alternativesOf(left).map((selectors) => [...selectors, ...selectorsOf(right)]);
  }
  const [operand, ...others] = childrenOf(expr).filter((child) => selectorsOf(child).length > 0);
  return operand === undefined || others.length > 0 ? [selectorsOf(expr)] : alternativesOf(operand);
}

/** Whether another condition on the same signal requires a value below the signal's threshold. */
function contradicts(other: Signal, { name, threshold, selectors }: Signal): boolean {
  return (
    other.name === name &&
    other.operator.startsWith("<") &&
    // If the thresholds are equal, the condition may apply to a subset of the series.
    (other.threshold ?? Infinity) < (threshold ?? -Infinity) &&
    other.selectors.map(identity).join() === selectors.map(identity).join()
  );
}

interface SelectorPath {
  selector: Selector;
  /** Names of the functions that enclose the selector. */
  calls: string[];
  /** Longest range of the selector and the subqueries that enclose it. */
  rangeSeconds: number;
}

function pathsTo(expr: Expr, selectors: Selector[]): SelectorPath[] {
  const walk = (node: Expr, calls: string[], range: number, isPast: boolean): SelectorPath[] => {
    if (node.kind === "selector") {
      if (!selectors.includes(node)) return [];
      const selector = isPast ? { ...node, isPinned: true } : node;
      return [{ selector, calls, rangeSeconds: Math.max(range, node.rangeSeconds ?? 0) }];
    }
    const inside = node.kind === "call" ? [...calls, node.name] : calls;
    const isSubquery = node.kind === "subquery";
    const longest = isSubquery ? Math.max(range, node.rangeSeconds) : range;
    const past = isPast || (isSubquery && (node.offsetSeconds !== 0 || node.isPinned === true));
    return childrenOf(node).flatMap((child) => walk(child, inside, longest, past));
  };
  return walk(expr, [], 0, false);
}

/** Labels of a request or a bucket. A single value does not cover all requests to a service. */
const requestLabel =
  /^(http_)?(path|route|handler|uri|url|endpoint|method|operation|verb|view|action|user_agent|version)$|^grpc_(method|service|type)$/;

function narrowingLabel({ matchers }: Selector, calls: string[]): string | undefined {
  const isQuantile = calls.includes("histogram_quantile");
  const narrowing = matchers.find(
    ({ label, operator, value }) =>
      /^=~?$/.test(operator) &&
      (requestLabel.test(label) || (isQuantile && label === "le")) &&
      !(operator === "=~" && /^\.[*+]$/.test(value)),
  );
  return narrowing?.label;
}
