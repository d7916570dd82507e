import { checkExpressions, withRecordsOfStack } from "./checkRules";
import { checkBurnRates } from "./burnRates";
import { checkMetricTypes, counter } from "./metricTypes";
import { checkPercentTexts, checkPercentages } from "./percentages";
import { signalsOf } from "./signals";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { numeral } from "../engine/violation";
import { metricVocabulary } from "../facts/metricVocabulary";
import { Resource } from "../facts/resource";
import { Rule, canContainRules } from "../facts/rules";
import { Comparison, isComparison, negated, neverHolds, subjectOf } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Expr, Selector, callsOf, childrenOf, nodesOf, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { histogramFunctions, losesBoundaries, readsClassic } from "../promql/nativeHistograms";
import { parsePromQL } from "../promql/parse";
import { Records, recordedRange } from "../promql/records";
import { podMetrics } from "../shared/metricNames";

export const promqlUnits = resourcePolicy({
  name: "promql-units",
  description: "Thresholds and quantiles use the unit of the value they are compared with.",
  why: "`ratio > 5`, meant as a percentage, never fires; `> 500m`, meant as half a second, is 500 minutes; a burn rate of 14.4 times a budget of 10% is more than 100%; a quantile over buckets without `le` is empty; an alert on the value of a counter never resolves; the rate of a gauge is meaningless.",
  remediation:
    "write ratios from 0 to 1, durations in seconds, quantiles from 0 to 1, and keep `le` in sum by (le)",
  severity: "high",
  appliesTo: canContainRules,
  check,
  siblings: withRecordsOfStack(check),
});

function check(resource: Resource, _: object, records?: Records) {
  const vocabulary = metricVocabulary([resource]);
  return checkExpressions(
    resource,
    (expr, rule) => [
      ...(rule.alert === undefined ? checkRecordedRange(rule) : checkCounters(expr)),
      ...checkPercentTexts(expr, rule.annotations),
      ...checkRestarts(expr),
      ...checkRatios(expr),
      ...checkPercentages(expr),
      ...checkDurations(expr),
      ...checkQuantiles(expr),
      ...checkHistogramFunctions(expr),
      ...checkHistogramNumbers(expr, [...vocabulary.httpDuration, ...vocabulary.grpcDuration]),
      ...checkRatesOfSums(expr),
      ...checkSelfDivision(expr),
      ...checkBurnRates(expr),
      ...checkMetricTypes(
        expr,
        signalsOf(expr, vocabulary).some(({ name }) => name === "p99Latency"),
      ),
    ],
    records,
  );
}

/**
 * Reports alerts on a counter's value. A counter only increases, so the alert fires until the process
 * restarts.
 */
function checkCounters(expr: Expr): ViolationFinding[] {
  return comparisonsOf(expr)
    .filter((comparison) => {
      const { operator, threshold, joined } = comparison;
      const subject = subjectOf(comparison);
      if (subject === undefined) return false;
      const calls = callsOf(subject, /./);
      const isPlain = nodesOf(subject).every(({ kind }) => kind === "selector" || kind === "call");
      const isWrapped = calls.some(({ name }) => /^(max|min|avg|last)_over_time$/.test(name));
      const isAggregated = calls.every(
        ({ name, grouping }) => grouping ?? name.endsWith("_over_time"),
      );
      const selectors = selectorsOf(subject);
      if (!isPlain || !isAggregated || selectors.length === 0) return false;
      if (operator.startsWith("<")) {
        return (
          threshold > 0 && selectors.every(({ metric }) => metric === "node_cpu_seconds_total")
        );
      }
      if (!operator.startsWith(">")) return false;
      if (!isWrapped && selectors.every(isCounter)) return threshold > 0;
      // In combination with another condition, the comparison may be a guard.
      const isOther = selectors.every(({ metric = "" }) => otherCounters.test(metric));
      return (
        !joined &&
        threshold >= 0 &&
        (isOther || (isWrapped && selectors.every(({ metric = "" }) => counter.test(metric))))
      );
    })
    .map(({ numerator }) => ({
      problem: "the alert compares the raw value of a counter, which only increases",
      found: numerator.flatMap(selectorsOf)[0]?.metric,
      bound: "the increase or the rate of a counter",
      fix: "compare increase(…[15m]) or rate(…[5m]) with the threshold",
    }));
}

