import { checkExpressions, expressionsIn, withRecordsOfStack } from "./checkRules";
import { Signal, signalsOf, trafficFloorsOf } from "./signals";
import { Finding, ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral, remediationOf } from "../engine/violation";
import { namespaceOfRules } from "../facts/declarations";
import { MetricVocabulary, metricVocabulary } from "../facts/metricVocabulary";
import { textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { canContainRules, judgedRules } from "../facts/rules";
import {
  ServiceException,
  reasonFix,
  serviceExceptions,
  exceptionOfAll,
} from "../facts/serviceExceptions";
import { Selector } from "../promql/expr";
import { Records } from "../promql/records";
import { includesService, scopedServices } from "../promql/scope";
import { limits } from "../limits/limits";
import { perObject } from "../shared/perObject";
import { SignalName } from "../shared/serviceExceptions";

const { alertThresholds: maximums, trafficFloorPerSecond } = limits;

const properties = {
  maxErrorRatio: numberProperty(maximums.errorRatio, "Maximum ratio of failed requests."),
  maxP99LatencySeconds: numberProperty(
    maximums.p99LatencySeconds,
    "Maximum 99th percentile latency, in seconds.",
  ),
  maxMemoryRatio: numberProperty(
    maximums.memoryRatio,
    "Maximum ratio of memory usage to the limit.",
  ),
  maxCpuRatio: numberProperty(
    maximums.cpuRatio,
    "Maximum ratio of CPU usage to the limit or request.",
  ),
  maxThrottlesPerSecond: numberProperty(
    maximums.throttlesPerSecond,
    "Maximum rate of throttled DynamoDB requests, per second.",
  ),
  maxTrafficFloorPerSecond: numberProperty(
    trafficFloorPerSecond.max,
    "Maximum traffic floor of such an alert, in requests per second. The alert does not fire below its floor.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const alertThresholds = resourcePolicy({
  name: "alert-thresholds",
  description: "Alerts on the base signals have thresholds within bounds.",
  why: "An alert that fires at 50% errors pages the on-call engineer after customers have called; one that always fires is ignored. Thresholds are read from the expression, however it is written.",
  remediation: remediationOf({ path: "alerts.errorRatePercent", value: maximums.errorRatio * 100 }),
  severity: "high",
  baseline: {
    defaults: {
      maxErrorRatio: 0.25,
      // Allows for metric and log queries, which may take minutes. A threshold that is in
      // milliseconds by mistake exceeds this bound.
      maxP99LatencySeconds: 100,
      maxMemoryRatio: 0.98,
      maxCpuRatio: 2,
      maxThrottlesPerSecond: 1000,
      maxTrafficFloorPerSecond: 10,
    },
  },
  config: properties,
  appliesTo: canContainRules,
  check,
  siblings: withRecordsOfStack(check),
});

/** `scale` converts the property's unit to the setting's unit. */
type Limit = [what: string, property: keyof Config, setting: string, scale: number];

/** Signals with a threshold. A crash loop has none. */
const limitOf: Partial<Record<SignalName, Limit>> = {
  errorRatio: ["error ratio", "maxErrorRatio", "errorRatePercent", 100],
  p99Latency: ["P99 latency in seconds", "maxP99LatencySeconds", "p99LatencyMs", 1000],
  memory: ["memory ratio", "maxMemoryRatio", "memoryPercent", 100],
  cpu: ["CPU ratio", "maxCpuRatio", "cpuPercent", 100],
  dynamodbThrottling: [
    "rate of throttled requests",
    "maxThrottlesPerSecond",
    "dynamodbThrottlesPerSecond",
    1,
  ],
};

function check(resource: Resource, config: Config, records?: Records) {
  const vocabulary = metricVocabulary([resource]);
  const isTier = tiersNextTo(strictSignals(resource, vocabulary, config, records), vocabulary);
  const exceptionOf = serviceExceptions([resource]);
  const namespace = namespaceOfRules(resource);
  return checkExpressions(
    resource,
    (expr, rule) => {
      if (rule.alert === undefined) return [];
      const signals = signalsOf(expr, vocabulary).map((signal) => ({
        ...signal,
        exception: exceptionOfSignal(signal, namespace, exceptionOf),
      }));
      const findings: (Finding | undefined)[] = signals
        .map((signal) => ({ signal, problem: checkSignal(signal, config) }))
        .filter(({ signal, problem }) => problem !== undefined && !isTier(signal))
        .map(({ signal: { exception }, problem }) =>
          typeof problem === "string"
            ? { unknown: [...rule.path, "expr"], because: problem }
            : problem && { ...problem, exception },
        );
      if (signals.some(({ name, exception }) => name !== "crashLoop" && exception === undefined)) {
        const floors = trafficFloorsOf(expr, vocabulary);
        findings.push(...floors.map((floor) => checkFloor(floor, config)));
      }
      // HTTP and gRPC are two comparisons in one alert and share a setting, so duplicates are removed.
      return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
    },
    records,
  );
}

/** Returns the exception for a signal whose selectors cover only exempted services. */
function exceptionOfSignal(
  { name, selectors, scopes }: Signal,
  namespace: string,
  exceptionOf: ServiceException,
): ReturnType<ServiceException> {
  const scoped = scopedServices(scopes);
  return exceptionOfAll(
    selectors.flatMap((selector) => {
      const services = [...servicesOf(selector), ...scoped];
      if (services.length === 0) return [undefined];
      return services.map((service) => exceptionOf(namespace, service, name));
    }),
  );
}

/**
 * Returns the services that a selector names in the label `service` or through a prefix of their pods.
 */
function servicesOf({ matchers }: Selector): string[] {
  return matchers
    .filter(({ operator }) => /^=~?$/.test(operator))
    .flatMap(({ label, value }) => {
      if (label === "service") return value.split("|");
      return label === "pod" ? value.split("|").map((pod) => pod.replace(/-\.[+*]$/, "")) : [];
    });
}

/** Returns the signals of notifying alerts whose thresholds are all within bounds. */
function strictSignals(
  resource: Resource,
  vocabulary: MetricVocabulary,
  config: Config,
  records?: Records,
): Signal[] {
  const expressionOf = expressionsIn(resource, records);
  return judgedRules(resource).rules.flatMap((rule) => {
    const expr = rule.alert === undefined ? undefined : expressionOf(rule);
    if (expr === undefined || /^(info|none)$/.test(textAt(rule.labels, "severity") ?? ""))
      return [];
    const signals = signalsOf(expr, vocabulary);
    const lax = signals.filter((signal) => checkSignal(signal, config) !== undefined);
    return signals.filter(
      ({ name, operator, burnRate }) =>
        !burnRate && /^>=?$/.test(operator) && !lax.some((signal) => signal.name === name),
    );
  });
}

/**
 * Returns a predicate that checks whether a signal is a higher tier on top of a strict alert that covers
 * at least the same series.
 */
function tiersNextTo(strict: Signal[], vocabulary: MetricVocabulary): (signal: Signal) => boolean {
  const outcome = ["le", "code", ...vocabulary.httpStatusLabel, ...vocabulary.grpcCodeLabel];
  const identity = perObject(({ matchers }: Selector) =>
    matchers
      .filter(({ label }) => !outcome.includes(label))
      .map((matcher) => JSON.stringify(matcher)),
  );
  // If a selector covers at least the same series, the tier has all of its matchers, so an index by
  // first matcher finds it quickly. One object may contain thousands of signals.
  const candidates = new Map<string, Signal[]>();
  for (const signal of strict) {
    for (const [matcher = ""] of signal.selectors.map(identity)) {
      const key = `${signal.name} ${matcher}`;
      const signals = candidates.get(key) ?? [];
      candidates.set(key, signals);
      signals.push(signal);
    }
  }
  const selectsMore = (other: Selector, matchers: string[]) =>
    identity(other).every((matcher) => matchers.includes(matcher));
  const isTierOf = (tier: Signal, other: Signal): boolean =>
    (tier.threshold ?? 0) > (other.threshold ?? 0) &&
    scopedServices(tier.scopes).every((name) => includesService(other.scopes, name)) &&
    tier.selectors
      .map(identity)
      .every((matchers) => other.selectors.some((selector) => selectsMore(selector, matchers)));
  return (signal) => {
    const [matchers = []] = signal.selectors.map(identity);
    return (
      /^>=?$/.test(signal.operator) &&
      ["", ...matchers].some((matcher) =>
        candidates.get(`${signal.name} ${matcher}`)?.some((other) => isTierOf(signal, other)),
      )
    );
  };
}

/** Returns a signal's violation, or the reason why its threshold is unknown. */
function checkSignal(signal: Signal, config: Config): ViolationFinding | string | undefined {
  const limit = limitOf[signal.name];
  // A burn rate may exceed the objective temporarily by design, and a lower bound is not an alert on the
  // signal. required-alerts also ignores both.
  if (limit === undefined || signal.burnRate || /^<=?$/.test(signal.operator)) {
    return undefined;
  }
  const [quantity, property, setting, scale] = limit;
  const { threshold } = signal;
  if (threshold === undefined) return `the threshold of the ${quantity} cannot be determined`;
  const max = config[property];
  const readable = { ...signal, threshold };
  const problem = problemWith(readable, quantity, max);
  if (problem === undefined) return undefined;
  const isOfService =
    scopedServices(signal.scopes).length > 0 ||
    signal.selectors.every((selector) => servicesOf(selector).length > 0);
  return {
    problem,
    found: describe(readable),
    bound: `more than 0, at most ${numeral(max)}`,
    setting: { path: `alerts.${setting}`, value: numeral(max * scale) },
    fix: `> ${numeral(max)} in the expression${isOfService ? `, or ${reasonFix}` : ""}`,
  };
}

type ReadableSignal = Signal & { threshold: number };

function problemWith(
  { operator, threshold, fraction }: ReadableSignal,
  quantity: string,
  max: number,
): string | undefined {
  if (operator === "==" || operator === "!=") {
    return `the ${quantity} is compared with ${operator}, which does not detect values above the threshold`;
  }
  if (!(threshold > 0)) {
    return `the threshold of the ${quantity} is not greater than 0, so the alert always fires`;
  }
  if (exceeds(threshold, max)) return `the threshold of the ${quantity} is too high`;
  if (fraction !== undefined && exceeds(0.99, fraction)) {
    return `more than 1% of the requests may exceed the ${quantity} before the alert fires`;
  }
  return undefined;
}

function describe({ operator, threshold, fraction }: ReadableSignal): string {
  if (fraction === undefined) return `${operator} ${numeral(threshold)}`;
  return `less than ${numeral(fraction * 100)}% within ${numeral(threshold)} s`;
}

/**
 * Whether a value exceeds a maximum by more than floating-point noise: 1 - 0.95 does not exceed 0.05.
 */
function exceeds(value: number, max: number): boolean {
  return Number.isNaN(value) || value > max + Math.abs(max) * 1e-9;
}

function checkFloor(floor: number, { maxTrafficFloorPerSecond: max }: Config) {
  if (!exceeds(floor, max)) return undefined;
  const fallback = numeral(trafficFloorPerSecond.default);
  return {
    problem: "the alert requires more traffic than a small service receives",
    found: `> ${numeral(floor)} requests per second`,
    bound: `at most ${numeral(max)}`,
    setting: { path: "alerts.minimumRequestsPerSecond", value: fallback },
    fix: `> ${fallback} in the expression`,
  };
}
