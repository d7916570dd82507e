import * as assert from "node:assert/strict";
import { judgedByThePack } from "../completePack";
import { alertThresholds } from "../../../policies/alerts/alertThresholds";
import { UNKNOWN } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { violationText } from "../../../policies/engine/violation";
import {
  alerts,
  baseSignals,
  judge,
  problems,
  prometheusRule,
  release,
  resource,
} from "../subjects";

const ratio =
  'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';
const p99 =
  "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))";
const memory =
  'container_memory_working_set_bytes / kube_pod_container_resource_limits{resource="memory"}';
const cpu =
  'rate(container_cpu_usage_seconds_total[5m]) / kube_pod_container_resource_limits{resource="cpu"}';
const throttles = "sum(rate(dynamodb_throttled_requests_total[5m]))";

const signals = [
  { signal: ratio, max: 0.05, property: "maxErrorRatio" },
  { signal: p99, max: 0.5, property: "maxP99LatencySeconds" },
  { signal: memory, max: 0.9, property: "maxMemoryRatio" },
  { signal: cpu, max: 0.85, property: "maxCpuRatio" },
  { signal: throttles, max: 10, property: "maxThrottlesPerSecond" },
];

describe("policy alert-thresholds", () => {
  for (const { signal, max, property } of signals) {
    describe(signal, () => {
      it(`accepts ${max}`, () => {
        assert.deepEqual(problems(alertThresholds, alerts(`${signal} > ${max}`)), []);
        assert.deepEqual(problems(alertThresholds, alerts(`${signal} >= ${max / 10}`)), []);
      });

      it("rejects a higher threshold", () => {
        const [problem] = problems(alertThresholds, alerts(`${signal} > ${max * 1.001}`));
        assert.match(problem ?? "", /is too high$/);
      });

      it("rejects 0 and negative thresholds", () => {
        for (const threshold of ["0", "-1", "NaN"]) {
          assert.equal(
            problems(alertThresholds, alerts(`${signal} > ${threshold}`)).length,
            1,
            threshold,
          );
        }
      });

      it("rejects an equality", () => {
        assert.equal(problems(alertThresholds, alerts(`${signal} == ${max}`)).length, 1);
      });

      it(`is configured by ${property}`, () => {
        const lax = alerts(`${signal} > ${max * 2}`);
        assert.deepEqual(problems(alertThresholds, lax, { [property]: max * 2 }), []);
        assert.equal(
          problems(alertThresholds, alerts(`${signal} > ${max}`), { [property]: max / 2 }).length,
          1,
        );
      });
    });
  }

  it("has the bounds of the components", () => {
    const defaults = Object.values(alertThresholds.config).map((property) => property.default);
    assert.deepEqual(defaults, [
      ...Object.values(limits.alertThresholds),
      limits.trafficFloorPerSecond.max,
    ]);
  });

  it("accepts the alerts of this library's components", () => {
    assert.deepEqual(problems(alertThresholds, alerts(...Object.values(baseSignals))), []);
  });

  it("accepts a threshold at the bound despite floating-point noise", () => {
    assert.deepEqual(problems(alertThresholds, alerts(`${ratio} > 1 - 0.95`)), []);
  });

  it("judges latency from one bucket by the boundary and the ratio", () => {
    const exact = (le: string, fraction: number) =>
      alerts(
        `1 - sum(rate(http_request_duration_seconds_bucket{le=${le}}[5m])) / sum(rate(http_request_duration_seconds_count[5m])) > ${fraction}`,
      );
    assert.deepEqual(problems(alertThresholds, exact('"0.5"', 0.01)), []);
    assert.equal(problems(alertThresholds, exact('"1"', 0.01)).length, 1);
    assert.equal(problems(alertThresholds, exact('"0.5"', 0.02)).length, 1);
  });

  it("judges a success ratio by its complement", () => {
    const success = (least: number) => alerts(`${ratio.replace('=~"5..', '!~"5..')} < ${least}`);
    assert.deepEqual(problems(alertThresholds, success(0.96)), []);
    assert.equal(problems(alertThresholds, success(0.94)).length, 1);
  });

  it("accepts the less strict windows of a burn rate", () => {
    const burn = (window: string) => ratio.replaceAll("5m", window);
    const page = `${burn("1h")} > 14.4 * 0.01 and ${burn("5m")} > 14.4 * 0.01`;
    assert.deepEqual(problems(alertThresholds, alerts(page)), []);
  });

  it("rejects a minimum traffic that a small service does not reach", () => {
    const guarded = (floor: string) =>
      alerts(`${ratio} > 0.05 and sum(rate(http_requests_total[5m])) > ${floor}`);
    assert.deepEqual(problems(alertThresholds, guarded("1")), []);
    assert.match(problems(alertThresholds, guarded("NaN"))[0] ?? "", /requires more traffic/);
    const other = `${ratio} > 0.05 or sum(rate(http_requests_total[5m])) > 1e6`;
    assert.deepEqual(problems(alertThresholds, alerts(other)), []);
    assert.match(problems(alertThresholds, guarded("1.01"))[0] ?? "", /requires more traffic/);
    assert.deepEqual(
      problems(alertThresholds, guarded("100"), { maxTrafficFloorPerSecond: 100 }),
      [],
    );
  });

  it("skips alerts on other signals", () => {
    for (const expression of [
      "up == 0",
      "sum(rate(http_requests_total[5m])) > 10000",
      'sum(rate(http_requests_total{status=~"4.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.5',
      "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 2",
      "predict_linear(container_memory_working_set_bytes[1h], 3600) > 1e9",
      `${ratio} < 0.01`,
      `(${ratio}) / (${ratio.replaceAll("[5m]", "[5m] offset 1w")}) > 2`,
      `predict_linear((${memory})[1h:], 3600) > 1`,
      "rate(container_cpu_usage_seconds_total[5m]) > 3",
      `count_over_time((${p99} > 0.4)[10m:1m]) > 5`,
    ]) {
      assert.deepEqual(problems(alertThresholds, alerts(expression)), [], expression);
    }
  });

  it("skips recording rules and invalid expressions", () => {
    assert.deepEqual(
      problems(alertThresholds, prometheusRule([{ record: "a", expr: `${ratio} > 0.5` }])),
      [],
    );
    assert.deepEqual(problems(alertThresholds, alerts(`${ratio} > > 0.5`)), []);
  });

  it("reads the rules in the values of a release", () => {
    const groups = [{ name: "g", rules: [{ alert: "A", expr: `${ratio} > 0.5` }] }];
    for (const values of [
      { additionalPrometheusRulesMap: { mine: { groups } } },
      { additionalPrometheusRules: [{ name: "mine", groups }] },
    ]) {
      const subject = release("kube-prometheus-stack", values);
      const [violation] = judge(alertThresholds, subject).violations;
      assert.match(
        violation?.where ?? "",
        /^release "prometheus", values\.additional.*, group g, alert A$/,
      );
    }
  });

  it("judges known rules and reports unknown ones", () => {
    const verdict = judge(
      alertThresholds,
      prometheusRule([
        { alert: "A", expr: UNKNOWN },
        { alert: "B", expr: `${ratio} > 0.5` },
      ]),
    );
    assert.equal(verdict.violations.length, 1);
    assert.deepEqual(verdict.unknown?.path, ["spec", "groups", 0, "rules", 0, "expr"]);
    const unknownSpec = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {
      spec: UNKNOWN,
    });
    assert.deepEqual(judge(alertThresholds, unknownSpec).unknown?.path, ["spec", "groups"]);
    const unknownValues = release("kube-prometheus-stack", UNKNOWN);
    assert.ok(judge(alertThresholds, unknownValues).unknown);
  });

  it("tolerates a rule without an expression or a group without rules", () => {
    assert.deepEqual(
      judge(alertThresholds, prometheusRule([{ alert: "A", expr: undefined }])).violations,
      [],
    );
    assert.deepEqual(
      judge(alertThresholds, prometheusRule([{ alert: "A", expr: 1 }])).violations,
      [],
    );
    assert.deepEqual(
      judge(
        alertThresholds,
        resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {}),
      ),
      { violations: [] },
    );
  });

  it("states the problem, place, value, bound and fix", () => {
    const [violation] = judge(alertThresholds, alerts(`${ratio} > 0.2`)).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the threshold of the error ratio is too high",
        '  where: PrometheusRule "rules", group group, alert Alert0',
        "  found: > 0.2",
        "  bound: more than 0, at most 0.05",
        "  fix:   > 0.05 in the expression",
      ].join("\n"),
    );
  });

  it("accepts slow queries in the profile baseline, but not milliseconds", async () => {
    const found = async (threshold: number) => {
      const expr = `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{handler="query_range"}[5m]))) > ${threshold}`;
      const violations = await judgedByThePack(
        [prometheusRule([{ alert: "A", expr }])],
        "baseline",
      );
      return violations.filter(({ policy }) => policy === alertThresholds.name).length;
    };
    assert.equal(await found(90), 0);
    assert.equal(await found(500), 1);
  });
});
