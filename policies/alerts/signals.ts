import { Comparison, ComparisonOperator } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Expr, Selector, nodesOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { allows, selects, selectorsOf } from "../promql/selectors";
import { MetricVocabulary } from "../facts/metricVocabulary";
import { podMetrics } from "../shared/metricNames";

/** The signals on which each service needs an alert. */
export const signalNames = [
  "errorRatio",
  "p99Latency",
  "crashLoop",
  "memory",
  "cpu",
  "dynamodbThrottling",
] as const;
export type SignalName = (typeof signalNames)[number];

/** A comparison of a base signal with a threshold. */
export interface Signal {
  name: SignalName;
  operator: ComparisonOperator;
  /**
   * The threshold in the unit of the signal (a ratio, seconds, requests per second), however the
   * expression writes it. Undefined when the expression has no readable threshold.
   */
  threshold: number | undefined;
  /** For latency from one bucket: the ratio of requests that must be faster than the threshold. */
  fraction?: number;
  /** Whether it is one of several windows that must exceed the threshold together, as in SLO alerts. */
  burnRate: boolean;
  /** The selectors of the measured series. */
  selectors: Selector[];
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

/** The comparisons of base signals in the expression of an alert. */
export function signalsOf(expr: Expr, vocabulary: MetricVocabulary): Signal[] {
  const found = comparisonsOf(expr).flatMap((comparison) => {
    const signal = signalOf(comparison, vocabulary);
    return signal === undefined ? [] : [{ signal, joined: comparison.joined }];
  });
  const windows = (name: SignalName): Set<number> =>
    new Set(
      found
        .filter(({ signal, joined }) => joined && signal.name === name)
        .flatMap(({ signal }) => windowOf(signal)),
    );
  return found.map(({ signal, joined }) => ({
    ...signal,
    burnRate: joined && windows(signal.name).size > 1,
  }));
}

/**
 * Requests per second that an alert's expression demands in addition to its threshold: below them
 * the alert does not fire.
 */
export function trafficFloorsOf(expr: Expr, vocabulary: MetricVocabulary): number[] {
  return comparisonsOf(expr)
    .filter(
      ({ joined, operator, numerator, denominator }) =>
        joined &&
        denominator.length === 0 &&
        /^>=?$/.test(operator) &&
        numerator
          .flatMap(selectorsOf)
          .some(
            (selector) =>
              outcomeOf(selector, vocabulary) === "all" ||
              isLatency(selector, vocabulary, ["_count"]),
          ),
    )
    .map(({ threshold }) => threshold);
}

function windowOf({ selectors }: Signal): number[] {
  const ranges = selectors.map(({ rangeSeconds }) => rangeSeconds ?? 0);
  return ranges.length === 0 ? [] : [Math.max(...ranges)];
}

/** A comparison with the selectors on both sides of its quotient. */
interface Quotient {
  comparison: Comparison;
  numerator: Selector[];
  denominator: Selector[];
  vocabulary: MetricVocabulary;
}

type Measurement = Omit<Signal, "burnRate">;

function signalOf(comparison: Comparison, vocabulary: MetricVocabulary): Signal | undefined {
  if (comparison.numerator.some(isCount)) return undefined;
  const quotient: Quotient = {
    comparison,
    numerator: comparison.numerator.flatMap(selectorsOf),
    denominator: comparison.denominator.flatMap(selectorsOf),
    vocabulary,
  };
  const measurement =
    errorRatio(quotient) ??
    quantile(quotient) ??
    exactLatency(quotient) ??
    crashLoop(quotient) ??
    saturation(quotient) ??
    throttling(quotient) ??
    distortedRatio(quotient);
  if (measurement === undefined) return undefined;
  const isUnreadable = [...comparison.numerator, ...comparison.denominator].some(
    (factor) => isOpaque(factor) || isForeign(factor, measurement.name, vocabulary),
  );
  return {
    ...measurement,
    ...(isUnreadable ? { threshold: undefined } : {}),
    burnRate: false,
  };
}

function errorRatio({
  comparison: { operator, threshold },
  numerator,
  denominator,
  vocabulary,
}: Quotient): Measurement | undefined {
  const withOutcome = (outcome: Outcome) =>
    numerator.filter((selector) => outcomeOf(selector, vocabulary) === outcome);
  // A comparison of today's ratio with last week's ratio is a different signal.
  if (withOutcome("all").length > 0) return undefined;
  if (denominator.every((selector) => outcomeOf(selector, vocabulary) === undefined)) {
    return undefined;
  }
  const failed = withOutcome("failed");
  if (failed.length > 0) return { name: "errorRatio", operator, threshold, selectors: failed };
  const passed = withOutcome("passed");
  if (passed.length === 0) return undefined;
  // A bound on the success ratio is the opposite bound on the error ratio.
  return {
    name: "errorRatio",
    operator: opposite[operator],
    threshold: 1 - threshold,
    selectors: passed,
  };
}

const opposite: Record<ComparisonOperator, ComparisonOperator> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "==": "==",
  "!=": "!=",
};