/**
 * Reports implausible restart rates. The shortest back-off is ten seconds, so a container restarts at
 * most six times a minute. A sum may cover any number of containers, but one restart per second would
 * require hundreds of them.
 */
function checkRestarts(expr: Expr): ViolationFinding[] {
  return comparisonsOf(expr)
    .filter((comparison) => {
      const { operator, threshold } = comparison;
      const subject = subjectOf(comparison);
      if (subject === undefined) return false;
      const selectors = selectorsOf(subject);
      const isRate =
        selectors.length > 0 &&
        selectors.every(({ metric }) => metric === podMetrics.restarts) &&
        callsOf(subject, /^i?rate$/).length > 0 &&
        nodesOf(subject).every(({ kind }) => kind === "selector" || kind === "call");
      const isOfPods = callsOf(subject, /^(sum|count)$/).every(
        ({ grouping }) => grouping?.kind === "by" && grouping.labels.includes("pod"),
      );
      return isRate && /^(>|==)/.test(operator) && threshold >= (isOfPods ? 0.1 : 1);
    })
    .map(({ operator, threshold }) => ({
      problem: "the rate of restarts is per second, and no container restarts that often",
      found: `${operator} ${numeral(threshold)} per second`,
      bound: "the number of restarts in a time window",
      fix: "compare increase(…[15m]) with the number of restarts",
    }));
}

/** Matches counters of common exporters whose names do not end with `_total`, and histogram counts. */
const otherCounters =
  /^(?:node_vmstat_(?:oom_kill|pg\w*fault)|nginx_ingress_controller_requests|\w+_seconds_count)$/;

function isCounter({ metric = "" }: Selector): boolean {
  return /_total$/.test(metric) && !/(^|_)(max|limit|mem|capacity|size|quota)_/.test(metric);
}

/**
 * Checks that the range in a recorded series' name matches the expression, because readers rely on the
 * name.
 */
function checkRecordedRange({ record, expr }: Rule): ViolationFinding[] {
  const named = recordedRange(record ?? "");
  // An expression that reads recorded series does not show their ranges.
  const parsed = parsePromQL(expr);
  const nodes = parsed.error === undefined ? nodesOf(parsed.expr) : [];
  const ranges = nodes.flatMap((node) =>
    node.kind === "selector" || node.kind === "subquery" ? (node.rangeSeconds ?? []) : [],
  );
  const recorded = nodes.map((node) =>
    node.kind === "selector" ? recordedRange(node.metric ?? "") : undefined,
  );
  if (named === undefined || ranges.length === 0) return [];
  if ([...ranges, ...recorded].includes(named)) return [];
  const [range = 0] = ranges;
  return [
    {
      problem:
        "the range in the name of the recorded series differs from the range in its expression",
      found: `${record} over ${numeral(range)} s`,
      bound: `${numeral(named)} s`,
      fix: "correct the range, or rename the series",
    },
  ];
}

function checkRatios(expr: Expr): ViolationFinding[] {
  return comparisonsOf(expr)
    .filter((comparison) => isRatio(comparison) && (isNever(comparison) || isAlways(comparison)))
    .map((comparison) => ({
      problem: `a ratio is compared with a value that it cannot reach, so ${isNever(comparison) ? "the alert never fires" : "the comparison has no effect"}`,
      found: `${comparison.operator} ${numeral(comparison.threshold)}`,
      bound: "a ratio is at most 1: 5% is 0.05, and a burn rate times the error budget is below 1",
      fix: fixOf(comparison),
    }));
}

function isNever(comparison: Comparison): boolean {
  return neverHolds(comparison, 0, 1);
}

function isAlways({ operator, ...comparison }: Comparison): boolean {
  return isNever({ ...comparison, operator: negated[operator] });
}

function fixOf({ operator, threshold }: Comparison): string {
  return threshold > 1 && threshold <= 100
    ? `${operator} ${numeral(threshold / 100)} instead`
    : "a number between 0 and 1 instead";
}

