import { Resource } from "../facts/resource";
import { judgeRules } from "./eachRule";
import { Rule, canContainRules, judgedRules } from "../facts/rules";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Expr } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";
import { Signal, SignalName, signalsOf, trafficFloorsOf } from "./signals";
import { MetricVocabulary, metricVocabulary } from "../facts/metricVocabulary";
import { Violation, configSet, numeral } from "../engine/violation";

export interface AlertThresholdsConfig {
  maxErrorRatio: number;
  maxP99LatencySeconds: number;
  maxMemoryRatio: number;
  maxCpuRatio: number;
  maxThrottlesPerSecond: number;
  maxTrafficFloorPerSecond: number;
}

const { alertThresholds: most, trafficFloorPerSecond } = limits;

export const alertThresholds: ResourcePolicy<AlertThresholdsConfig> = {
  scope: "resource",
  name: "alert-thresholds",
  description: "Alerts on the base signals have thresholds that are not too lax.",
  why: "An alert at 50 % errors is there and never helps; one at 0 fires always and is muted. Thresholds are read from the expression, however it is written.",
  remediation: configSet("alerts.errorRatePercent", most.errorRatio * 100),
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    maxErrorRatio: bound(most.errorRatio, "Laxest ratio of failed requests."),
    maxP99LatencySeconds: bound(
      most.p99LatencySeconds,
      "Laxest 99th percentile of latency, in seconds.",
    ),
    maxMemoryRatio: bound(most.memoryRatio, "Laxest ratio of memory to its limit."),
    maxCpuRatio: bound(most.cpuRatio, "Laxest ratio of CPU to its limit or request."),
    maxThrottlesPerSecond: bound(
      most.throttlesPerSecond,
      "Laxest rate of throttled DynamoDB requests.",
    ),
    maxTrafficFloorPerSecond: bound(
      trafficFloorPerSecond.max,
      "Highest rate of requests below which such an alert may stay silent.",
    ),
  },
  appliesTo: canContainRules,
  judge,
};

function bound(value: number, description: string) {
  return { type: "number" as const, exclusiveMinimum: 0, default: value, description };
}

interface Limit {
  what: string;
  property: keyof AlertThresholdsConfig;
  /** The setting of this project, and the value that the bound is in its unit. */
  setting: string;
  scale: number;
}

/** The signals with a threshold; a crash loop has none. */
const limitOf: Partial<Record<SignalName, Limit>> = {
  errorRatio: {
    what: "error ratio",
    property: "maxErrorRatio",
    setting: "alerts.errorRatePercent",
    scale: 100,
  },
  p99Latency: {
    what: "P99 latency in seconds",
    property: "maxP99LatencySeconds",
    setting: "alerts.p99LatencyMs",
    scale: 1000,
  },
  memory: {
    what: "memory ratio",
    property: "maxMemoryRatio",
    setting: "alerts.memoryPercent",
    scale: 100,
  },
  cpu: { what: "CPU ratio", property: "maxCpuRatio", setting: "alerts.cpuPercent", scale: 100 },
  dynamodbThrottling: {
    what: "throttled requests a second",
    property: "maxThrottlesPerSecond",
    setting: "alerts.dynamodbThrottlesPerSecond",
    scale: 1,
  },
};

function judge(resource: Resource, config: AlertThresholdsConfig): Verdict {
  const records = recordsIn(judgedRules(resource).rules);
  const vocabulary = metricVocabulary([resource]);
  return judgeRules(resource, (rule) => judgeRule(rule, records, vocabulary, config));
}

function judgeRule(
  rule: Rule,
  records: Map<string, Expr>,
  vocabulary: MetricVocabulary,
  config: AlertThresholdsConfig,
): Violation[] {
  const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
  if (parsed === undefined || parsed.error !== undefined) return [];
  const expr = inlineRecords(parsed.expr, records);
  const signals = signalsOf(expr, vocabulary);
  const { where } = rule;
  const found = [
    ...signals.flatMap((signal) => judgeSignal(signal, where, config)),
    ...(signals.some((signal) => signal.name !== "crashLoop")
      ? trafficFloorsOf(expr, vocabulary).flatMap((floor) => judgeFloor(floor, where, config))
      : []),
  ];
  // HTTP and gRPC are two comparisons of one alert with one setting.
  return [...new Map(found.map((violation) => [JSON.stringify(violation), violation])).values()];
}

function judgeSignal(signal: Signal, where: string, config: AlertThresholdsConfig): Violation[] {
  const limit = limitOf[signal.name];
  // What fires when all is well, or for a while burns faster than the objective allows, is not
  // this alert, and required-alerts does not count it as one.
  if (limit === undefined || signal.burnRate || /^<=?$/.test(signal.operator)) return [];
  const max = config[limit.property];
  const problem = problemWith(signal, limit.what, max);
  if (problem === undefined) return [];
  return [
    {
      problem,
      where,
      found: describe(signal),
      bound: `more than 0, at most ${numeral(max)}`,
      fix: `${configSet(limit.setting, numeral(max * limit.scale))}, or > ${numeral(max)} in the expression`,
    },
  ];
}

function problemWith({ operator, threshold, fraction }: Signal, what: string, max: number) {
  if (threshold === undefined) {
    return `the threshold on the ${what} cannot be read: compare the plain signal with a number`;
  }
  if (operator === "==" || operator === "!=") {
    return `the ${what} is compared with ${operator}, which does not see that it is exceeded`;
  }
  if (!(threshold > 0))
    return `the threshold on the ${what} is not more than 0, so the alert always fires`;
  if (exceeds(threshold, max)) return `the threshold on the ${what} is too lax`;
  if (fraction !== undefined && exceeds(0.99, fraction)) {
    return `the ${what} may be exceeded by more than 1 % of the requests before the alert fires`;
  }
  return undefined;
}

function describe({ operator, threshold, fraction }: Signal): string {
  if (threshold === undefined) return "an expression without a plain number";
  if (fraction === undefined) return `${operator} ${numeral(threshold)}`;
  return `less than ${numeral(fraction * 100)} % within ${numeral(threshold)} s`;
}

/** More, and not only by the noise of floating point: 1 - 0.95 is not more than 0.05. */
function exceeds(value: number, max: number): boolean {
  return Number.isNaN(value) || value > max + Math.abs(max) * 1e-9;
}

function judgeFloor(floor: number, where: string, config: AlertThresholdsConfig): Violation[] {
  const max = config.maxTrafficFloorPerSecond;
  if (!exceeds(floor, max)) return [];
  return [
    {
      problem: "the alert stays silent until there is more traffic than a small service ever has",
      where,
      found: `> ${numeral(floor)} requests a second`,
      bound: `at most ${numeral(max)}`,
      fix: `${configSet("alerts.minimumRequestsPerSecond", numeral(trafficFloorPerSecond.default))}, or > ${numeral(trafficFloorPerSecond.default)} in the expression`,
    },
  ];
}
