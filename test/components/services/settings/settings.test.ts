import * as assert from "node:assert/strict";
import { Problem } from "../../../../components/shared/problems";
import { formatPath } from "../../../../policies/shared/path";
import { ServiceLanguage } from "../../../../components/services/settings/enums";
import {
  MonitoredServicesSettings,
  servicesSettings,
} from "../../../../components/services/settings/settings";
import { limits } from "../../../../policies/limits/limits";
import { defaultMetricNames, requestMetricNames } from "../../../../policies/shared/metricNames";

const identity = { namespace: "ticketing" };

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
  it("fills in every default of a service with only a name", () => {
    const { services } = settingsOf({ services: [{ name: "auth-service" }] });
    assert.deepEqual(services, [
      {
        name: "auth-service",
        kind: "service",
        language: "other",
        port: "metrics",
        path: "/metrics",
        maintenance: [],
      },
    ]);
    assert.deepEqual(settingsOf({}).services, []);
  });

  it("accepts planned maintenance with offsets from UTC, and an end after its start", () => {
    const window = { from: "2026-12-24T18:00+09:00", to: "2026-12-25T10:30Z", reason: "upgrade" };
    const services = (changes: object) => [{ name: "a", maintenance: [{ ...window, ...changes }] }];
    assert.deepEqual(settingsOf({ services: services({}) }).services[0]?.maintenance, [window]);
    const rule = (changes: object) =>
      problemsOf({ services: services(changes) }).map(({ path, rule }) => `${path.at(-1)} ${rule}`);
    const time = "must be a time with its offset from UTC, like 2026-12-24T18:00+09:00";
    assert.deepEqual(rule({ to: "2026-12-24T17:59+09:00" }), ["to must be after the start"]);
    assert.deepEqual(rule({ to: "2026-12-24T18:00+09:00" }), ["to must be after the start"]);
    assert.deepEqual(rule({ from: "2026-12-24T18:00" }), [`from ${time}`]);
    assert.deepEqual(rule({ from: "2026-12-24" }), [`from ${time}`]);
    assert.deepEqual(rule({ reason: "-" }), ["reason must be a reason in words, without braces"]);
  });

  it("accepts the kind probe only with a URL, and without settings of targets", () => {
    const probe = { name: "shop", kind: "probe", probe: "https://shop.example.com/health" };
    settingsOf({ services: [{ ...probe, scrapeIntervalSeconds: 60 }] });
    settingsOf({ services: [{ ...probe, kind: "pods" }] });
    assert.deepEqual(described({ services: [{ ...probe, probe: undefined }] }), [
      "services[0].probe is required for the kind probe",
    ]);
    assert.deepEqual(described({ services: [{ ...probe, port: "http", slo: {} }] }).sort(), [
      "services[0].port does not apply to a probe, which is not scraped",
      "services[0].slo does not apply to a probe, which is not scraped",
      "services[0].slo.availabilityPercent is required, or latencyMs and latencyPercent",
    ]);
    assert.deepEqual(described({ services: [{ ...probe, kind: "job" }] }), [
      "services[0].probe does not apply to a job, which is not scraped",
    ]);
    for (const url of ["shop.example.com", "https://user:secret@shop.example.com/"]) {
      const [problem, ...others] = problemsOf({ services: [{ ...probe, probe: url }] });
      assert.deepEqual(others, []);
      assert.match(problem?.rule ?? "", /must be a URL|must not contain credentials/);
    }
  });

  it("requires that the warning about a certificate fires before the critical alert", () => {
    const rule = "certificateWarningDays must be more than";
    assert.deepEqual(described({ alerts: { certificateDays: 21 } }), [
      `alerts.${rule} alerts.certificateDays (21)`,
    ]);
    const services = [{ name: "a", alerts: { certificateDays: 30 } }];
    assert.deepEqual(described({ services }), [
      `services[0].alerts.${rule} alerts.certificateDays (30)`,
    ]);
    settingsOf({ services, alerts: { certificateWarningDays: 60 } });
  });

  it("accepts as names of ports those that Kubernetes accepts", () => {
    const rules = (changes: object) =>
      problemsOf({ services: [{ name: "a", ...changes }] }).map(({ rule }) => rule);
    const port = "http-metrics-internal";
    assert.deepEqual(rules({ port }), []);
    assert.deepEqual(rules({ port: "p".repeat(64) }), ["must have at most 63 characters"]);
    assert.deepEqual(rules({ port, kind: "pods" }), [
      "must have at most 15 characters, the limit for the name of a container port",
    ]);
    assert.deepEqual(rules({ port: "8080" }), ["must be the name of a port, not its number"]);
  });

  it("accepts thresholds of scheduled jobs only for them", () => {
    for (const kind of [undefined, "service", "pods"]) {
      const services = [{ name: "a", kind, alerts: { jobMaxAgeHours: 5, jobMaxMinutes: 5 } }];
      assert.deepEqual(described({ services }), [
        "services[0].alerts.jobMaxAgeHours applies only to the kind job",
        "services[0].alerts.jobMaxMinutes applies only to the kind job",
      ]);
    }
  });

  it("accepts a scheduled job only without settings of targets and requests", () => {
    const job = { name: "nightly-report", kind: "job" };
    const alerts = { jobMaxAgeHours: 2, jobMaxMinutes: 10 };
    assert.equal(settingsOf({ services: [{ ...job, alerts }] }).services[0]?.kind, "job");
    const ofTargets = {
      slo: { availabilityPercent: 99.9 },
      port: "http",
      portNumber: 8443,
      https: { serverName: "report" },
      authorization: { secret: { name: "report", key: "token" } },
      path: "/stats",
      selector: { app: "report" },
      scrapeIntervalSeconds: 15,
      metrics: { httpRequests: "requests_total" },
      probe: "https://report.example.com/",
    };
    for (const [key, value] of Object.entries(ofTargets)) {
      const [problem, ...others] = problemsOf({ services: [{ ...job, [key]: value }] });
      assert.deepEqual(others, []);
      assert.deepEqual(problem?.path, ["services", 0, key]);
      assert.match(problem.rule, /does not apply to a job/);
    }
  });

  it("accepts a name or a number for the port of a service, not both", () => {
    const rule = (target: object) =>
      problemsOf({ services: [{ name: "a", ...target }] }).map(
        ({ path, rule }) => `${path.at(-1)} ${rule}`,
      );
    assert.deepEqual(rule({ portNumber: 8443 }), []);
    assert.deepEqual(rule({ port: "http", portNumber: 8443 }), ["port conflicts with portNumber"]);
    assert.equal(rule({ portNumber: 65536 }).length, 1);
  });

  it("alerts at the thresholds of the policies", () => {
    const { alerts } = settingsOf({});
    const { alertThresholds, trafficFloorPerSecond } = limits;
    assert.equal(alerts.errorRatePercent / 100, alertThresholds.errorRatio);
    assert.equal(alerts.p99LatencyMs / 1000, alertThresholds.p99LatencySeconds);
    assert.equal(alerts.memoryPercent / 100, alertThresholds.memoryRatio);
    assert.equal(alerts.cpuPercent / 100, alertThresholds.cpuRatio);
    assert.equal(alerts.dynamodbThrottlesPerSecond, alertThresholds.throttlesPerSecond);
    assert.equal(alerts.minimumRequestsPerSecond, trafficFloorPerSecond.default);
  });

  it("has the thresholds of the previous setup", () => {
    const { alerts } = settingsOf({});
    for (const [name, value] of Object.entries({
      errorRatePercent: 5,
      p99LatencyMs: 500,
      memoryPercent: 90,
      cpuPercent: 85,
      dynamodbThrottlesPerSecond: 10,
    })) {
      assert.equal(alerts[name as keyof typeof alerts], value, name);
    }
  });

  it("keeps the other thresholds when one is set, even to a less strict value", () => {
    const { alerts } = settingsOf({ alerts: { errorRatePercent: 50 } });
    assert.equal(alerts.errorRatePercent, 50);
    assert.equal(alerts.cpuPercent, 85);
  });

  it("lets only CPU exceed 100%, because it is relative to a request", () => {
    assert.equal(settingsOf({ alerts: { cpuPercent: 150 } }).alerts.cpuPercent, 150);
    assert.deepEqual(described({ alerts: { errorRatePercent: 101, memoryPercent: 101 } }), [
      "alerts.errorRatePercent must be at most 100",
      "alerts.memoryPercent must be at most 100",
    ]);
    assert.deepEqual(described({ alerts: { p99LatencyMs: 0 } }), [
      "alerts.p99LatencyMs must be more than 0",
    ]);
  });

  it("accepts every language of the component", () => {
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

  it("refuses a duplicate name, and names the first service with it", () => {
    const [problem, ...others] = problemsOf({
      services: [{ name: "auth-service" }, { name: "api-gateway" }, { name: "auth-service" }],
    });
    assert.deepEqual(others, []);
    assert.deepEqual(problem, {
      path: ["services", 2, "name"],
      value: "auth-service",
      code: "invalid",
      rule: "must be unique in the namespace ticketing",
      fix: { kind: "set", example: "auth-service-3" },
    });
  });

  it("requires objectives below 100%", () => {
    const slo = { availabilityPercent: 100, latencyPercent: 100, latencyMs: 0, windowDays: 91 };
    assert.deepEqual(described({ services: [{ name: "a", slo }], retentionDays: 100 }), [
      "services[0].slo.availabilityPercent must be less than 100",
      "services[0].slo.latencyMs must be more than 0",
      "services[0].slo.latencyPercent must be less than 100",
      "services[0].slo.windowDays must be at most 90",
    ]);
    settingsOf({ services: [{ name: "a", slo: { availabilityPercent: 99.9 } }] });
  });

  it("requires a window within the retention of Prometheus, and names its key", () => {
    const problemsFor = (windowDays: number, retentionDays?: number) =>
      problemsOf({
        services: [{ name: "a", slo: { availabilityPercent: 99.9, windowDays } }],
        ...(retentionDays === undefined ? {} : { retentionDays }),
      });
    assert.deepEqual(problemsFor(15), []);
    assert.deepEqual(problemsFor(30, 30), []);
    assert.deepEqual(problemsFor(30), [
      {
        path: ["services", 0, "slo", "windowDays"],
        value: 30,
        code: "invalid",
        rule: "must be at most 15, the days that Prometheus retains samples (retentionDays)",
        fix: { kind: "set", example: 14 },
      },
    ]);
  });

  it("requires an error budget whose fastest alert can fire: 14.4 times 7% is more than 100%", () => {
    const problemsFor = (availabilityPercent: number, windowDays: number) =>
      described({
        services: [{ name: "a", slo: { availabilityPercent, windowDays } }],
        retentionDays: 30,
      });
    assert.deepEqual(problemsFor(93, 30), [
      "services[0].slo.availabilityPercent must be more than 93.06, because with a larger error budget the alert could never fire",
    ]);
    assert.deepEqual(problemsFor(93.1, 30), []);
    assert.deepEqual(problemsFor(86, 14), []);
  });

  it("requires both numbers of a latency objective", () => {
    const problemsFor = (slo: object) => described({ services: [{ name: "a", slo }] });
    assert.deepEqual(problemsFor({}), [
      "services[0].slo.availabilityPercent is required, or latencyMs and latencyPercent",
    ]);
    assert.deepEqual(problemsFor({ latencyMs: 300 }), [
      "services[0].slo.latencyPercent is required with latencyMs",
    ]);
    assert.deepEqual(problemsFor({ latencyPercent: 99 }), [
      "services[0].slo.latencyMs is required with latencyPercent",
    ]);
  });

  it("requires warnings that fire before the page, for all services and for one", () => {
    assert.deepEqual(described({ alerts: { warning: { errorRatePercent: 5 } } }), [
      "alerts.warning.errorRatePercent must be less than alerts.errorRatePercent (5)",
    ]);
    const services = [{ name: "a", alerts: { memoryPercent: 70, warning: { memoryPercent: 80 } } }];
    assert.deepEqual(described({ services }), [
      "services[0].alerts.warning.memoryPercent must be less than alerts.memoryPercent (70)",
    ]);
    // The service drops a common warning threshold that is not stricter than its critical one.
    settingsOf({
      alerts: { warning: { memoryPercent: 80 } },
      services: [{ name: "a", alerts: { memoryPercent: 70 } }],
    });
  });

  it("expands a convention to the names of its metrics, which single names override", () => {
    const { services, alerts } = settingsOf({
      services: [
        { name: "a", metrics: { convention: "prometheus", httpStatusLabel: "code" } },
        { name: "b", metrics: { httpRequests: "requests_total" } },
      ],
      alerts: {
        metrics: { convention: "opentelemetry", httpStatusLabel: "status", redisDuration: "redis" },
      },
    });
    const { opentelemetry, prometheus } = requestMetricNames;
    assert.deepEqual(alerts.metrics, {
      ...defaultMetricNames,
      ...opentelemetry,
      httpStatusLabel: "status",
      redisDuration: "redis",
      nativeHistograms: false,
      containerSelector: "",
      kubeStateSelector: "",
    });
    assert.deepEqual(
      services.map(({ metrics }) => metrics),
      [{ ...prometheus, httpStatusLabel: "code" }, { httpRequests: "requests_total" }],
    );
    assert.deepEqual(described({ alerts: { metrics: { convention: "otel" } } }), [
      "alerts.metrics.convention must be one of prometheus, opentelemetry",
    ]);
  });

  it("keeps the kind of the histograms of a service apart from those of all services", () => {
    const { services, alerts } = settingsOf({
      services: [
        { name: "a", metrics: { nativeHistograms: false } },
        { name: "b", metrics: {} },
      ],
      alerts: { metrics: { nativeHistograms: true } },
    });
    assert.equal(alerts.metrics.nativeHistograms, true);
    assert.deepEqual(
      services.map(({ metrics }) => metrics),
      [{ nativeHistograms: false }, {}],
    );
    const problems = described({ services: [{ name: "a", metrics: { nativeHistograms: "yes" } }] });
    assert.deepEqual(problems, ["services[0].metrics.nativeHistograms must be a boolean"]);
  });

  it("accepts only names of metrics and labels", () => {
    settingsOf({
      alerts: { metrics: { httpStatusLabel: "code", containerSelector: 'job="kubelet"' } },
    });
    assert.deepEqual(
      described({
        alerts: {
          metrics: { httpRequests: "a{b}", httpStatusLabel: "a-b", kubeStateSelector: "job" },
        },
      }),
      [
        "alerts.metrics.httpRequests must be a metric name",
        "alerts.metrics.httpStatusLabel must be a label name",
        'alerts.metrics.kubeStateSelector must be matchers like job="kubelet", metrics_path="/metrics/cadvisor"',
      ],
    );
  });

  it("refuses the suffixes that expressions add to histograms", () => {
    for (const suffix of ["_bucket", "_sum", "_count"]) {
      const metrics = { httpDuration: `latency_seconds${suffix}` };
      assert.deepEqual(described({ services: [{ name: "a", metrics }], alerts: { metrics } }), [
        "services[0].metrics.httpDuration must not end with _bucket, _sum or _count",
        "alerts.metrics.httpDuration must not end with _bucket, _sum or _count",
      ]);
    }
    settingsOf({ alerts: { metrics: { httpDuration: "bucket_wait_seconds" } } });
  });

  it("requires a prober with a host and a port of at most 5 digits", () => {
    assert.equal(settingsOf({ prober: "exporter:9115" }).prober, "exporter:9115");
    for (const prober of ["exporter", "http://exporter:9115", "exporter:999999"]) {
      const [problem, ...others] = described({ prober });
      assert.match(problem ?? "", /^prober must be a host and a port, like prometheus-/, prober);
      assert.deepEqual(others, []);
    }
  });

  it("reports all problems of all services at once", () => {
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
