import { perObject } from "../shared/perObject";
import { MetricVocabulary } from "../facts/metricVocabulary";
import { Comparison, ComparisonOperator, flipped } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Expr, Selector, allows, callsOf, nodesOf, selects, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { ServiceScope, scopesOf } from "../promql/scope";
import { GrpcCode, grpcCodeIn, podMetrics } from "../shared/metricNames";
import { SignalName } from "../shared/serviceExceptions";

/** A comparison of a base signal with a threshold. */
export interface Signal {
  name: SignalName;
  operator: ComparisonOperator;
  /**
   * Threshold in the signal's unit (a ratio, seconds, requests per second), regardless of the unit in
   * the expression. Undefined if no threshold can be determined.
   */
  threshold: number | undefined;
  /** For a latency from one bucket: the fraction of requests that must be faster than the threshold. */
  fraction?: number;
  /** Whether comparisons over other windows must also hold, as in SLO alerts. */
  burnRate: boolean;
  /** Selectors of the measured series. */
  selectors: Selector[];
  /** Services to which the surrounding expression is limited. */
  scopes: ServiceScope[];
}

const memoryMetrics = [podMetrics.memory, "container_memory_rss", "container_memory_usage_bytes"];
const cpuMetrics = [
  podMetrics.cpu,
  // Recorded by the chart's own rules.
  "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate",
  "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m",
];
const statusLabels = ["code", "status_code", "http_status_code", "response_code"];
const grpcLabels = ["code", "status", "grpc_status"];

/** Finds the comparisons of base signals in an alert's expression. */
export function signalsOf(expr: Expr, vocabulary: MetricVocabulary): readonly Signal[] {
  return signalsWith(vocabulary)(expr);
}

const signalsWith = perObject((vocabulary: MetricVocabulary) =>
  perObject((expr: Expr) => readSignals(expr, vocabulary)),
);

function readSignals(expr: Expr, vocabulary: MetricVocabulary): Signal[] {
  const signals = comparisonsOf(expr).flatMap((comparison) => {
    const signal = signalOf(comparison, vocabulary);
    return signal === undefined ? [] : [{ ...signal, joined: comparison.joined }];
  });
  const windows = (name: SignalName): Set<number> =>
    new Set(
      signals
        .filter((signal) => signal.joined && signal.name === name)
        .map(({ selectors }) => Math.max(...selectors.map(({ rangeSeconds = 0 }) => rangeSeconds))),
    );
  return signals.map(({ joined, ...signal }) => ({
    ...signal,
    burnRate: joined && signal.name !== "crashLoop" && windows(signal.name).size > 1,
    scopes: signal.selectors.flatMap((selector) => scopesOf(expr, selector)),
  }));
}

/**
 * Returns the request rates, per second, below which an alert does not fire even if its threshold is
 * exceeded.
 */
export function trafficFloorsOf(expr: Expr, vocabulary: MetricVocabulary): number[] {
  const countsRequests = (selector: Selector): boolean =>
    outcomeOf(selector, vocabulary) === "all" ||
    isLatency(selector, vocabulary, ["_count"]) ||
    // The last bucket counts all requests.
    (isLatency(selector, vocabulary, ["_bucket"]) && boundaryOf(selector) === Infinity);
  return comparisonsOf(expr)
    .filter(({ joined, operator }) => joined && /^>=?$/.test(operator))
    .filter(({ denominator }) => denominator.length === 0)
    .filter(({ numerator }) => numerator.flatMap(selectorsOf).some(countsRequests))
    .map(({ threshold }) => threshold);
}

/** A comparison with the selectors on both sides of its quotient. */
interface Quotient {
  comparison: Comparison;
  numerator: readonly Selector[];
  denominator: readonly Selector[];
  vocabulary: MetricVocabulary;
}

type Measurement = Omit<Signal, "burnRate" | "scopes">;

function signalOf(comparison: Comparison, vocabulary: MetricVocabulary): Measurement | undefined {
  const factors = [...comparison.numerator, ...comparison.denominator];
  // If a factor counts how often a condition holds, only the inner comparison is checked.
  if (comparison.numerator.some((factor) => callsOf(factor, countingCalls).length > 0)) {
    return undefined;
  }
  const quotient: Quotient = {
    comparison,
    numerator: comparison.numerator.flatMap(measuredSelectorsOf),
    denominator: comparison.denominator.flatMap(measuredSelectorsOf),
    vocabulary,
  };
  const signal =
    errorRatio(quotient) ??
    quantile(quotient) ??
    exactLatency(quotient) ??
    crashLoop(quotient) ??
    saturation(quotient) ??
    throttling(quotient) ??
    distortedRatio(quotient);
  const isUnreadable = (factor: Expr): boolean =>
    hasArithmetic(factor) || (signal !== undefined && isForeign(factor, signal.name, vocabulary));
  return signal && factors.some(isUnreadable) ? { ...signal, threshold: undefined } : signal;
}

