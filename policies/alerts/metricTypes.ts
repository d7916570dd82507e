import { ViolationFinding } from "../engine/policy";
import { numeral } from "../engine/violation";
import { stateLabels } from "../promql/stateLabels";
import { Comparison, isComparison, subjectOf } from "../promql/comparison";
import { constantOf, preservesUnit } from "../promql/constants";
import { Expr, Selector, callsOf, childrenOf, nodesOf, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { has, labelsOf } from "../promql/labels";
import { podMetrics } from "../shared/metricNames";
import { own } from "../shared/own";

/**
 * Checks that functions, thresholds and sums match the type and unit of their metrics. Ignores long
 * latencies if `alert-thresholds` limits them.
 */
export function checkMetricTypes(expr: Expr, isBounded: boolean): ViolationFinding[] {
  // Inside another expression, the comparison may just select objects by their current state.
  const isAlone = isComparison(expr) && nodesOf(expr).filter(isComparison).length === 1;
  return [
    ...checkFunctions(expr),
    ...comparisonsOf(expr).flatMap((comparison) => [
      ...checkBytes(comparison),
      ...checkTimes(comparison),
      ...checkLatencies(comparison, isBounded),
      ...checkFreeMemory(comparison),
      ...checkCores(comparison),
      ...(isAlone ? checkStates(comparison) : []),
    ]),
    ...checkTerms(expr),
    ...checkMissingLimits(expr),
  ];
}

/** Matches the gauges of common exporters. */
const gauge =
  /^(up|probe_success|kube_\w+(?<!_(?:total|bucket|count|sum))|node_(memory_\w+|filesystem_\w+|load\d+)|container_(memory_(?!fail)\w+|fs_usage_bytes|spec_\w+)|kubelet_volume_stats_\w+|go_(goroutines|threads)|process_(resident|virtual)_memory_bytes)$/;

/** Matches counters. Other values that end with `_total`, such as `connections_total`, may decrease. */
export const counter = /(requests|errors|fail\w+|restarts|bytes|seconds|messages|events)_total$/;

function checkFunctions(expr: Expr): ViolationFinding[] {
  const measured = (name: RegExp) =>
    callsOf(expr, name).flatMap(({ name, args: [argument] }) =>
      argument?.kind === "selector" ? [{ name, metric: argument.metric ?? "" }] : [],
    );
  return [
    ...measured(/^(rate|irate|increase)$/)
      .filter(({ metric }) => gauge.test(metric))
      .map(({ name, metric }) => ({
        problem: `${name} is for counters, but the metric is a gauge, so each decrease looks like a restart`,
        found: metric,
        bound: "deriv or delta of a gauge",
        fix: "write deriv(…[15m]) or delta(…[15m]), or compare the gauge itself",
      })),
    ...callsOf(expr, /^predict_linear$/).flatMap(({ args: [, horizon] }) => {
      const seconds = (horizon && constantOf(horizon)) ?? 0;
      if (seconds <= 0 || seconds >= 300) return [];
      return [
        {
          problem: "the prediction covers only the next few seconds, which leaves no time to react",
          found: numeral(seconds),
          bound: "a number of seconds: a day is 24 * 3600",
          fix: `write ${numeral(seconds)} * 3600`,
        },
      ];
    }),
    ...measured(/^(i?delta|deriv)$/)
      .filter(({ metric }) => counter.test(metric))
      .map(({ name, metric }) => ({
        problem: `${name} is for gauges, but the metric is a counter, so each restart looks like a decrease`,
        found: metric,
        bound: "increase or rate of a counter",
        fix: "write increase(…) or rate(…)",
      })),
  ];
}

/**
 * Reports alerts on free memory. Linux uses free memory for caches, so every healthy node has little of
 * it.
 */
function checkFreeMemory({ operator, numerator, denominator }: Comparison): ViolationFinding[] {
  const names = (factors: Expr[]) => factors.flatMap(selectorsOf).map(({ metric }) => metric);
  const isRatio = names(denominator).includes("node_memory_MemTotal_bytes");
  if (!isRatio || !operator.startsWith("<")) return [];
  if (names(numerator).join() !== "node_memory_MemFree_bytes") return [];
  return [
    {
      problem: "every healthy node has little free memory, because Linux uses it for caches",
      found: "node_memory_MemFree_bytes",
      bound: "the memory that is available to processes",
      fix: "write node_memory_MemAvailable_bytes",
    },
  ];
}

/**
 * Number of cores above which a threshold is probably a percentage, because no single pod uses that
 * many.
 */
const manyCores = 30;

/**
 * Reports CPU thresholds that look like percentages. A rate of CPU time is measured in cores, so 80 does
 * not mean 80% of a limit.
 */
function checkCores(comparison: Comparison): ViolationFinding[] {
  const { operator, threshold } = comparison;
  const subject = subjectOf(comparison);
  if (subject === undefined) return [];
  if (!operator.startsWith(">") || threshold < manyCores || threshold > 100) return [];
  const selectors = selectorsOf(subject);
  const isOfPods = callsOf(subject, /./).every(
    ({ grouping }) =>
      grouping === undefined || (grouping.kind === "by" && grouping.labels.includes("pod")),
  );
  const isRate = callsOf(subject, /^i?rate$/).length === 1 && isOfPods;
  const isCpu = selectors.every(({ metric }) => metric === "container_cpu_usage_seconds_total");
  if (!isRate || !isCpu) return [];
  return [
    {
      problem: "a number of cores is compared with a percentage",
      found: `${operator} ${numeral(threshold)}`,
      bound: "cores, or the ratio to the limit",
      fix: `divide by kube_pod_container_resource_limits{resource="cpu"}, and compare with ${numeral(threshold / 100)}`,
    },
  ];
}

/**
 * Checks that the expression selects a state. Without a selection, one state is always 1 and the others
 * are 0.
 */
function checkStates(comparison: Comparison): ViolationFinding[] {
  const { operator, threshold } = comparison;
  const subject = subjectOf(comparison);
  if (subject?.kind !== "selector") return [];
  const isAlways = threshold === 0 ? /^(==|>|<=)$/.test(operator) : /^(==|>=|<)$/.test(operator);
  if (!isAlways || (threshold !== 0 && threshold !== 1)) return [];
  const { label, isComplete } = own(stateLabels, subject.metric ?? "") ?? {};
  if (!isComplete || subject.matchers.some((matcher) => matcher.label === label)) return [];
  return [
    {
      problem: `each object has one series per ${label}, so the alert always fires`,
      found: subject.metric,
      bound: `a matcher for ${label}`,
      fix: `add ${label}="…" to the selector`,
    },
  ];
}

/** Whether a factor is a metric or a unit-preserving aggregation of it. */
function isMeasured(factor: Expr): boolean {
  return nodesOf(factor).every((node) => node.kind === "selector" || preservesUnit(node));
}

/** Number of bytes below which a memory or disk threshold was probably meant in another unit. */
const fewBytes = 100_000;

function checkBytes(comparison: Comparison): ViolationFinding[] {
  const { threshold } = comparison;
  const subject = subjectOf(comparison);
  if (subject === undefined || !isMeasured(subject)) return [];
  const isSpace = ({ metric = "" }: Selector) =>
    /_bytes$/.test(metric) && /memory|_mem_|heap|rss|filesystem|volume|disk|swap/.test(metric);
  const selectors = selectorsOf(subject);
  if (selectors.length === 0 || !selectors.every(isSpace)) return [];
  if (!(threshold >= 2 && threshold < fewBytes)) return [];
  return [
    {
      problem: "a size in bytes is compared with a threshold of a few bytes",
      found: numeral(threshold),
      bound: "a threshold in bytes: 500 MiB is 500 * 1024 ^ 2",
      fix: "write the threshold in bytes, or divide by the size for a ratio",
    },
  ];
}

/** Matches request latency metrics, which are in milliseconds or seconds. */
const requestLatency =
  /^(?!.*_(age|timestamp|uptime|expiry|timeout)_).*(^|_)(request|response|latency|http|grpc|rpc)s?_(\w+_)?seconds(_max)?$/;

/**
 * Reports latencies whose threshold has the wrong unit: milliseconds instead of seconds, or vice versa.
 */
function checkLatencies(
  { operator, numerator, denominator, threshold }: Comparison,
  isBounded: boolean,
): ViolationFinding[] {
  if (!operator.startsWith(">")) return [];
  const names = latenciesOf(numerator, denominator);
  const isTooSmall =
    threshold > 0 && threshold < 1 && names.some((name) => /_(milliseconds|millis|ms)$/.test(name));
  // Long-running requests have timeouts of several minutes.
  const isTooLarge =
    !isBounded &&
    threshold >= 250 &&
    threshold % 60 !== 0 &&
    names.some((name) => requestLatency.test(name));
  if (!isTooSmall && !isTooLarge) return [];
  const unit = isTooSmall ? "milliseconds" : "seconds";
  return [
    {
      problem: `a time in ${unit} is compared with ${isTooSmall ? "a fraction of a millisecond" : "a threshold in milliseconds"}`,
      found: `${operator} ${numeral(threshold)}`,
      bound: `a threshold in ${unit}`,
      fix: `${operator} ${numeral(isTooSmall ? threshold * 1000 : threshold / 1000)}`,
    },
  ];
}

/** Returns the metrics of a latency, its quantile or its mean, without the histogram suffix. */
function latenciesOf([time, ...others]: Expr[], divisors: Expr[]): string[] {
  if (time === undefined || others.length > 0 || divisors.length > 1) return [];
  const names = selectorsOf(time).map(({ metric = "" }) => metric);
  if (divisors.length > 0) {
    const counts = divisors.flatMap(selectorsOf).map(({ metric = "" }) => metric);
    const isMean = names.every((name) => counts.includes(name.replace(/_sum$/, "_count")));
    return isMean ? names.map((name) => name.replace(/_sum$/, "")) : [];
  }
  const isQuantile = time.kind === "call" && time.name === "histogram_quantile";
  return isQuantile || isMeasured(time) ? names.map((name) => name.replace(/_bucket$/, "")) : [];
}

/** Reports times that are compared with a threshold in another unit. */
function checkTimes(comparison: Comparison): ViolationFinding[] {
  const violation =
    expirationAsDuration(comparison) ??
    differenceInMilliseconds(comparison) ??
    differenceOfFewSeconds(comparison);
  return violation === undefined ? [] : [violation];
}

/** Reports an expiration timestamp that is compared with a remaining time. */
function expirationAsDuration(comparison: Comparison): ViolationFinding | undefined {
  const { operator, threshold } = comparison;
  const subject = subjectOf(comparison);
  if (subject === undefined || !isMeasured(subject)) return undefined;
  // Timestamps have been greater than one billion since 2001.
  if (!operator.startsWith("<") || threshold <= 0 || threshold >= 1e9) return undefined;
  const metric = selectorsOf(subject)
    .map(({ metric = "" }) => metric)
    .find((name) => /expiry$|expiration_timestamp|not_?after(_|$)/i.test(name));
  if (metric === undefined) return undefined;
  return {
    problem: "an expiration timestamp is compared with a duration, so the alert never fires",
    found: `${operator} ${numeral(threshold)}`,
    bound: "the remaining time",
    fix: `${metric} - time() ${operator} ${numeral(threshold)}`,
  };
}

/** Returns the two sides of a difference that is compared with a positive threshold. */
function differenceIn(comparison: Comparison): [left: Expr, right: Expr] | undefined {
  const subject = subjectOf(comparison);
  if (subject?.kind !== "binary" || subject.operator !== "-") return undefined;
  return comparison.threshold > 0 ? [subject.left, subject.right] : undefined;
}

function isNow(side: Expr): boolean {
  return side.kind === "call" && side.name === "time";
}

/** Reports a difference between the current time, in seconds, and a metric in milliseconds. */
function differenceInMilliseconds(comparison: Comparison): ViolationFinding | undefined {
  const sides = differenceIn(comparison) ?? [];
  if (!sides.some(isNow)) return undefined;
  const milliseconds = sides
    .filter(isMeasured)
    .flatMap(selectorsOf)
    .map(({ metric = "" }) => metric)
    .find((name) => /_(ms|millis|milliseconds)$/.test(name));
  if (milliseconds === undefined) return undefined;
  return {
    problem: "time() is in seconds, but the metric is in milliseconds",
    found: milliseconds,
    bound: "times in the same unit",
    fix: `write ${milliseconds} / 1000`,
  };
}

/** Reports a difference from the current time, in seconds, that is compared with days or hours. */
function differenceOfFewSeconds(comparison: Comparison): ViolationFinding | undefined {
  const { operator, threshold } = comparison;
  const [left, right] = differenceIn(comparison) ?? [];
  if (left === undefined || right === undefined) return undefined;
  const names = [left, right].flatMap(selectorsOf).map(({ metric = "" }) => metric);
  const untilExpiry =
    isNow(right) &&
    operator.startsWith("<") &&
    threshold < 3600 &&
    names.some((name) => /expir|not_?after/i.test(name));
  const sinceEvent =
    isNow(left) &&
    operator.startsWith(">") &&
    threshold < 60 &&
    names.some((name) => /timestamp|last_|_time(_seconds)?$|expir/.test(name));
  if (!untilExpiry && !sinceEvent) return undefined;
  return {
    problem: "a time in seconds is compared with a threshold of a few seconds",
    found: `${operator} ${numeral(threshold)}`,
    bound: "a threshold in seconds: a day is 86400",
    fix: `${operator} ${numeral(threshold)} * ${untilExpiry ? 86_400 : 3600}`,
  };
}

/**
 * Reports `total - free / total`, which subtracts a ratio from bytes because the parentheses are
 * missing.
 */
function checkTerms(expr: Expr): ViolationFinding[] {
  return nodesOf(expr)
    .filter((node) => node.kind === "binary" && /^[+-]$/.test(node.operator))
    .filter((node) => {
      const [left, right] = childrenOf(node).map(withoutScale);
      return left && right && (isDividedTerm(left, right) || isDividedTerm(right, left));
    })
    .map(() => ({
      problem:
        "a quantity is combined with a ratio of the same quantity, because parentheses are missing",
      bound: "terms in the same unit",
      fix: "write (a - b) / a, because division takes precedence over subtraction",
    }));
}

/** Returns the factor that an expression multiplies or divides by a constant. */
function withoutScale(expr: Expr): Expr {
  if (expr.kind !== "binary" || !/^[*/]$/.test(expr.operator)) return expr;
  if (constantOf(expr.right) !== undefined) return withoutScale(expr.left);
  return expr.operator === "*" && constantOf(expr.left) !== undefined
    ? withoutScale(expr.right)
    : expr;
}

/** Whether a quotient divides by the metric of a term that is not itself divided. */
function isDividedTerm(term: Expr, quotient: Expr): boolean {
  if (quotient.kind !== "binary" || quotient.operator !== "/") return false;
  if (nodesOf(term).some((node) => node.kind === "binary")) return false;
  const divisors = selectorsOf(quotient.right).map(({ metric }) => metric);
  return selectorsOf(term).some(({ metric }) => metric !== undefined && divisors.includes(metric));
}

/**
 * Reports quotients by a limit that is 0 for containers without a limit: the result is infinite and
 * exceeds every threshold. If containers are named, all of them may have a limit.
 */
function checkMissingLimits(expr: Expr): ViolationFinding[] {
  const isLimit = ({ metric = "" }: Selector) =>
    /^container_spec_memory(_swap)?_limit_bytes$/.test(metric);
  const isGuarded = nodesOf(expr)
    .filter(isComparison)
    .some(({ left, right }) => {
      const [side, constant] = constantOf(left) === undefined ? [left, right] : [right, left];
      const threshold = constantOf(constant);
      if (Math.abs(threshold ?? 0) === Number.POSITIVE_INFINITY) return true;
      return threshold !== undefined && selectorsOf(side).every(isLimit);
    });
  const selectors = selectorsOf(expr);
  const isNamed = selectors.some(
    ({ metric, matchers }) =>
      metric === podMetrics.resourceLimits ||
      matchers.some(
        ({ label, operator, value }) =>
          /^(container|pod|name|image)$/.test(label) &&
          /^=~?$/.test(operator) &&
          !/^(\.[+*])?$/.test(value),
      ),
  );
  if (isGuarded || isNamed) return [];
  return comparisonsOf(expr)
    .filter(({ operator, threshold }) => operator.startsWith(">") && threshold >= 0)
    .flatMap(({ denominator }) => denominator)
    .filter((divisor) => {
      const labels = labelsOf(divisor);
      const isOfPods =
        labels !== undefined && ["container", "pod", "name"].some((label) => has(labels, label));
      return isOfPods && selectorsOf(divisor).some(isLimit);
    })
    .map((divisor) => ({
      problem:
        "the ratio is infinite for containers without a limit, so the alert fires for each of them",
      found: selectorsOf(divisor)[0]?.metric,
      bound: "limits above 0: cAdvisor exports 0 for a container without a limit",
      fix: "divide by (… > 0)",
    }));
}
