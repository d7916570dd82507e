import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { ruleGroups } from "../../../components/alerting/rules";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { charts } from "../../../components/charts/charts";
import { Checked } from "../../../components/shared/problems";
import { lokiSettings } from "../../../components/loki/settings";
import { prometheusSettings } from "../../../components/prometheus/settings";
import { servicesSettings } from "../../../components/services/settings/settings";
import { lokiValues } from "../../../components/loki/values";
import { Values, mergeValues } from "../../../policies/shared/mergeValues";
import { prometheusValues } from "../../../components/prometheus/values";
import { monitorSpec } from "../../../components/services/serviceMonitor";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { policyDescriptions } from "../../../policies/index";
import { limits } from "../../../policies/limits/limits";
import { AnyPolicy } from "../../../policies/engine/policy";
import { problems, resource } from "../subjects";

/** Everything that a setting can push over a limit of some policy. */
interface Knobs {
  environment: "dev" | "prod";
  retentionDays: number;
  lokiRetentionDays: number;
  scrapeIntervalSeconds: number;
  serviceIntervalSeconds: number;
  errorRatePercent: number;
  p99LatencyMs: number;
  memoryPercent: number;
  cpuPercent: number;
  dynamodbThrottlesPerSecond: number;
  minimumRequestsPerSecond: number;
  runbookBaseUrl: string;
  replicas: number;
  version: string;
  repository: string;
  selectsAll: boolean;
  /** Replacements in the rules as they are written. */
  rules: (written: string) => string;
}

const { alertThresholds: most } = limits;
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const { min, max, minInProd } = limits.prometheusRetentionDays;
const scrape = limits.scrapeIntervalSeconds;

const inside = (environment: "dev" | "prod"): fc.Arbitrary<Knobs> =>
  fc.record({
    environment: fc.constant(environment),
    retentionDays: fc.integer({ min: environment === "prod" ? minInProd : min, max }),
    lokiRetentionDays: fc.integer(limits.lokiRetentionDays),
    scrapeIntervalSeconds: fc.integer({ min: scrape.min, max: scrape.max }),
    serviceIntervalSeconds: fc.integer({ min: scrape.min, max: scrape.max }),
    errorRatePercent: between(0.01, most.errorRatio * 100),
    p99LatencyMs: between(1, most.p99LatencySeconds * 1000),
    memoryPercent: between(1, most.memoryRatio * 100),
    cpuPercent: between(1, most.cpuRatio * 100),
    dynamodbThrottlesPerSecond: between(0.01, most.throttlesPerSecond),
    minimumRequestsPerSecond: between(0, limits.trafficFloorPerSecond.max),
    runbookBaseUrl: fc.constantFrom(
      "https://runbooks.ticketing.io",
      "https://wiki.ticketing.io/a/",
    ),
    replicas: fc.integer({ min: 2, max: 5 }),
    version: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join(".")),
    repository: fc.constantFrom(...limits.chartRepositories),
    selectsAll: fc.constant(true),
    rules: fc.constant((written: string) => written),
  });

type Push = { [K in keyof Knobs]: [K, fc.Arbitrary<Knobs[K]>] }[keyof Knobs];