/**
 * Returns the selectors that determine an expression's value. Excludes those inside `group`, which
 * always returns 1.
 */
function measuredSelectorsOf(expr: Expr): Selector[] {
  const present = new Set(callsOf(expr, /^group$/).flatMap(selectorsOf));
  return selectorsOf(expr).filter((selector) => !present.has(selector));
}

const countingCalls = /^(count|sum_over_time|present_over_time)/;

/**
 * Returns the signal that a comparison measures with these selectors, or undefined if there are none.
 */
function measurement(
  name: SignalName,
  { operator, threshold }: Comparison,
  selectors: Selector[],
): Measurement | undefined {
  return selectors.length === 0 ? undefined : { name, operator, threshold, selectors };
}

function errorRatio(quotient: Quotient): Measurement | undefined {
  const { comparison, numerator, denominator, vocabulary } = quotient;
  const { operator, threshold } = comparison;
  const withOutcome = (outcome: Outcome) =>
    numerator.filter((selector) => outcomeOf(selector, vocabulary) === outcome);
  const hasRequests = denominator.some((selector) => outcomeOf(selector, vocabulary) !== undefined);
  // A comparison of today's ratio with last week's is a different signal.
  if (withOutcome("all").length > 0 || !hasRequests) return undefined;
  // A bound on the success ratio is the opposite bound on the error ratio.
  const complement = { ...comparison, operator: flipped[operator], threshold: 1 - threshold };
  return (
    measurement("errorRatio", comparison, withOutcome("failed")) ??
    measurement("errorRatio", complement, withOutcome("passed"))
  );
}

type Outcome = "failed" | "passed" | "all";

/**
 * Classifies the requests that a selector counts. Undefined if it selects neither failures nor
 * successes.
 */
function outcomeOf(selector: Selector, vocabulary: MetricVocabulary): Outcome | undefined {
  const isGrpc = selectsAny(selector, vocabulary.grpcRequests);
  if (!isGrpc && !selectsAny(selector, vocabulary.httpRequests)) return undefined;
  const labels = isGrpc
    ? [...vocabulary.grpcCodeLabel, ...grpcLabels]
    : [...vocabulary.httpStatusLabel, ...statusLabels];
  const allowsAny = (codes: GrpcCode[], statuses: string[]): boolean =>
    isGrpc
      ? codes.some((code) =>
          labels.every((label) => allows(selector, label, grpcCodeIn(label, code))),
        )
      : statuses.some((status) => labels.every((label) => allows(selector, label, status)));
  const failed = allowsAny(["Internal", "Unavailable"], ["500", "503", "5xx"]);
  const passed = allowsAny(["OK"], ["200", "2xx"]);
  if (failed) return passed ? "all" : "failed";
  return passed ? "passed" : undefined;
}

function selectsAny(selector: Selector, metrics: readonly string[], suffixes = [""]): boolean {
  return metrics.some((metric) => suffixes.some((suffix) => selects(selector, metric + suffix)));
}

/** Whether a selector returns one of these series of a latency histogram. */
function isLatency(
  selector: Selector,
  { httpDuration, grpcDuration }: MetricVocabulary,
  suffixes: string[],
): boolean {
  return selectsAny(selector, [...httpDuration, ...grpcDuration], suffixes);
}

function quantile({ comparison, vocabulary }: Quotient): Measurement | undefined {
  if (comparison.denominator.length > 0) return undefined;
  const selectors = comparison.numerator
    .flatMap((factor) => callsOf(factor, /^histogram_quantile$/))
    .filter(({ args: [level] }) => level !== undefined && (constantOf(level) ?? 0) >= 0.99)
    .flatMap(({ args: [, histogram] }) =>
      histogram === undefined ? [] : measuredSelectorsOf(histogram),
    )
    .filter((selector) => isLatency(selector, vocabulary, ["_bucket", ""]));
  return measurement("p99Latency", comparison, selectors);
}

/** Recognizes `bucket{le="0.5"} / count < 0.99`: fewer than 99% of requests took less than 0.5 s. */
function exactLatency({
  comparison: { operator, threshold },
  numerator,
  denominator,
  vocabulary,
}: Quotient): Measurement | undefined {
  const buckets = numerator.filter((selector) => isLatency(selector, vocabulary, ["_bucket"]));
  const hasTotal = denominator.some((selector) =>
    isLatency(selector, vocabulary, ["_count", "_bucket"]),
  );
  if (buckets.length === 0 || !hasTotal) return undefined;
  const seconds = Math.max(...buckets.map(boundaryOf));
  return {
    name: "p99Latency",
    operator: flipped[operator],
    threshold: Number.isFinite(seconds) ? seconds : undefined,
    fraction: threshold,
    selectors: buckets,
  };
}

/**
 * Returns the upper bound, in seconds, of the bucket that a selector matches; NaN if it matches several.
 */
