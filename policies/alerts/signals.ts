import {
  Comparison,
  ComparisonOperator,
  Expr,
  Selector,
  allows,
  comparisonsOf,
  constantOf,
  everyPart,
  selects,
  selectorsOf,
} from "../promql";

/** The six things that every service is alerted on. */
export const signalNames = [
  "errorRatio",
  "p99Latency",
  "crashLoop",
  "memory",
  "cpu",
  "dynamodbThrottling",
] as const;
export type SignalName = (typeof signalNames)[number];

/** A comparison that watches one of the base signals. */
export interface Signal {
  name: SignalName;
  operator: ComparisonOperator;
  /**
   * The threshold in the unit of the signal (a ratio, seconds, requests a second), whichever way the
   * expression writes it; undefined when no number can be read from it.
   */
  threshold: number | undefined;
  /** For latency measured exactly: the part of the requests that must stay below the threshold. */
  fraction?: number;
  /** One of at least two windows of the same signal that must burn at once, as SLO alerts have. */
  burnRate: boolean;
  /** The selectors of what is measured. */
  selectors: Selector[];
}

/** A condition that keeps an alert silent while there is little traffic. */
export interface TrafficGuard {
  requestsPerSecond: number;
}

export interface Watched {
  signals: Signal[];
  guards: TrafficGuard[];
}

const requestMetrics = ["http_requests_total", "grpc_server_handled_total"];
const latencyMetrics = ["http_request_duration_seconds", "grpc_server_handling_seconds"];
const memoryMetrics = [
  "container_memory_working_set_bytes",
  "container_memory_rss",
  "container_memory_usage_bytes",
];
const cpuMetrics = [
  "container_cpu_usage_seconds_total",
  // Recorded by the chart's own rules.
  "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate",
  "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m",
];
const statusLabels = ["status", "code", "status_code", "http_status_code", "response_code"];
const grpcLabels = ["grpc_code", "code", "status", "grpc_status"];

/** What an alert's expression watches. */
export function watchedBy(expr: Expr): Watched {
  const comparisons = comparisonsOf(expr);
  const found = comparisons.flatMap((comparison) => {
    const signal = signalOf(comparison);
    return signal === undefined ? [] : [{ signal, joined: comparison.joined }];
  });
  const windows = (name: SignalName): Set<number> =>
    new Set(
      found
        .filter(({ signal, joined }) => joined && signal.name === name)
        .flatMap(({ signal }) => windowOf(signal)),
    );
  return {
    signals: found.map(({ signal, joined }) => ({
      ...signal,
      burnRate: joined && windows(signal.name).size > 1,
    })),
    guards: comparisons.flatMap((comparison) => guardOf(comparison) ?? []),
  };
}

function windowOf({ selectors }: Signal): number[] {
  const ranges = selectors.map(({ rangeSeconds }) => rangeSeconds ?? 0);
  return ranges.length === 0 ? [] : [Math.max(...ranges)];
}

function signalOf(comparison: Comparison): Signal | undefined {
  if (comparison.numerator.some(isCount)) return undefined;
  const numerator = comparison.numerator.flatMap(selectorsOf);
  const denominator = comparison.denominator.flatMap(selectorsOf);
  const found =
    errorRatio(comparison, numerator, denominator) ??
    quantile(comparison) ??
    exactLatency(comparison, numerator, denominator) ??
    crashLoop(comparison, numerator, denominator) ??
    saturation(comparison, numerator, denominator) ??
    throttling(comparison, numerator, denominator) ??
    distortedRatio(comparison);
  if (found === undefined) return undefined;
  const unreadable = [...comparison.numerator, ...comparison.denominator].some(
    (factor) => isOpaque(factor) || isForeign(factor, found),
  );
  return { ...found, ...(unreadable ? { threshold: undefined } : {}), burnRate: false };
}

type Found = Omit<Signal, "burnRate">;