/** What breaks exactly one policy, wherever everything else is. */
const pushes: [policy: string, ...Push][] = [
  ["prometheus-retention", "retentionDays", fc.integer({ min: 1, max: min - 1 })],
  ["prometheus-retention", "retentionDays", fc.integer({ min: max + 1, max: 400 })],
  ["loki-retention", "lokiRetentionDays", fc.integer({ min: 1, max: 6 })],
  ["loki-retention", "lokiRetentionDays", fc.integer({ min: 91, max: 4000 })],
  ["scrape-cost", "scrapeIntervalSeconds", fc.integer({ min: 1, max: scrape.min - 1 })],
  // The interval of evaluation follows, which rules-are-loaded limits to 15 minutes.
  ["scrape-cost", "scrapeIntervalSeconds", fc.integer({ min: scrape.max + 1, max: 900 })],
  ["scrape-cost", "serviceIntervalSeconds", fc.integer({ min: scrape.max + 1, max: 3600 })],
  ["alert-thresholds", "errorRatePercent", between(most.errorRatio * 100 + 0.001, 99)],
  ["alert-thresholds", "p99LatencyMs", between(most.p99LatencySeconds * 1000 + 0.1, 1e6)],
  ["alert-thresholds", "memoryPercent", between(most.memoryRatio * 100 + 0.001, 100)],
  ["alert-thresholds", "cpuPercent", between(most.cpuRatio * 100 + 0.001, 1000)],
  ["alert-thresholds", "dynamodbThrottlesPerSecond", between(most.throttlesPerSecond + 0.01, 1e6)],
  ["alert-thresholds", "minimumRequestsPerSecond", between(1.001, 1e6)],
  [
    "alert-annotations",
    "runbookBaseUrl",
    fc.constantFrom("https://example.com/runbooks", "https://wiki/TODO"),
  ],
  ["prod-high-availability", "replicas", fc.constant(1)],
  ["pinned-charts", "version", fc.constantFrom("latest", "1", "1.2", "^1.2.3", ">1.0.0", "1.x.x")],
  ["pinned-charts", "repository", fc.webUrl()],
  ["rules-are-loaded", "selectsAll", fc.constant(false)],
  [
    "rate-window",
    "rules",
    fc
      .integer({ min: 1, max: scrape.min * limits.rateWindowScrapes - 1 })
      .map(
        (seconds) => (written) =>
          written.replaceAll(/(?<=\[)5m(?=\])|(?<=rate_?)5m/g, `${seconds}s`),
      ),
  ],
  [
    "alert-for",
    "rules",
    fc
      .integer({ min: 61, max: 9999 })
      .map((minutes) => (written) => written.replaceAll(/"for":"\d+m"/g, `"for":"${minutes}m"`)),
  ],
  [
    "alert-severity",
    "rules",
    fc
      .constantFrom("page", "Critical", "")
      .map((word) => (written) => written.replaceAll(/"severity":"\w+"/g, `"severity":"${word}"`)),
  ],
  [
    "promql-valid",
    "rules",
    fc
      .constantFrom('=~\\"ticketing\\"')
      .map((pattern) => (written) => written.replaceAll('=\\"ticketing\\"', pattern)),
  ],
  [
    "prometheus-retention-covers-rules",
    "rules",
    fc
      .integer({ min: 91, max: 999 })
      .map(
        (days) => (written) =>
          written.replaceAll(
            'reason=\\"CrashLoopBackOff\\"}[4m]',
            `reason=\\"CrashLoopBackOff\\"}[${days}d]`,
          ),
      ),
  ],
];

const configSecretName = "made-elsewhere";