function boundaryOf({ matchers }: Selector): number {
  const { operator, value = "" } = matchers.find(({ label }) => label === "le") ?? {};
  if (operator === "=") return value === "+Inf" ? Infinity : Number(value);
  // Clients write 0.5 or 0.50, and 1 or 1.0, so the pattern may list several spellings of a number.
  const spellings = value
    .replace(/^\(|\)$/g, "")
    .replaceAll("\\.", ".")
    .split("|");
  const [boundary = Number.NaN, ...others] = new Set(spellings.map(Number));
  return operator === "=~" && others.length === 0 ? boundary : Number.NaN;
}

function crashLoop({ comparison, numerator, denominator }: Quotient): Measurement | undefined {
  if (denominator.length > 0) return undefined;
  const selectors = numerator.filter(
    (selector) =>
      selects(selector, podMetrics.restarts) ||
      (selects(selector, podMetrics.waitingReason) &&
        allows(selector, "reason", "CrashLoopBackOff")),
  );
  return measurement("crashLoop", comparison, selectors);
}

/** Recognizes memory or CPU usage as a ratio of a limit or a request. */
function saturation({ comparison, numerator, denominator }: Quotient): Measurement | undefined {
  const ratio = (name: "memory" | "cpu", metrics: string[]) => {
    const isUsage = (selector: Selector) => selectsAny(selector, metrics);
    const isOfAllowance = denominator.some((selector) => isAllowance(selector, name));
    return isOfAllowance && !denominator.some(isUsage)
      ? measurement(name, comparison, numerator.filter(isUsage))
      : undefined;
  };
  return ratio("memory", memoryMetrics) ?? ratio("cpu", cpuMetrics);
}

function isAllowance(selector: Selector, resource: "memory" | "cpu"): boolean {
  const { metric = "" } = selector;
  if (/^container_spec_/.test(metric)) return metric.includes(resource);
  return /resource_(limits|requests)/.test(metric) && allows(selector, "resource", resource);
}

function throttling(quotient: Quotient): Measurement | undefined {
  const { comparison, numerator, denominator, vocabulary } = quotient;
  // A counter without a rate can only increase.
  const isRate = comparison.numerator.some((factor) => callsOf(factor, /^i?rate$/).length > 0);
  if (denominator.length > 0 || !isRate) return undefined;
  const isThrottles = (selector: Selector) => selectsAny(selector, vocabulary.dynamodbThrottles);
  return measurement("dynamodbThrottling", comparison, numerator.filter(isThrottles));
}

/** Recognizes a ratio inside a function that changes its scale, such as `sgn(errors / total - 0.5)`. */
function distortedRatio({ comparison, vocabulary }: Quotient): Measurement | undefined {
  for (const part of comparison.numerator.filter(isDistorted).flatMap(nodesOf)) {
    if (part.kind !== "binary" || part.operator !== "/") continue;
    const [numerator, denominator] = [selectorsOf(part.left), selectorsOf(part.right)];
    const inner: Quotient = { comparison, numerator, denominator, vocabulary };
    const ratio = errorRatio(inner) ?? saturation(inner);
    if (ratio !== undefined) return { ...ratio, operator: ">", threshold: undefined };
  }
  return undefined;
}

/** Whether a factor still contains arithmetic, which makes its scale unknown. */
function hasArithmetic(factor: Expr): boolean {
  return isDistorted(factor) || hasOperator(factor, ["*", "/", "-"]);
}

function isDistorted(factor: Expr): boolean {
  return callsOf(factor, distortingCalls).length > 0 || hasOperator(factor, ["%", "^", "atan2"]);
}

const distortingCalls =
  /^(sgn|sqrt|exp|ln|log2|log10|floor|ceil|round|clamp.*|time|timestamp|stddev|stdvar)$/;

function hasOperator(expr: Expr, operators: string[]): boolean {
  return nodesOf(expr).some((node) => node.kind === "binary" && operators.includes(node.operator));
}

/**
 * Whether a factor reads only series that are unrelated to the signal. Series that just add labels count
 * as related.
 */
function isForeign(factor: Expr, name: SignalName, vocabulary: MetricVocabulary): boolean {
  const selectors = selectorsOf(factor);
  if (selectors.length === 0) return constantOf(factor) === undefined;
  const { httpDuration, grpcDuration, dynamodbThrottles } = vocabulary;
  return !selectors.some((selector) => {
    const { metric = "" } = selector;
    const startsWithAny = (prefixes: string[]) =>
      prefixes.some((prefix) => metric.startsWith(prefix));
    if (/^kube_|_info$|_labels$/.test(metric)) return true;
    if (name === "errorRatio") return outcomeOf(selector, vocabulary) !== undefined;
    if (name === "p99Latency") return startsWithAny([...httpDuration, ...grpcDuration]);
    if (name === "dynamodbThrottling") return startsWithAny(["dynamodb_", ...dynamodbThrottles]);
    return startsWithAny(["container_", "node_namespace_"]);
  });
}