/** Whether the compared value is a fraction of a whole, and therefore at most 1. */
function isRatio({ numerator, denominator, threshold }: Comparison): boolean {
  // The largest part may exceed the average.
  const isWhole = (factor: Expr) =>
    callsOf(factor, /^(avg|max|quantile|stddev|stdvar|predict_linear|deriv)/).length === 0;
  if (denominator.length > 0 && ![...numerator, ...denominator].every(isWhole)) return false;
  const parts = numerator.flatMap(selectorsOf);
  const wholes = denominator.flatMap(selectorsOf);
  if (wholes.length === 0) {
    const [factor, ...others] = numerator;
    const isState = factor !== undefined && others.length === 0 && isZeroOrOne(factor);
    // `up >= 0` and `up <= 1` intentionally select all series.
    if (isState) return threshold > 1;
    return parts.length > 0 && parts.every(isRecordedRatio);
  }
  if (parts.length === 0) return false;
  if (isCountedPart(numerator, denominator)) return true;
  // During a rollout, a workload may have a few more replicas than desired.
  if (parts.every((part) => wholes.every((whole) => areReplicas(part, whole))))
    return threshold > 1;
  return parts.every((part) => wholes.some((whole) => isPartOf(part, whole)));
}

/**
 * Whether both sides count the same selector's series, and the left side filters them by a condition.
 */
function isCountedPart([part, ...parts]: Expr[], [whole, ...wholes]: Expr[]): boolean {
  if (part?.kind !== "call" || whole?.kind !== "call" || parts.length + wholes.length > 0)
    return false;
  const [filtered, all] = [part.args[0], whole.args[0]];
  return (
    part.name === "count" &&
    whole.name === "count" &&
    filtered !== undefined &&
    isComparison(filtered) &&
    !filtered.bool &&
    JSON.stringify(filtered.left) === JSON.stringify(all)
  );
}

/** Whether one metric counts a workload's replicas and the other its desired replicas. */
function areReplicas({ metric: part = "" }: Selector, { metric: whole = "" }: Selector): boolean {
  const [, kind] =
    /^kube_([a-z]+)_(?:spec_(?:max_)?replicas|replicas|status_desired_number_scheduled)$/.exec(
      whole,
    ) ?? [];
  return kind !== undefined && part.startsWith(`kube_${kind}_status_`);
}

/** Whether the values are 0 for failure and 1 for success, or averages of such values. */
function isZeroOrOne(factor: Expr): boolean {
  return nodesOf(factor).every(
    (node) =>
      (node.kind === "selector" &&
        /^(up|probe_success|(pg|mysql|redis)_up)$/.test(node.metric ?? "")) ||
      (node.kind === "call" && /^(avg|max|min|last)(_over_time)?$/.test(node.name)),
  );
}

/**
 * Whether a recorded ratio's name refers to a fraction of a whole, unlike fragmentation or load per CPU.
 */
function isRecordedRatio({ metric = "" }: Selector): boolean {
  return (
    /(^|[:_])ratio(_?rate\d*\w*)?([:_]|$)/.test(metric) &&
    /error|fail|success|availab|reject|drop|loss|timeout|hit|miss/.test(metric)
  );
}

/**
 * Whether the part selects a subset of the whole's series, or buckets of a histogram whose count is the
 * whole.
 */
function isPartOf(part: Selector, whole: Selector): boolean {
  if (part.metric === undefined) return false;
  // The current value may exceed an earlier one, and a burst may exceed the hourly average.
  if (part.offsetSeconds !== whole.offsetSeconds || part.rangeSeconds !== whole.rangeSeconds) {
    return false;
  }
  const hasMatcher = (matcher: object): boolean =>
    part.matchers.some((other) => JSON.stringify(other) === JSON.stringify(matcher));
  if (!whole.matchers.every(hasMatcher)) return false;
  if (part.metric === whole.metric) return part.matchers.length > whole.matchers.length;
  const { metric = "" } = whole;
  return (
    part.metric.replace(/_bucket$/, "_count") === metric ||
    (wholeName.test(metric) &&
      part.metric.replace(partName, "") === metric.replace(wholeName, "") &&
      part.metric !== metric)
  );
}