type Outcome = "failed" | "passed" | "all";

/** The requests that a selector counts; undefined when it does not count requests. */
function outcomeOf(selector: Selector, vocabulary: MetricVocabulary): Outcome | undefined {
  const isGrpc = selectsAny(selector, vocabulary.grpcRequests);
  if (!isGrpc && !selectsAny(selector, vocabulary.httpRequests)) return undefined;
  const labels = isGrpc
    ? [...vocabulary.grpcCodeLabel, ...grpcLabels]
    : [...vocabulary.httpStatusLabel, ...statusLabels];
  const allowsAny = (values: string[]): boolean =>
    values.some((value) => labels.every((label) => allows(selector, label, value)));
  const failed = allowsAny(isGrpc ? ["Internal", "Unavailable"] : ["500", "503", "5xx"]);
  const passed = allowsAny(isGrpc ? ["OK"] : ["200", "2xx"]);
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

function quantile({
  comparison: { operator, threshold, numerator, denominator },
  vocabulary,
}: Quotient): Measurement | undefined {
  if (denominator.length > 0) return undefined;
  for (const part of numerator.flatMap(nodesOf)) {
    if (part.kind !== "call" || part.name !== "histogram_quantile") continue;
    const [level, histogram] = part.args;
    const selectors = (histogram === undefined ? [] : selectorsOf(histogram)).filter((selector) =>
      isLatency(selector, vocabulary, ["_bucket", ""]),
    );
    const at = level === undefined ? undefined : constantOf(level);
    if (selectors.length === 0 || at === undefined || at < 0.99) continue;
    return { name: "p99Latency", operator, threshold, selectors };
  }
  return undefined;
}

/** `bucket{le="0.5"} / count < 0.99`: fewer than 99% of the requests stayed below 0.5 s. */
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
  const seconds = buckets.map(boundaryOf);
  const readable = seconds.every((boundary) => Number.isFinite(boundary));
  return {
    name: "p99Latency",
    operator: opposite[operator],
    threshold: readable ? Math.max(...seconds) : undefined,
    fraction: threshold,
    selectors: buckets,
  };
}

/** Upper bound in seconds of the buckets that a selector selects. */
function boundaryOf({ matchers }: Selector): number {
  const boundary = matchers.find(({ label }) => label === "le");
  if (boundary?.operator === "=") return Number(boundary.value);
  // Clients write 0.5 or 0.50, and 1 or 1.0: the pattern may list the spellings of one number.
  if (boundary?.operator === "=~") {
    const spellings = new Set(
      boundary.value
        .replace(/^\(|\)$/g, "")
        .replaceAll("\\.", ".")
        .split("|")
        .map(Number),
    );
    const [only = Number.NaN] = spellings;
    if (spellings.size === 1) return only;
  }
  return Number.NaN;
}

function crashLoop({
  comparison: { operator, threshold },
  numerator,
  denominator,
}: Quotient): Measurement | undefined {
  if (denominator.length > 0) return undefined;
  const selectors = numerator.filter(
    (selector) =>
      selects(selector, podMetrics.restarts) ||
      (selects(selector, podMetrics.waitingReason) &&
        allows(selector, "reason", "CrashLoopBackOff")),
  );
  return selectors.length === 0 ? undefined : { name: "crashLoop", operator, threshold, selectors };
}

