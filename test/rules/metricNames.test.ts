import * as assert from "node:assert/strict";
import {
  MetricNames,
  defaultMetricNames,
  grpcCodeIn,
  requestMetricNames,
} from "../../policies/shared/metricNames";
import { testRules } from "./promtool";
import { definitionsFor, groupsNamed, withoutTexts } from "./rulesUnderTest";
import { Scenario } from "./scenarios";
import { Series, Timeline, asNative, counter, gauge, histogram } from "./series";

const timeline: Timeline = { minutes: 90, levelAt: () => "above" };
/** The histograms have a bucket that ends at 500 ms. */
const slo = { availabilityPercent: 99.9, latencyMs: 500, latencyPercent: 99 };

const vendor: MetricNames = {
  httpRequests: "proxy_responses_total",
  httpStatusLabel: "response_code",
  httpDuration: "proxy_response_seconds",
  grpcRequests: "proxy_rpcs_total",
  grpcCodeLabel: "rpc_status",
  grpcDuration: "proxy_rpc_seconds",
  dynamodbThrottles: "table_refusals_total",
  dynamodbDuration: "table_call_seconds",
  redisDuration: "cache_call_seconds",
  redisPoolActive: "cache_connections",
};

/** How a service exposes its metrics. */
interface Exposition {
  names: MetricNames;
  isNative?: boolean;
}

/** Problems of a service, as it exposes its metrics: the ratio of bad requests is 10%, or 0. */
function signals(
  service: string,
  { names, isNative = false }: Exposition,
  isBad: boolean,
): Record<string, Series[]> {
  const labels = { namespace: "ticketing", service };
  const bad = isBad ? 1 : 0;
  const requests = (metric: string, label: string, ok: string, failed: string) => [
    counter(metric, { ...labels, [label]: ok }, timeline, () => 10 - bad),
    counter(metric, { ...labels, [label]: failed }, timeline, () => bad),
  ];
  const timed = (metric: string, seconds: number) => {
    const classic = histogram(metric, labels, timeline, seconds, () => ({ all: 10, slow: bad }));
    return isNative ? asNative(classic) : classic;
  };
  return {
    http: requests(names.httpRequests, names.httpStatusLabel, "200", "503"),
    httpSlow: timed(names.httpDuration, 0.5),
    grpc: requests(
      names.grpcRequests,
      names.grpcCodeLabel,
      "OK",
      grpcCodeIn(names.grpcCodeLabel, "Unavailable"),
    ),
    grpcSlow: timed(names.grpcDuration, 0.5),
    throttles: [counter(names.dynamodbThrottles, labels, timeline, () => 20 * bad)],
    dynamodb: timed(names.dynamodbDuration, 0.1),
    redis: timed(names.redisDuration, 0.05),
    pool: [gauge(names.redisPoolActive, labels, timeline, () => 10 + 40 * bad)],
  };
}

/** Each alert, with the signal that makes it fire, its groups and its severities. */
const alerts: [alert: string, signal: string, groups: string[], severities: string[]][] = [
  ["HighErrorRate", "http", ["services"], ["critical"]],
  ["HighErrorRate", "grpc", ["services"], ["critical"]],
  ["HighLatencyP99", "httpSlow", ["buckets", "services"], ["critical"]],
  ["HighLatencyP99", "grpcSlow", ["buckets", "services"], ["critical"]],
  ["AvailabilityBudgetBurn", "http", ["services", "slo.availability"], ["critical", "warning"]],
  ["LatencyBudgetBurn", "httpSlow", ["services", "slo.latency"], ["critical", "warning"]],
  ["DynamoDBThrottling", "throttles", ["dependencies"], ["critical"]],
  ["DynamoDBHighLatencyP99", "dynamodb", ["buckets", "dependencies"], ["warning"]],
  ["RedisHighLatencyP99", "redis", ["buckets", "dependencies"], ["warning"]],
  ["RedisPoolSaturated", "pool", ["dependencies"], ["warning"]],
];

const usual: Exposition = { names: defaultMetricNames };
const images: [title: string, image: Exposition, metrics: object][] = [
  ["names", { names: vendor }, vendor],
  ["native histograms", { names: defaultMetricNames, isNative: true }, { nativeHistograms: true }],
];