function errorRatio(
  { operator, threshold }: Comparison,
  numerator: Selector[],
  denominator: Selector[],
): Found | undefined {
  // Today's ratio over last week's is another question.
  if (numerator.some((selector) => outcomeOf(selector) === "all")) return undefined;
  const failed = numerator.filter((selector) => outcomeOf(selector) === "failed");
  const passed = numerator.filter((selector) => outcomeOf(selector) === "passed");
  if (!denominator.some((selector) => outcomeOf(selector) !== undefined)) return undefined;
  if (failed.length > 0) return { name: "errorRatio", operator, threshold, selectors: failed };
  if (passed.length === 0) return undefined;
  // What succeeds, turned into what fails.
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

/** Which requests a selector counts: those that failed, those that passed, or all. */
function outcomeOf(selector: Selector): "failed" | "passed" | "all" | undefined {
  if (!requestMetrics.some((metric) => selects(selector, metric))) return undefined;
  const grpc = selects(selector, "grpc_server_handled_total");
  const lets = (labels: string[], values: string[]): boolean =>
    values.some((value) => labels.every((label) => allows(selector, label, value)));
  const labels = grpc ? grpcLabels : statusLabels;
  const failed = lets(labels, grpc ? ["Internal", "Unavailable"] : ["500", "503", "5xx"]);
  const passed = lets(labels, grpc ? ["OK"] : ["200", "2xx"]);
  if (failed) return passed ? "all" : "failed";
  return passed ? "passed" : undefined;
}

function quantile({ operator, threshold, numerator, denominator }: Comparison): Found | undefined {
  if (denominator.length > 0) return undefined;
  for (const part of numerator.flatMap(everyPart)) {
    if (part.kind !== "call" || part.name !== "histogram_quantile") continue;
    const [level, histogram] = part.args;
    const selectors = histogram === undefined ? [] : selectorsOf(histogram).filter(measuresLatency);
    const at = level === undefined ? undefined : constantOf(level);
    if (selectors.length === 0 || at === undefined || at < 0.99) continue;
    return { name: "p99Latency", operator, threshold, selectors };
  }
  return undefined;
}

function measuresLatency(selector: Selector): boolean {
  return latencyMetrics.some(
    (metric) => selects(selector, `${metric}_bucket`) || selects(selector, metric),
  );
}

/** `bucket{le="0.5"} / count < 0.99`: fewer than 99 % of the requests stayed below 0.5 s. */
function exactLatency(
  { operator, threshold }: Comparison,
  numerator: Selector[],
  denominator: Selector[],
): Found | undefined {
  const buckets = numerator.filter((selector) =>
    latencyMetrics.some((metric) => selects(selector, `${metric}_bucket`)),
  );
  const all = denominator.some((selector) =>
    latencyMetrics.some(
      (metric) => selects(selector, `${metric}_count`) || selects(selector, `${metric}_bucket`),
    ),
  );
  if (buckets.length === 0 || !all) return undefined;
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

/** Upper bound of the buckets a selector takes, in seconds. */
function boundaryOf({ matchers }: Selector): number {
  const boundary = matchers.find(({ label }) => label === "le");
  if (boundary?.operator === "=") return Number(boundary.value);
  // Clients write 0.5 and 0.50, or 1 and 1.0: a pattern of the spellings of one number.
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

function crashLoop(
  { operator, threshold }: Comparison,
  numerator: Selector[],
  denominator: Selector[],
): Found | undefined {
  if (denominator.length > 0) return undefined;
  const selectors = numerator.filter(
    (selector) =>
      selects(selector, "kube_pod_container_status_restarts_total") ||
      (selects(selector, "kube_pod_container_status_waiting_reason") &&
        allows(selector, "reason", "CrashLoopBackOff")),
  );
  return selectors.length === 0 ? undefined : { name: "crashLoop", operator, threshold, selectors };
}

/** Memory or CPU in use as a part of what a container may use. */
function saturation(
  { operator, threshold }: Comparison,
  numerator: Selector[],
  denominator: Selector[],
): Found | undefined {
  for (const [name, metrics, resource] of [
    ["memory", memoryMetrics, "memory"],
    ["cpu", cpuMetrics, "cpu"],
  ] as const) {
    const isUsage = (selector: Selector): boolean =>
      metrics.some((metric) => selects(selector, metric));
    const used = numerator.filter(isUsage);
    const allowed = denominator.some((selector) => isAllowance(selector, resource));
    if (used.length > 0 && allowed && !denominator.some(isUsage))
      return { name, operator, threshold, selectors: used };
  }
  return undefined;
}

function isAllowance(selector: Selector, resource: "memory" | "cpu"): boolean {
  const { metric = "" } = selector;
  if (/^container_spec_/.test(metric)) return metric.includes(resource);
  return /resource_(limits|requests)/.test(metric) && allows(selector, "resource", resource);
}

function throttling(
  { operator, threshold, numerator: factors }: Comparison,
  numerator: Selector[],
  denominator: Selector[],
): Found | undefined {
  if (denominator.length > 0) return undefined;
  const selectors = numerator.filter((selector) =>
    selects(selector, "dynamodb_throttled_requests_total"),
  );
  // Only as a rate: the counter itself grows for ever.
  const rated = factors
    .flatMap(everyPart)
    .some((part) => part.kind === "call" && /^i?rate$/.test(part.name));
  return selectors.length === 0 || !rated
    ? undefined
    : { name: "dynamodbThrottling", operator, threshold, selectors };
}

/** A ratio inside a function that leaves nothing of its scale, such as `sgn(errors / total - 0.5)`. */
function distortedRatio(comparison: Comparison): Found | undefined {
  for (const factor of comparison.numerator) {
    const parts = everyPart(factor);
    if (!parts.some(distorts)) continue;
    for (const part of parts) {
      if (part.kind !== "binary" || part.operator !== "/") continue;
      const left = selectorsOf(part.left);
      const right = selectorsOf(part.right);
      const found = errorRatio(comparison, left, right) ?? saturation(comparison, left, right);
      if (found !== undefined) return { ...found, operator: ">", threshold: undefined };
    }
  }
  return undefined;
}

/** Whether a factor counts how often something holds; the comparison inside is the one to judge. */
function isCount(factor: Expr): boolean {
  return everyPart(factor).some(
    (part) =>
      (part.kind === "call" && /^(count|sum|present)_over_time$/.test(part.name)) ||
      (part.kind === "aggregate" && /^count/.test(part.operator)),
  );
}

/** Whether arithmetic is left inside a factor, so that its scale is not known. */
function isOpaque(factor: Expr): boolean {
  return everyPart(factor).some(
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

/** Whether a factor brings in series of something else, other than to join labels. */
function isForeign(factor: Expr, { name }: Found): boolean {
  const selectors = selectorsOf(factor);
  if (selectors.length === 0) return constantOf(factor) === undefined;
  return !selectors.some((selector) => {
    const metric = selector.metric ?? "";
    if (/^kube_|_info$|_labels$/.test(metric)) return true;
    if (name === "errorRatio") return outcomeOf(selector) !== undefined;
    if (name === "p99Latency") return latencyMetrics.some((base) => metric.startsWith(base));
    if (name === "dynamodbThrottling") return /^dynamodb_/.test(metric);
    return /^container_|^node_namespace_/.test(metric);
  });
}

/** `rate of all requests > number`, joined to another condition. */
function guardOf({
  joined,
  operator,
  threshold,
  numerator,
  denominator,
}: Comparison): TrafficGuard | undefined {
  if (!joined || denominator.length > 0 || !/^>=?$/.test(operator)) return undefined;
  const selectors = numerator.flatMap(selectorsOf);
  const traffic = selectors.some(
    (selector) =>
      outcomeOf(selector) === "all" ||
      latencyMetrics.some((metric) => selects(selector, `${metric}_count`)),
  );
  return traffic ? { requestsPerSecond: threshold } : undefined;
}