/**
 * Matches the names of a part and its whole, such as `node_filesystem_avail_bytes` and
 * `node_filesystem_size_bytes`.
 */
const partName = /_?(used|avail(able)?|free|MemAvailable|MemFree)(?=_|$)/;
const wholeName = /_?(size|capacity|MemTotal)(?=_|$)/;

function checkDurations(expr: Expr): ViolationFinding[] {
  return nodesOf(expr)
    .filter(isComparison)
    .flatMap(({ left, right }) => {
      const comparesTime = isTime(left) || isTime(right);
      return [...durationLiterals(left), ...durationLiterals(right)].filter(
        (text) => !comparesTime || minutesOf(text) >= 100,
      );
    })
    .map((text) => ({
      problem: "the threshold is written as a duration, which PromQL converts to seconds",
      found: text,
      bound: "durations only for times: m means minutes, not thousandths",
      fix: durationFix(text),
    }));
}

/** Returns duration literals such as `500m` in a comparison's arithmetic. */
function durationLiterals(expr: Expr): string[] {
  if (expr.kind === "number") return expr.duration === undefined ? [] : [expr.duration];
  const isArithmetic =
    expr.kind === "negate" ||
    (expr.kind === "binary" && !isComparison(expr)) ||
    (expr.kind === "call" && ["scalar", "vector", "abs"].includes(expr.name));
  return isArithmetic ? childrenOf(expr).flatMap(durationLiterals) : [];
}

/**
 * Returns the number before `m`. If it is 100 or more, the author meant thousandths, because 500 minutes
 * is implausible.
 */
function minutesOf(text: string): number {
  return Number(/^[+-]?(\d+)m$/.exec(text)?.[1] ?? Number.NaN);
}

function durationFix(text: string): string {
  const count = minutesOf(text);
  return Number.isNaN(count)
    ? "write the number in the metric's unit"
    : `write ${numeral(count / 1000)} for thousandths, or ${numeral(count * 60)} for minutes`;
}

function isTime(expr: Expr): boolean {
  const time = /seconds|timestamp|uptime|(^|_)(age|time)(_|$)/;
  return (
    callsOf(expr, /^(time|timestamp)$/).length > 0 ||
    selectorsOf(expr).some(({ metric = "" }) => time.test(metric))
  );
}

function checkQuantiles(expr: Expr): (ViolationFinding | undefined)[] {
  const calls = callsOf(expr, /^(histogram_quantile|quantile_over_time|quantile)$/);
  return calls.flatMap(({ name, args: [level, histogram] }) => {
    const quantile = (level && constantOf(level)) ?? 0;
    return [
      quantile >= 0 && quantile <= 1
        ? undefined
        : {
            problem: "a quantile is outside the range from 0 to 1, so the result is infinite",
            found: numeral(quantile),
            bound: "0 to 1",
            fix: `${numeral(quantile > 1 && quantile <= 100 ? quantile / 100 : 0.99)} instead`,
          },
      name === "histogram_quantile" && histogram && losesBoundaries(histogram)
        ? summedBoundaries("a quantile")
        : undefined,
      name === "histogram_quantile" && histogram && hasNoBuckets(histogram)
        ? {
            problem:
              "a quantile is computed from series that are not buckets, so the result is empty",
            bound: "the series …_bucket, or a native histogram",
            fix: "use …_bucket instead of …_sum, …_count or …_total",
          }
        : undefined,
      name === "histogram_quantile" && histogram && isLifelong(histogram)
        ? {
            problem: "a quantile is computed from all observations since the process started",
            bound: "the observations of the last minutes",
            fix: "rate(…[5m]) of the buckets",
          }
        : undefined,
    ];
  });
}

const summedBoundaries = (subject: string): ViolationFinding => ({
  problem: `${subject} is computed from buckets that are summed across their boundaries`,
  bound: "buckets with the label `le`",
  fix: "add le to sum by (…), or remove it from without (…)",
});

