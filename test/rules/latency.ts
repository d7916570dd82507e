import { Scenario } from "./scenarios";
import { histogram } from "./series";

const labels = { namespace: "ticketing", service: "inventory-service" };

/** Ten requests per second, of which all are slow from minute 20 on. */
const slowFor = (minutes: number, checks: [minutes: number, isFiring: boolean][]): Scenario => ({
  name: `HighLatencyP99: ${minutes} minutes of slow requests`,
  interval: "30s",
  input_series: histogram(
    "http_request_duration_seconds",
    labels,
    {
      minutes: 40,
      levelAt: (minute) => (minute > 20 && minute <= 20 + minutes ? "above" : "healthy"),
    },
    0.5,
    (level) => ({ all: 10, slow: level === "above" ? 10 : 0 }),
  ),
  alert_rule_test: checks.map(([minute, isFiring]) => ({
    eval_time: `${minute * 60}s`,
    alertname: "HighLatencyP99",
    exp_alerts: isFiring ? [{ exp_labels: { severity: "critical", ...labels } }] : [],
  })),
});

/** Requests per second up to each bucket boundary, cumulative as in a histogram. */
type Buckets = Record<string, number>;

const metrics = {
  http: "http_request_duration_seconds",
  grpc: "grpc_server_handling_seconds",
  dynamodb: "dynamodb_operation_duration_seconds",
  redis: "redis_command_duration_seconds",
};

/** The alert on a service whose pods have these buckets, after 20 minutes. */
const withBuckets = (
  name: string,
  alertname: string,
  metric: string,
  pods: Buckets[],
  isFiring: boolean,
  severity = "critical",
): Scenario => ({
  name: `${alertname}: ${name}`,
  interval: "30s",
  input_series: pods.flatMap((buckets, pod) =>
    Object.entries(buckets).map(([le, perSecond]) => ({
      series: `${metric}_bucket{namespace="ticketing", service="inventory-service", pod="${pod}", le="${le}"}`,
      values: `0+${perSecond * 30}x50`,
    })),
  ),
  alert_rule_test: [
    {
      eval_time: "20m",
      alertname,
      exp_alerts: isFiring ? [{ exp_labels: { severity, ...labels } }] : [],
    },
  ],
});

/** The nearest boundary at or above the threshold decides, because within a bucket a quantile is a guess. */
export const bucketScenarios: Scenario[] = [
  ...([metrics.http, metrics.grpc] as const).flatMap((metric) => {
    const scenario = (name: string, pods: Buckets[], isFiring: boolean) =>
      withBuckets(`${metric}, ${name}`, "HighLatencyP99", metric, pods, isFiring);
    return [
      // The quantile is 991 ms, wherever the requests are between 490 ms and 1 s.
      scenario(
        "all requests within a coarse bucket",
        [{ "0.49": 0, "1": 10, "10": 10, "+Inf": 10 }],
        false,
      ),
      scenario(
        "0.9% above a coarse bucket",
        [{ "0.1": 0, "1.0": 9.91, "10.0": 10, "+Inf": 10 }],
        false,
      ),
      scenario(
        "1.1% above a coarse bucket",
        [{ "0.1": 0, "1.0": 9.89, "10.0": 10, "+Inf": 10 }],
        true,
      ),
      scenario("1.1% above the last bucket", [{ "0.1": 0, "0.5": 9.89, "+Inf": 10 }], true),
      scenario(
        "all requests above a last bucket of 0.49",
        [{ "0.1": 0, "0.49": 0, "+Inf": 10 }],
        false,
      ),
      scenario("a boundary in exponential form", [{ "1e-05": 0, "1e+06": 9.89, "+Inf": 10 }], true),
      // Half of the pods have a new version with one more bucket.
      scenario(
        "pods with different buckets",
        [
          { "0.1": 0, "1": 10, "+Inf": 10 },
          { "0.1": 0, "1": 10, "2.5": 10, "+Inf": 10 },
        ],
        false,
      ),
    ];
  }),
  ...(
    [
      ["DynamoDBHighLatencyP99", metrics.dynamodb, 0.1],
      ["RedisHighLatencyP99", metrics.redis, 0.05],
    ] as const
  ).flatMap(([alert, metric, threshold]) => {
    const below = threshold * 0.96;
    const scenario = (name: string, buckets: Buckets, isFiring: boolean) =>
      withBuckets(name, alert, metric, [buckets], isFiring, "warning");
    return [
      scenario(
        "all calls within a coarse bucket",
        { [below]: 0, "1": 10, "5": 10, "+Inf": 10 },
        false,
      ),
      scenario("1.1% above a coarse bucket", { [below]: 0, "1": 9.89, "5": 10, "+Inf": 10 }, true),
      scenario("1.1% above the last bucket", { "0.01": 0, [threshold]: 9.89, "+Inf": 10 }, true),
      scenario("a last bucket below the threshold", { "0.01": 0, [below]: 0, "+Inf": 10 }, false),
    ];
  }),
];

/** The boundary that decides for these boundaries, and whether the histogram ends below its threshold. */
export const boundaryScenarios: Scenario[] = (
  [
    [metrics.http, 0.5],
    [metrics.grpc, 0.5],
    [metrics.dynamodb, 0.1],
    [metrics.redis, 0.05],
  ] as const
).flatMap(([histogram, threshold]) => {
  const below = threshold * 0.96;
  return [
    { boundaries: [below, threshold, threshold * 2], decides: threshold },
    { boundaries: [below, threshold * 2, threshold * 4], decides: threshold * 2 },
    { boundaries: [below, threshold], decides: threshold },
    { boundaries: [threshold / 2, below], decides: below, isUnmeasured: true },
  ].map(({ boundaries, decides, isUnmeasured }) => ({
    name: `${histogram}: buckets ${boundaries.join(", ")}`,
    interval: "30s",
    input_series: [...boundaries, "+Inf"].map((le) => ({
      series: `${histogram}_bucket{namespace="ticketing", service="inventory-service", le="${le}"}`,
      values: "1x122",
    })),
    alert_rule_test: [
      {
        eval_time: "60m",
        alertname: "LatencyThresholdUnmeasured",
        exp_alerts: isUnmeasured
          ? [{ exp_labels: { severity: "warning", histogram, ...labels } }]
          : [],
      },
    ],
    promql_expr_test: [
      {
        expr: `1 * namespace_service:bucket_boundary:nearest_seconds{threshold_ms="${threshold * 1000}"}`,
        eval_time: "10m",
        exp_samples: [
          {
            labels: `{histogram="${histogram}", namespace="ticketing", service="inventory-service", threshold_ms="${threshold * 1000}"}`,
            value: decides,
          },
        ],
      },
      {
        expr: "sum(namespace_le:bucket_boundary:info)",
        eval_time: "10m",
        exp_samples: [{ labels: "{}", value: boundaries.length }],
      },
    ],
  }));
});

export const latencyScenarios: Scenario[] = [
  ...[1.5, 2].map((minutes) =>
    slowFor(
      minutes,
      [22, 23, 24, 25, 25.5, 26, 26.5, 27, 28].map((minute) => [minute, false]),
    ),
  ),
  slowFor(10, [
    [25, false],
    [26, true],
    [30, true],
    [35, false],
  ]),
];
