import { isDeepStrictEqual } from "node:util";
import { AlertGroup } from "../../components/alerting/rules";
import { recorded } from "../../components/services/alerts/recordedSeries";
import { requestMetricNames } from "../../policies/shared/metricNames";
import { Recipe, SeriesOf, goneAbove, serviceLabels, slow } from "./recipes";
import { definitionsFor } from "./rulesUnderTest";
import { Scenario, alertScenario, scenariosOf } from "./scenarios";
import { asNative, histogram } from "./series";

const { httpDuration, httpStatusLabel, grpcDuration, grpcCodeLabel } =
  requestMetricNames.opentelemetry;
const dynamodbDuration = "dynamodb_operation_duration_seconds";
const redisDuration = "redis_command_duration_seconds";

/** The rules that read native histograms, which also count the requests, in a group of their own. */
export function nativeDefinitions(): AlertGroup[] {
  const rulesWith = (nativeHistograms: boolean) =>
    definitionsFor({
      alerts: { metrics: { convention: "opentelemetry", nativeHistograms } },
    }).flatMap(({ rules }) => rules);
  const classic = rulesWith(false);
  const rules = rulesWith(true).filter(
    (rule) =>
      ("record" in rule && rule.record === recorded.requests) ||
      !classic.some((other) => isDeepStrictEqual(rule, other)),
  );
  return [{ name: "ticketing.native", subjectLabel: "service", rules }];
}

const native =
  (series: SeriesOf): SeriesOf =>
  (subject, timeline) =>
    asNative(series(subject, timeline));

const warning: Pick<Recipe, "severity" | "subjectLabel" | "groups" | "minutesToClear"> = {
  severity: "warning",
  subjectLabel: "service",
  groups: ["native"],
  minutesToClear: 6,
};
const latency = { ...warning, firstTrueMinutes: 0.5, hasTrafficFloor: true, readsCounters: true };

const recipes: Recipe[] = [
  ...[httpDuration, grpcDuration].map((metric): Recipe => ({
    ...latency,
    alert: "HighLatencyP99",
    severity: "critical",
    forMinutes: 5,
    series: native(slow(metric, 0.5)),
  })),
  {
    ...latency,
    alert: "DynamoDBHighLatencyP99",
    forMinutes: 10,
    series: native(slow(dynamodbDuration, 0.1)),
  },
  {
    ...latency,
    alert: "RedisHighLatencyP99",
    forMinutes: 10,
    series: native(slow(redisDuration, 0.05)),
  },
  {
    ...warning,
    alert: "LatencyObjectiveUnmeasured",
    forMinutes: 60,
    firstTrueMinutes: 0.5,
    // The service has only gRPC metrics until it recovers.
    series: native((subject, timeline) => [
      ...slow(grpcDuration, 0.5)(subject, timeline),
      ...slow(httpDuration, 0.25)(subject, goneAbove(timeline)),
    ]),
  },
  ...[httpDuration, grpcDuration, dynamodbDuration, redisDuration].map((metric): Recipe => ({
    ...warning,
    alert: "LatencyThresholdUnmeasured",
    forMinutes: 60,
    firstTrueMinutes: 0,
    extraLabels: { histogram: metric },
    // The service has only classic buckets until it recovers.
    series: (subject, timeline) => [
      ...slow(metric, 0.5)(subject, timeline),
      ...native(slow(metric, 0.5))(subject, goneAbove(timeline)),
    ],
  })),
];

const labels = '{namespace="ticketing", service="inventory-service"}';
const subject = { service: "inventory-service", pod: "inventory-service-0" };

/** Native histograms of requests by result, with rates per second of all and of the slow ones. */
const requests = (
  metric: string,
  label: string,
  rates: [result: string, all: number][],
  slow: number,
) =>
  rates.flatMap(([result, all]) =>
    asNative(
      histogram(
        metric,
        { ...serviceLabels(subject), [label]: result },
        { minutes: 20, levelAt: () => "healthy" },
        0.25,
        () => ({ all, slow: slow * all }),
      ),
    ),
  );

function recordScenario(
  name: string,
  traffic: number,
  values: [record: string, value: number][],
): Scenario {
  return {
    name: `records of native histograms: ${name}`,
    interval: "30s",
    input_series: [
      ...requests(
        httpDuration,
        httpStatusLabel,
        [
          ["200", 9 * traffic],
          ["503", traffic],
        ],
        0.4,
      ),
      ...requests(
        grpcDuration,
        grpcCodeLabel,
        [
          ["OK", 4 * traffic],
          ["UNAVAILABLE", traffic],
        ],
        0,
      ),
    ],
    alert_rule_test: [],
    promql_expr_test: values.map(([record, value]) => ({
      expr: `round(${record}, 1e-6)`,
      eval_time: "20m",
      exp_samples: [{ labels, value: Number(value.toFixed(6)) }],
    })),
  };
}

/** The quantile at a share of the requests within the bucket in the middle of (bound / 2, bound]. */
const within = (bound: number, share: number) =>
  2 ** ((Math.ceil(8 * Math.log2(bound / Math.SQRT2)) - 1 + share) / 8);

/** All requests of a service are in one bucket, which contains a latency next to the threshold. */
function nextTo(alertname: string, metric: string, seconds: number, isFiring: boolean): Scenario {
  const offset = Math.ceil(8 * Math.log2(seconds));
  const sample = (count: number) =>
    `{{schema:3 sum:1 count:${count} offset:${offset} buckets:[${count}]}}`;
  const series = {
    series: `${metric}${labels}`,
    values: `${sample(0)}+${sample(300)}x50`,
  };
  const severity = alertname === "HighLatencyP99" ? "critical" : "warning";
  const expected = { namespace: "ticketing", service: "inventory-service", severity };
  return alertScenario(alertname, `${metric} at ${seconds} s`, [series], expected, [
    [20, isFiring],
  ]);
}

export const nativeScenarios: Scenario[] = [
  recordScenario("with requests", 1, [
    [recorded.http.requests, 10],
    [recorded.http.failed, 1],
    [recorded.http.requestsNow, 10],
    [recorded.http.failedNow, 1],
    [recorded.grpc.requests, 5],
    [recorded.grpc.failed, 1],
    [recorded.grpc.requestsNow, 5],
    [recorded.grpc.failedNow, 1],
    [recorded.requests, 15],
    [recorded.http.timed, 10],
    [recorded.grpc.timed, 5],
    // 40% of the requests are in the bucket of 0.5 s, and none of gRPC, of which half are fast.
    [recorded.http.p99, within(0.5, 0.39 / 0.4)],
    [recorded.grpc.p99, within(0.25, 0.49 / 0.5)],
    ["namespace_service:slo_latency_bad_requests:rate5m", 4],
  ]),
  recordScenario("without requests", 0, [
    [recorded.http.timed, 0],
    // NaN would make the sums over it NaN, and the objective would be lost for its whole window.
    ["namespace_service:slo_latency_bad_requests:rate5m", 0],
  ]),
  ...(
    [
      ["HighLatencyP99", httpDuration, 0.49, 0.51],
      ["HighLatencyP99", grpcDuration, 0.49, 0.51],
      ["DynamoDBHighLatencyP99", dynamodbDuration, 0.096, 0.105],
      ["RedisHighLatencyP99", redisDuration, 0.048, 0.052],
    ] as const
  ).flatMap(([alertname, metric, below, above]) => [
    nextTo(alertname, metric, below, false),
    nextTo(alertname, metric, above, true),
  ]),
  ...recipes.flatMap(scenariosOf),
];