/**
 * Reports native histogram functions on other series, which they ignore. Calls on native histograms have
 * already been converted.
 */
function checkHistogramFunctions(expr: Expr): ViolationFinding[] {
  return callsOf(expr, histogramFunctions).flatMap(({ name, args }) => {
    const histogram = args.at(-1);
    if (histogram === undefined || !readsClassic(histogram)) return [];
    if (name === "histogram_fraction") {
      return losesBoundaries(histogram) ? [summedBoundaries("a fraction")] : [];
    }
    return [
      {
        problem: `${name} ignores the series of a classic histogram, so the result is empty`,
        found: selectorsOf(histogram)[0]?.metric,
        bound: "a native histogram, which has no suffix",
        fix: "use …_count or …_sum without the function, or apply the function to the native histogram",
      },
    ];
  });
}

/** Functions that return numbers even for native histograms. */
const numberOfHistograms = /^(histogram_|count|group|absent|present|changes|resets|timestamp)/;

/**
 * Reports comparisons of a native histogram with a number, which return nothing. The rate of a histogram
 * is also a histogram.
 */
function checkHistogramNumbers(expr: Expr, histograms: string[]): ViolationFinding[] {
  return comparisonsOf(expr)
    .flatMap(({ numerator, denominator }) => [...numerator, ...denominator])
    .filter((factor) => callsOf(factor, numberOfHistograms).length === 0)
    .flatMap((factor) => callsOf(factor, /^(rate|irate|increase)$/))
    .flatMap(({ args: [histogram] }) => {
      const metric = histogram?.kind === "selector" ? (histogram.metric ?? "") : "";
      if (!histograms.includes(metric)) return [];
      return [
        {
          problem: "a histogram is compared with a number, so the alert never fires",
          found: metric,
          bound: "a number from the histogram, such as its count or a quantile",
          fix: `histogram_count(…) around the rate, or ${metric}_count of a classic histogram`,
        },
      ];
    });
}

/**
 * Reports the rate of a sum of counters. The sum drops when any counter resets, which the rate mistakes
 * for a reset of the sum.
 */
function checkRatesOfSums(expr: Expr): ViolationFinding[] {
  return callsOf(expr, /^(rate|irate|increase)$/)
    .map(({ args: [argument] }) => (argument?.kind === "subquery" ? argument.expr : argument))
    .filter((argument) => argument?.kind === "call" && argument.name === "sum")
    .map(() => ({
      problem: "a rate is computed from a sum of counters, which falls when one of them restarts",
      bound: "the sum of rates",
      fix: "sum by (…) (rate(…[5m])) instead",
    }));
}

/** Reports divisions without an aggregation, where each series of failures matches only itself. */
function checkSelfDivision(expr: Expr): ViolationFinding[] {
  return nodesOf(expr)
    .filter((node) => node.kind === "binary" && node.operator === "/" && !node.matching)
    .filter((node) => callsOf(node, /./).every(({ grouping }) => grouping === undefined))
    .filter((node) => {
      const [part, whole, ...others] = selectorsOf(node);
      if (part === undefined || whole === undefined || others.length > 0) return false;
      return part.metric === whole.metric && isPartOf(part, whole);
    })
    .map(() => ({
      problem: "each series is divided by itself, so the ratio is always 1",
      bound: "sums of both sides by the same labels",
      fix: "sum by (service) (…) / sum by (service) (…)",
    }));
}

/** Whether a quantile covers the whole lifetime of its processes, because no rate is computed. */
function isLifelong(histogram: Expr): boolean {
  return (
    callsOf(histogram, /./).every(({ grouping }) => grouping !== undefined) &&
    nodesOf(histogram).every(({ kind }) => kind !== "binary") &&
    selectorsOf(histogram).some(({ metric = "" }) =>
      /^[^:]*_(bucket|seconds|milliseconds|bytes)$/.test(metric),
    )
  );
}

function hasNoBuckets(histogram: Expr): boolean {
  const selectors = selectorsOf(histogram);
  return (
    selectors.length > 0 &&
    selectors.every(({ metric = "" }) => /^[^:]*_(sum|count|total)$/.test(metric))
  );
}
