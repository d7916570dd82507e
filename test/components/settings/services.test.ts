import * as assert from "node:assert/strict";
import { Problem, formatPath } from "../../../components/internal/problems";
import { ServiceLanguage } from "../../../components/monitoredServices";
import { MonitoredServicesSettings, servicesSettings } from "../../../components/settings/services";
import { limits } from "../../../policies/limits";

const identity = { cluster: "ticketing-prod", environment: "prod", namespace: "ticketing" };

function settingsOf(args: object): MonitoredServicesSettings {
  const checked = servicesSettings({ ...identity, ...args });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

function problemsOf(args: object): Problem[] {
  return servicesSettings({ ...identity, ...args }).problems ?? [];
}

function described(args: object): string[] {
  return problemsOf(args).map(({ path, rule }) => `${formatPath(path)} ${rule}`);
}

describe("servicesSettings", () => {
  it("fills in every default: a service needs no more than its name", () => {
    const { services } = settingsOf({ services: [{ name: "auth-service" }] });
    assert.deepEqual(services, [
      { name: "auth-service", language: "other", port: "metrics", path: "/metrics" },
    ]);
    assert.deepEqual(settingsOf({}).services, []);
  });

  it("alerts at the thresholds that the policies judge by", () => {
    const { alerts } = settingsOf({});
    const { alertThresholds, trafficFloorPerSecond } = limits;
    assert.equal(alerts.errorRatePercent / 100, alertThresholds.errorRatio);
    assert.equal(alerts.p99LatencyMs / 1000, alertThresholds.p99LatencySeconds);
    assert.equal(alerts.memoryPercent / 100, alertThresholds.memoryRatio);
    assert.equal(alerts.cpuPercent / 100, alertThresholds.cpuRatio);
    assert.equal(alerts.dynamodbThrottlesPerSecond, alertThresholds.throttlesPerSecond);
    assert.equal(alerts.minimumRequestsPerSecond, trafficFloorPerSecond.default);
  });

  it("has the thresholds that the team had before", () => {
    const {
      runbookBaseUrl: _runbooks,
      minimumRequestsPerSecond: _floor,
      ...thresholds
    } = settingsOf({}).alerts;
    assert.deepEqual(thresholds, {
      errorRatePercent: 5,
      p99LatencyMs: 500,
      memoryPercent: 90,
      cpuPercent: 85,
      dynamodbThrottlesPerSecond: 10,
    });
  });

  it("keeps the other thresholds when one is given, even one that is too lax", () => {
    const { alerts } = settingsOf({ alerts: { errorRatePercent: 50 } });
    assert.equal(alerts.errorRatePercent, 50);
    assert.equal(alerts.cpuPercent, 85);
  });

  it("lets CPU exceed 100 % of a request, but nothing else its whole", () => {
    assert.equal(settingsOf({ alerts: { cpuPercent: 150 } }).alerts.cpuPercent, 150);
    assert.deepEqual(described({ alerts: { errorRatePercent: 101, memoryPercent: 101 } }), [
      "alerts.errorRatePercent must be at most 100",
      "alerts.memoryPercent must be at most 100",
    ]);
    assert.deepEqual(described({ alerts: { p99LatencyMs: 0 } }), [
      "alerts.p99LatencyMs must be more than 0",
    ]);
  });

  it("knows the languages that the component offers", () => {
    for (const language of Object.values(ServiceLanguage)) {
      assert.equal(
        settingsOf({ services: [{ name: "a", language }] }).services[0]?.language,
        language,
      );
    }
    assert.deepEqual(described({ services: [{ name: "a", language: "rust" }] }), [
      `services[0].language must be one of ${Object.values(ServiceLanguage).join(", ")}`,
    ]);
  });

  it("refuses a name twice and says where the first one is", () => {
    const [problem, ...others] = problemsOf({
      services: [{ name: "auth-service" }, { name: "api-gateway" }, { name: "auth-service" }],
    });
    assert.deepEqual(others, []);
    assert.deepEqual(problem, {
      path: ["services", 2, "name"],
      value: "auth-service",
      rule: "is already the name of services[0]",
      fix: { kind: "set", example: "auth-service-3" },
    });
  });

  it("wants objectives below 100 %: 100 % leaves nothing to alert on", () => {
    const slo = { availabilityPercent: 100, latencyPercent: 100, latencyMs: 0, windowDays: 91 };
    assert.deepEqual(described({ services: [{ name: "a", slo }] }), [
      "services[0].slo.availabilityPercent must be less than 100",
      "services[0].slo.latencyMs must be more than 0",
      "services[0].slo.latencyPercent must be less than 100",
      "services[0].slo.windowDays must be at most 90",
    ]);
    settingsOf({ services: [{ name: "a", slo: { availabilityPercent: 99.9 } }] });
  });

  it("reports everything wrong at once, in every service", () => {
    const problems = problemsOf({
      namespace: undefined,
      services: [
        { name: "Auth Service", path: "metrics" },
        3,
        { nmae: "auth-service" },
        { name: "a" },
        { name: "a" },
      ],
      alerts: { errorRatePercent: "5%", p99: 500, runbookBaseUrl: "http://runbooks" },
    });
    assert.deepEqual(problems.map(({ path }) => formatPath(path)).sort(), [
      "alerts.errorRatePercent",
      "alerts.p99",
      "alerts.runbookBaseUrl",
      "namespace",
      "services[0].name",
      "services[0].path",
      "services[1]",
      "services[2].name",
      "services[2].nmae",
      "services[4].name",
    ]);
  });
});
