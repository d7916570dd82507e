import { ViolationFinding } from "../engine/policy";
import { numeral } from "../engine/violation";
import { Comparison, isComparison, negated, subjectOf } from "../promql/comparison";
import { preservesUnit } from "../promql/constants";
import { Call, Expr, Selector, allows, nodesOf, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { SECONDS_PER_DAY } from "../shared/duration";
import { own } from "../shared/own";

/*
 * Finds conditions that hold while everything works, because the comparison is reversed. Such an alert
 * fires immediately and resolves during an outage.
 */

/** Checks each condition that can make the alert fire by itself. A nested condition may be a guard. */
export function checkHealthyStates(expr: Expr, severity: unknown): ViolationFinding[] {
  // A heartbeat fires intentionally, and an informational alert may report unused resources.
  if (severity === "none" || severity === "info") return [];
  return alternativesOf(expr)
    .flatMap((condition) => comparisonsOf(condition).slice(0, 1))
    .flatMap((comparison) => {
      const match =
        successOf(comparison) ?? shareOf(comparison) ?? ageOf(comparison) ?? timeLeftOf(comparison);
      return match === undefined ? [] : [match];
    });
}

/** Returns the comparisons that can each make the alert fire and that contain no other comparison. */
function alternativesOf(expr: Expr): Expr[] {
  if (expr.kind === "binary" && expr.operator === "or") {
    return [...alternativesOf(expr.left), ...alternativesOf(expr.right)];
  }
  return isComparison(expr) && nodesOf(expr).filter(isComparison).length === 1 ? [expr] : [];
}

/** Whether a factor is a metric, or an aggregation that returns one of its values or their average. */
function isValue(factor: Expr): boolean {
  return nodesOf(factor).every(
    (node) => node.kind === "selector" || (preservesUnit(node) && node.name !== "sum"),
  );
}

function inverted(comparison: Comparison, state: string): ViolationFinding {
  const { operator, threshold } = comparison;
  return {
    problem: `the condition holds ${state}, so the alert fires when there is no outage and resolves during one`,
    found: `${operator} ${numeral(threshold)}`,
    bound: "a condition that holds during an outage",
    fix: `write ${negated[operator]} ${numeral(threshold)}, with a threshold that indicates an outage`,
  };
}

/** Metrics that are 1 for success and 0 for failure. */
const success =
  /^(up|probe_success|(pg|mysql|redis|mongodb|rabbitmq|elasticsearch|nginx|haproxy|kafka)_up)$/;

/** Normal states of pods and nodes, with the label that contains the state. */
const usualStates: Record<string, [label: string, value: string, only?: [string, string]]> = {
  kube_pod_status_ready: ["condition", "true"],
  kube_node_status_condition: ["status", "true", ["condition", "Ready"]],
  kube_pod_status_phase: ["phase", "Running"],
};

function isSuccess(selector: Selector): boolean {
  const { metric = "" } = selector;
  if (success.test(metric)) return true;
  const state = own(usualStates, metric);
  if (state === undefined) return false;
  const [label, value, only] = state;
  const isExactly = (name: string, expected: string) =>
    selector.matchers.some((each) => each.label === name && each.operator === "=") &&
    allows(selector, name, expected);
  return isExactly(label, value) && (only === undefined || isExactly(...only));
}

function successOf(comparison: Comparison): ViolationFinding | undefined {
  const { operator, threshold } = comparison;
  const subject = subjectOf(comparison);
  if (subject === undefined || !isValue(subject)) return undefined;
  const selectors = selectorsOf(subject);
  if (selectors.length === 0 || !selectors.every(isSuccess)) return undefined;
  const holdsForSuccess =
    (operator === "==" && threshold === 1) ||
    (operator === "!=" && threshold === 0) ||
    (operator === ">" && threshold >= 0 && threshold < 1) ||
    (operator === ">=" && threshold > 0 && threshold <= 1);
  return holdsForSuccess ? inverted(comparison, "for every success") : undefined;
}

/** Metrics of free space, with the corresponding metrics of total space. */
const shares: [part: RegExp, whole: RegExp][] = [
  [/^node_filesystem_(avail|free)_bytes$/, /^node_filesystem_size_bytes$/],
  [/^node_filesystem_files_free$/, /^node_filesystem_files$/],
  [/^node_memory_MemAvailable_bytes$/, /^node_memory_MemTotal_bytes$/],
  [/^kubelet_volume_stats_available_bytes$/, /^kubelet_volume_stats_capacity_bytes$/],
  [/^kubelet_volume_stats_inodes_free$/, /^kubelet_volume_stats_inodes$/],
];
/** Fraction of free space above which an alert makes no sense. */
const mostlyFree = 0.7;

/** Reports a comparison of the free fraction with a threshold that was meant for the used fraction. */
function shareOf(comparison: Comparison): ViolationFinding | undefined {
  const { operator, threshold, numerator, denominator } = comparison;
  const [part, ...parts] = numerator.flatMap(selectorsOf).map(({ metric = "" }) => metric);
  const [whole, ...wholes] = denominator.flatMap(selectorsOf).map(({ metric = "" }) => metric);
  if (part === undefined || whole === undefined || parts.length + wholes.length > 0) {
    return undefined;
  }
  if (!shares.some(([left, all]) => left.test(part) && all.test(whole))) return undefined;
  // A threshold above 1 is a unit mistake, not a reversed comparison.
  const isUpper = operator.startsWith(">") && threshold >= 0.5 && threshold <= 1;
  const isMostly = operator.startsWith("<") && threshold >= mostlyFree && threshold <= 1;
  if (!isUpper && !isMostly) return undefined;
  return {
    problem:
      "the condition holds while most of the space is free, because the threshold is meant for used space",
    found: `${operator} ${numeral(threshold)} for the free fraction`,
    bound: "a small free fraction",
    fix: `compare the free fraction with < ${numeral(Math.min(0.1, 1 - threshold) || 0.1)}`,
  };
}

/** Returns the metric of a difference if its other side is the current time. */
function differenceOf(subject: Expr | undefined): { metric: string; isAge: boolean } | undefined {
  if (subject?.kind !== "binary" || subject.operator !== "-") return undefined;
  const { left, right } = subject;
  const isNow = (side: Expr): boolean =>
    (side.kind === "call" && side.name === "time") ||
    (side.kind === "selector" && side.metric === "node_time_seconds");
  const isAge = isNow(left);
  if (!isAge && !isNow(right)) return undefined;
  const [selector, ...others] = selectorsOf(isAge ? right : left);
  const isPlain = nodesOf(isAge ? right : left).every(
    (node) => node.kind === "selector" || isAggregation(node),
  );
  if (selector?.metric === undefined || others.length > 0 || !isPlain) return undefined;
  return { metric: selector.metric, isAge };
}

function isAggregation(node: Expr): node is Call {
  return node.kind === "call" && /^(max|min|avg|last)/.test(node.name);
}

/**
 * Reports an inverted comparison of an age, such as a process's uptime or the time since the last
 * success.
 */
function ageOf(comparison: Comparison): ViolationFinding | undefined {
  const { operator, threshold } = comparison;
  const { metric = "", isAge } = differenceOf(subjectOf(comparison)) ?? {};
  if (isAge !== true || threshold <= 0) return undefined;
  const isStart = /(^|_)(start|boot)_time_seconds$/.test(metric);
  if (isStart && operator.startsWith(">") && threshold <= SECONDS_PER_DAY) {
    return inverted(comparison, "for every process that does not restart");
  }
  const isOfSuccess = /last_(\w+_)?(success\w*|complet\w+|backup\w*)(_|$)/.test(metric);
  return isOfSuccess && operator.startsWith("<")
    ? inverted(comparison, "after every success")
    : undefined;
}

/**
 * Reports an inverted comparison of the time until something expires. That time is long while everything
 * is valid.
 */
function timeLeftOf(comparison: Comparison): ViolationFinding | undefined {
  const { metric = "", isAge } = differenceOf(subjectOf(comparison)) ?? {};
  const isExpiry = /expiry$|expiration_timestamp|not_?after(_|$)/i.test(metric);
  return isExpiry && isAge === false && comparison.operator.startsWith(">")
    ? inverted(comparison, "while a certificate is valid for a long time")
    : undefined;
}