function settled<T>(checked: Checked<T>): T {
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

/** The resources that the components register for these settings, as policies read them. */
function stackOf(knobs: Knobs): Resource[] {
  const { environment, replicas, scrapeIntervalSeconds } = knobs;
  const identity = { cluster: `ticketing-${environment}`, environment };
  const installed = (name: string, values: Values): Resource =>
    resource(
      "kubernetes:helm.sh/v3:Release",
      name,
      {
        chart: name,
        version: knobs.version,
        repositoryOpts: { repo: knobs.repository },
        values,
      },
      environment,
    );
  const prometheus = settled(
    prometheusSettings({
      ...identity,
      retentionDays: knobs.retentionDays,
      scrapeIntervalSeconds,
      storageGb: 4000,
      replicas,
      alertmanager: { replicas, configSecretName },
    }),
  );
  const loki = settled(
    lokiSettings({
      ...identity,
      bucket: "ticketing-loki-chunks",
      mode: replicas > 1 ? "highAvailability" : "singleBinary",
      retentionDays: knobs.lokiRetentionDays,
    }),
  );
  const services = settled(
    servicesSettings({
      namespace: "ticketing",
      retentionDays: knobs.retentionDays,
      services: [
        { name: "inventory-service", scrapeIntervalSeconds: knobs.serviceIntervalSeconds },
        { name: "auth-service" },
      ],
      alerts: {
        errorRatePercent: knobs.errorRatePercent,
        p99LatencyMs: knobs.p99LatencyMs,
        memoryPercent: knobs.memoryPercent,
        cpuPercent: knobs.cpuPercent,
        dynamodbThrottlesPerSecond: knobs.dynamodbThrottlesPerSecond,
        minimumRequestsPerSecond: knobs.minimumRequestsPerSecond,
        runbookBaseUrl: knobs.runbookBaseUrl,
      },
    }),
  );
  const groups = ruleGroups(serviceAlerts(services, "services"), services.alerts);
  const object = (kind: string, name: string, spec: unknown): Resource =>
    resource(
      `kubernetes:monitoring.coreos.com/v1:${kind}`,
      name,
      { metadata: { name, namespace: "ticketing" }, spec },
      environment,
    );
  return [
    installed(
      charts.kubePrometheusStack.name,
      mergeValues(prometheusValues(prometheus), {
        defaultRules: { disabled: { KubePodCrashLooping: true } },
        prometheus: {
          prometheusSpec: {
            ...(knobs.selectsAll ? {} : { ruleSelectorNilUsesHelmValues: true }),
          },
        },
      }),
    ),
    installed(charts.loki.name, lokiValues(loki)),
    object("PrometheusRule", "rules", {
      groups: JSON.parse(knobs.rules(JSON.stringify(groups))) as unknown,
    }),
    ...services.services.map((service) =>
      object("ServiceMonitor", service.name, monitorSpec(service, services)),
    ),
  ];
}

const policies = policyDescriptions() as AnyPolicy[];

/** Names of the policies that these settings violate. */
function violated(knobs: Knobs): string[] {
  const resources = stackOf(knobs);
  return policies
    .filter((policy) => {
      if (policy.scope === "report") return false;
      const finds = (subject: Resource | Resource[]): boolean =>
        problems(policy, subject, config(policy)).length > 0;
      return policy.scope === "stack"
        ? finds(resources.filter(({ type }) => policy.reads(type)))
        : resources.some((one) => policy.appliesTo(one.type) && finds(one));
    })
    .map(({ name }) => name);
}

/** Alertmanager's configuration is not what this test is about. */
function config(policy: AnyPolicy): PlainMap {
  return "externalSecrets" in policy.config ? { externalSecrets: [configSecretName] } : {};
}

/** What only production is asked for. */
const onlyInProd = new Set(["alert-annotations", "prod-high-availability"]);

/** Each run judges a stack with all policies, which takes half a second. The seeds differ each time. */
const runs = { inside: 15, outside: 6 };

describe("limits that settings and policies share", () => {
  for (const environment of ["dev", "prod"] as const) {
    it(`accepts all settings within the limits in ${environment}`, () => {
      fc.assert(
        fc.property(inside(environment), (knobs) => assert.deepEqual(violated(knobs), [])),
        { numRuns: runs.inside },
      );
    });
  }

  for (const [policy, knob, outside] of pushes) {
    it(`reports ${knob} outside the limits by ${policy} alone`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom("dev" as const, "prod" as const).chain(inside),
          outside as fc.Arbitrary<never>,
          (knobs, value) => {
            const expected =
              knobs.environment === "prod" || !onlyInProd.has(policy) ? [policy] : [];
            // With a longer interval, the ranges of the rules are also too short.
            const found = violated({ ...knobs, [knob]: value }).filter(
              (name) => knob !== "scrapeIntervalSeconds" || name !== "rate-window",
            );
            assert.deepEqual(found, expected);
          },
        ),
        { numRuns: runs.outside },
      );
    });
  }
});