for (const [title, image, metrics] of images) {
  describe(`metrics of one service with other ${title}, in promtool`, () => {
    const settings = {
      services: [
        { name: "image", slo, metrics },
        { name: "usual", slo },
      ],
      alerts: { redisPoolMaximum: 50 },
    };
    for (const [alertname, signal, groups, severities] of alerts) {
      const seriesOf = (service: string, exposition: Exposition, isBad: boolean) =>
        signals(service, exposition, isBad)[signal] ?? [];
      const ofUsual = JSON.stringify(seriesOf("", usual, true));
      // The others have the same metrics as those of other services.
      if (JSON.stringify(seriesOf("", image, true)) === ofUsual) continue;
      const scenario = (name: string, series: Series[], expected: string[]): Scenario => ({
        name,
        interval: "30s",
        input_series: series,
        alert_rule_test: [
          {
            eval_time: "89m",
            alertname,
            exp_alerts: expected.flatMap((service) =>
              severities.map((severity) => ({
                exp_labels: { severity, namespace: "ticketing", service },
              })),
            ),
          },
        ],
      });

      it(`${alertname} (${signal}) reads each service under its own metrics only`, async () => {
        const { passed, output } = await testRules(
          withoutTexts(groupsNamed(definitionsFor(settings), groups)),
          [
            scenario(
              "the image fails",
              [...seriesOf("image", image, true), ...seriesOf("usual", usual, false)],
              ["image"],
            ),
            scenario(
              "its neighbor fails",
              [...seriesOf("image", image, false), ...seriesOf("usual", usual, true)],
              ["usual"],
            ),
            scenario(
              "both fail under the metrics of the other",
              [
                ...seriesOf("image", usual, true),
                ...seriesOf("image", image, false),
                ...seriesOf("usual", image, true),
                ...seriesOf("usual", usual, false),
              ],
              [],
            ),
          ],
          60,
        );
        assert.ok(passed, output);
      });
    }
  });
}

describe("metric names of one service, in promtool", () => {
  const conventions: [name: string, settings: object, names: Partial<MetricNames>, code: string][] =
    [
      [
        "OpenTelemetry",
        { convention: "opentelemetry" },
        requestMetricNames.opentelemetry,
        "UNAVAILABLE",
      ],
      [
        "the first OpenTelemetry",
        { grpcCodeLabel: "rpc_grpc_status_code" },
        { grpcCodeLabel: "rpc_grpc_status_code" },
        "14",
      ],
    ];
  for (const [name, metrics, names, unavailable] of conventions) {
    it(`read the codes of ${name}`, async () => {
      const all = { ...defaultMetricNames, ...names };
      const labels = { namespace: "ticketing", service: "usual" };
      const failing = (metric: string, label: string, code: string) =>
        counter(metric, { ...labels, [label]: code }, timeline, () => 1);
      const scenario = (of: string, ok: Series, failed: Series): Scenario => ({
        name: of,
        interval: "30s",
        input_series: [ok, failed],
        alert_rule_test: [
          {
            eval_time: "89m",
            alertname: "HighErrorRate",
            exp_alerts: [{ exp_labels: { severity: "critical", ...labels } }],
          },
        ],
      });
      const { passed, output } = await testRules(
        withoutTexts(
          groupsNamed(definitionsFor({ services: [{ name: "usual" }], alerts: { metrics } }), [
            "services",
          ]),
        ),
        [
          scenario(
            "HTTP",
            failing(all.httpRequests, all.httpStatusLabel, "200"),
            failing(all.httpRequests, all.httpStatusLabel, "503"),
          ),
          scenario(
            "gRPC",
            failing(all.grpcRequests, all.grpcCodeLabel, "OK"),
            failing(all.grpcRequests, all.grpcCodeLabel, unavailable),
          ),
        ],
        60,
      );
      assert.ok(passed, output);
    });
  }

  it("leave the rules of other services as they are", () => {
    const names = Array.from({ length: 20 }, (_, index) => `service-${index}`);
    const rulesOf = (vendors: number, metrics?: object) =>
      definitionsFor({
        services: names.map((name, index) => ({ name, slo, ...(index < vendors && { metrics }) })),
      }).flatMap(({ rules }) => rules);
    assert.deepEqual(rulesOf(20, {}), rulesOf(0));
    assert.deepEqual(rulesOf(1, { httpRequests: defaultMetricNames.httpRequests }), rulesOf(0));
    // Distinct names add rules, not services.
    assert.equal(rulesOf(19, vendor).length, rulesOf(1, vendor).length);
    const added = rulesOf(1, { redisDuration: "cache_call_seconds" }).length - rulesOf(0).length;
    // The alert, the boundary of its bucket, and the warning that no bucket can tell.
    assert.equal(added, 3);
  });
});