/** Memory or CPU usage as a ratio of a limit or a request. */
function saturation({
  comparison: { operator, threshold },
  numerator,
  denominator,
}: Quotient): Measurement | undefined {
  for (const [name, metrics] of [
    ["memory", memoryMetrics],
    ["cpu", cpuMetrics],
  ] as const) {
    const used = numerator.filter((selector) => selectsAny(selector, metrics));
    const isOfAllowance =
      denominator.some((selector) => isAllowance(selector, name)) &&
      !denominator.some((selector) => selectsAny(selector, metrics));
    if (used.length > 0 && isOfAllowance) return { name, operator, threshold, selectors: used };
  }
  return undefined;
}

function isAllowance(selector: Selector, resource: "memory" | "cpu"): boolean {
  const { metric = "" } = selector;
  if (/^container_spec_/.test(metric)) return metric.includes(resource);
  return /resource_(limits|requests)/.test(metric) && allows(selector, "resource", resource);
}

function throttling({
  comparison,
  numerator,
  denominator,
  vocabulary,
}: Quotient): Measurement | undefined {
  const { operator, threshold } = comparison;
  if (denominator.length > 0) return undefined;
  const selectors = numerator.filter((selector) =>
    selectsAny(selector, vocabulary.dynamodbThrottles),
  );
  // A counter without a rate only ever increases.
  const isRate = comparison.numerator
    .flatMap(nodesOf)
    .some((part) => part.kind === "call" && /^i?rate$/.test(part.name));
  return selectors.length === 0 || !isRate
    ? undefined
    : { name: "dynamodbThrottling", operator, threshold, selectors };
}

/** A ratio inside a function that does not keep its scale, such as `sgn(errors / total - 0.5)`. */
function distortedRatio({ comparison, vocabulary }: Quotient): Measurement | undefined {
  for (const factor of comparison.numerator) {
    const parts = nodesOf(factor);
    if (!parts.some(distorts)) continue;
    for (const part of parts) {
      if (part.kind !== "binary" || part.operator !== "/") continue;
      const inner: Quotient = {
        comparison,
        numerator: selectorsOf(part.left),
        denominator: selectorsOf(part.right),
        vocabulary,
      };
      const measurement = errorRatio(inner) ?? saturation(inner);
      if (measurement !== undefined) return { ...measurement, operator: ">", threshold: undefined };
    }
  }
  return undefined;
}

/** Whether a factor counts how often a condition holds; then the inner comparison is judged. */
function isCount(factor: Expr): boolean {
  return nodesOf(factor).some(
    (part) =>
      (part.kind === "call" && /^(count|sum|present)_over_time$/.test(part.name)) ||
      (part.kind === "aggregate" && /^count/.test(part.operator)),
  );
}

/** Whether arithmetic remains inside a factor, so that its scale is unknown. */
function isOpaque(factor: Expr): boolean {
  return nodesOf(factor).some(
    (part) => distorts(part) || (part.kind === "binary" && ["*", "/", "-"].includes(part.operator)),
  );
}

function distorts(part: Expr): boolean {
  return (
    (part.kind === "call" && (opaqueCalls.has(part.name) || /^clamp/.test(part.name))) ||
    (part.kind === "aggregate" && ["stddev", "stdvar"].includes(part.operator)) ||
    (part.kind === "binary" && ["%", "^", "atan2"].includes(part.operator))
  );
}

const opaqueCalls = new Set(
  "sgn sqrt exp ln log2 log10 floor ceil round deg rad sin cos tan asin acos atan sinh cosh tanh time timestamp".split(
    " ",
  ),
);

/** Whether a factor reads series of something else, other than to join labels. */
function isForeign(factor: Expr, name: SignalName, vocabulary: MetricVocabulary): boolean {
  const selectors = selectorsOf(factor);
  if (selectors.length === 0) return constantOf(factor) === undefined;
  return !selectors.some((selector) => {
    const metric = selector.metric ?? "";
    if (/^kube_|_info$|_labels$/.test(metric)) return true;
    if (name === "errorRatio") return outcomeOf(selector, vocabulary) !== undefined;
    if (name === "p99Latency") {
      return [...vocabulary.httpDuration, ...vocabulary.grpcDuration].some((histogram) =>
        metric.startsWith(histogram),
      );
    }
    if (name === "dynamodbThrottling") {
      return /^dynamodb_/.test(metric) || vocabulary.dynamodbThrottles.includes(metric);
    }
    return /^container_|^node_namespace_/.test(metric);
  });
}
