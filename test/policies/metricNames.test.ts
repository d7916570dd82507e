import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { alertThresholds } from "../../policies/alerts/alertThresholds";
import { requiredAlerts } from "../../policies/alerts/requiredAlerts";
import { UNKNOWN } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import {
  defaultMetricNames,
  metricKeys,
  metricNameAnnotations,
  metricNamesAnnotation,
  requestMetricNames,
} from "../../policies/shared/metricNames";
import { alerts, baseSignals, problems, prometheusRule, serviceMonitor } from "./subjects";
import { projectDirectory } from "../support/stackConfig";

/** Other names of every metric and label, as `alerts.metrics` accepts them. */
const overrides = {
  httpRequests: "app_calls_total",
  httpStatusLabel: "outcome",
  httpDuration: "app_latency_seconds",
  grpcRequests: "app_rpcs_total",
  grpcCodeLabel: "rpc_outcome",
  grpcDuration: "app_rpc_latency_seconds",
  dynamodbThrottles: "table_refusals_total",
  dynamodbDuration: "table_latency_seconds",
  redisDuration: "cache_latency_seconds",
  redisPoolActive: "cache_connections",
};

/** The same rules under the other names. */
function renamed(expr: string): string {
  return metricKeys.reduce(
    (text, key) =>
      text.replaceAll(
        new RegExp(`\\b${defaultMetricNames[key]}(?=_bucket|\\b)`, "g"),
        overrides[key],
      ),
    expr,
  );
}

function declaring(rules: Resource, annotation: unknown): Resource {
  const props = rules.props as { metadata: object };
  const metadata = { ...props.metadata, annotations: { [metricNamesAnnotation]: annotation } };
  return { ...rules, props: { ...props, metadata } };
}

const annotation = metricNameAnnotations([overrides])[metricNamesAnnotation];
const lax = {
  errorRatio: baseSignals.errorRatio.replace("> 0.05", "> 0.5"),
  p99Latency: baseSignals.p99Latency.replace("> 0.5", "> 5"),
  dynamodbThrottling: baseSignals.dynamodbThrottling.replace("> 10", "> 100"),
  grpcErrors:
    'sum(rate(grpc_server_handled_total{grpc_code=~"Internal|Unavailable"}[5m])) / sum(rate(grpc_server_handled_total[5m])) > 0.5',
  grpcLatency:
    "histogram_quantile(0.99, sum by (le) (rate(grpc_server_handling_seconds_bucket[5m]))) > 5",
};

describe("metric names", () => {
  it("are annotated only where they differ from the defaults", () => {
    assert.deepEqual(metricNameAnnotations([defaultMetricNames]), {});
    assert.deepEqual(metricNameAnnotations([{ ...defaultMetricNames, redisDuration: "x" }]), {
      [metricNamesAnnotation]: '{"redisDuration":"x"}',
    });
  });

  it("that services disagree on are annotated as a list", () => {
    const names = (redisDuration: string) => ({ ...defaultMetricNames, redisDuration });
    const all = [defaultMetricNames, names("x"), names("y"), names("x")];
    assert.deepEqual(metricNameAnnotations(all), {
      [metricNamesAnnotation]: '{"redisDuration":["x","y"]}',
    });
  });

  describe("let the stack pass its own policies with every override at once", () => {
    const selectors = { containerSelector: 'job="cadvisor"', kubeStateSelector: 'job="ksm"' };
    for (const [of, key, settings] of [
      ["all services", "alerts.metrics", { ...overrides, ...selectors }],
      ["one service", "services[0].metrics", overrides],
      ["all services, by a convention", "alerts.metrics", { convention: "opentelemetry" }],
      [
        "all services, with native histograms",
        "alerts.metrics",
        { convention: "opentelemetry", nativeHistograms: true },
      ],
      ["one service, with native histograms", "services[0].metrics", { nativeHistograms: true }],
    ] as const) {
      it(`of ${of}`, function () {
        this.timeout(60_000);
        const config = Object.entries(settings).flatMap(([name, value]) => [
          "--config",
          `monitoring:${key}.${name}=${value}`,
        ]);
        const preview = path.join(projectDirectory, "preview", "main.ts");
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ["--require", "tsx/cjs", preview, "--stack", "prod", ...config],
          { cwd: projectDirectory, encoding: "utf8" },
        );
        assert.equal(status, 0, stdout + stderr);
      });
    }
  });

  it("that a rule object declares count as the base signals", () => {
    const rules = alerts(...Object.values(baseSignals).map(renamed));
    const service = serviceMonitor("inventory-service");
    assert.equal(problems(requiredAlerts, [service, rules]).length, 1);
    assert.deepEqual(problems(requiredAlerts, [service, declaring(rules, annotation)]), []);
  });

  it("that one rule object declares hold for alerts on its recorded series", () => {
    const recording = prometheusRule(
      [
        {
          record: "throttles",
          expr: renamed(`sum by (service) (rate(${defaultMetricNames.dynamodbThrottles}[5m]))`),
        },
      ],
      "recordings",
    );
    const rules = alerts(
      ...Object.values({ ...baseSignals, dynamodbThrottling: "throttles > 10" }),
    );
    const subjects = [serviceMonitor("inventory-service"), rules];
    assert.deepEqual(problems(requiredAlerts, [...subjects, declaring(recording, annotation)]), []);
  });

  it("of OpenTelemetry need no declaration", () => {
    const names = requestMetricNames.opentelemetry;
    const errors = (code: string) =>
      `sum(rate(${names.grpcRequests}{${names.grpcCodeLabel}${code}}[5m])) / sum(rate(${names.grpcRequests}[5m])) > 0.5`;
    for (const expr of [
      `sum(rate(${names.httpRequests}{${names.httpStatusLabel}=~"5.."}[5m])) / sum(rate(${names.httpRequests}[5m])) > 0.5`,
      errors('=~"INTERNAL|UNAVAILABLE"'),
      errors('!="OK"'),
      `histogram_quantile(0.99, sum by (le) (rate(${names.httpDuration}_bucket[5m]))) > 5`,
    ]) {
      const [problem, ...others] = problems(alertThresholds, alerts(expr));
      assert.match(problem ?? "", /is too high$/, expr);
      assert.deepEqual(others, []);
    }
  });

  for (const [signal, expr] of Object.entries(lax)) {
    it(`that a rule object declares are judged: ${signal}`, () => {
      const rules = alerts(renamed(expr));
      assert.deepEqual(problems(alertThresholds, rules), []);
      const [problem, ...others] = problems(alertThresholds, declaring(rules, annotation));
      assert.match(problem ?? "", /is too high$/);
      assert.deepEqual(others, []);
    });

    it(`that a rule object declares in a list are judged: ${signal}`, () => {
      const lists = Object.entries(overrides).map(([key, name]) => [key, ["other_name", name]]);
      const declared = declaring(alerts(renamed(expr)), JSON.stringify(Object.fromEntries(lists)));
      assert.match(problems(alertThresholds, declared).join(), /is too high$/);
    });

    it(`that a rule object declares do not hide a default one: ${signal}`, () => {
      assert.equal(problems(alertThresholds, declaring(alerts(expr), annotation)).length, 1);
    });
  }

  for (const unreadable of [UNKNOWN, 5, "[", '["x"]', '{"httpRequests": 5}']) {
    it(`are the defaults where the annotation is ${String(unreadable)}`, () => {
      const rules = declaring(alerts(lax.errorRatio), unreadable);
      assert.equal(problems(alertThresholds, rules).length, 1);
    });
  }
});
