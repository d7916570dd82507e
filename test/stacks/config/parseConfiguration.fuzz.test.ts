import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { Settings, parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { formatConfigurationProblems } from "../../../stacks/config/formatProblems";
import { Secrets } from "../../../stacks/config/load";
import { rawConfiguration } from "../../../stacks/config/rawConfiguration";
import { deployMonitoring } from "../../../stacks/monitoring";
import { secrets } from "../../../components/secrets/secrets";
import { fixedResults } from "../../../preview/engine/invokes";
import { recordProgram } from "../../support/mocks";
import { asTexts, secrets as shippedSecrets, shippedConfig } from "../../support/stackConfig";

// A fixed seed, so that a failure is found again; fast-check prints it with the smallest example.
const seed = 20260316;

type Values = Record<string, unknown>;

const stringsThatHurt = fc.constantFrom(
  "",
  " ",
  "null",
  "[",
  "{}",
  "true",
  "1e999",
  "-0",
  "\u0000",
  "\ud800",
  "\u202e",
  "'; rm -rf /",
  "$(id)",
  "__proto__",
  "constructor",
  "toString",
  "${x}",
  "a".repeat(5000),
  "https://hooks.slack.com/services/T0/B0/xyz",
);
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), stringsThatHurt);
const number = fc.oneof(
  fc.integer({ min: -2, max: 40 }),
  fc.double(),
  fc.constantFrom(NaN, Infinity, -0, 1e308, Number.MAX_SAFE_INTEGER + 2, 7249),
);

/** Every key that means something somewhere, and some that must not. */
const meaningfulKeys = [
  ...["cluster", "name", "mode", "version", "vpcId", "subnetIds", "publicAccessCidrs", "context"],
  ...["environment", "environmentName", "namespaces", "monitoring", "application", "existing"],
  ...["storage", "className", "create", "labels", "imageRegistry", "prometheus", "alertmanager"],
  ...["grafana", "loki", "datadog", "slack", "alerts", "services", "retentionDays", "replicas"],
  ...["size", "storageGb", "protectData", "values", "collectorValues", "communityDashboards"],
  ...["id", "revision", "bucket", "region", "awsIdentity", "kmsKeyArn", "collector", "site"],
  ...["apiKey", "existingSecret", "instrumentedNamespaces", "apm", "channel", "groupBy"],
  ...["errorRatePercent", "runbookBaseUrl", "language", "port", "path", "selector", "slo"],
  ...["kubeconfig", "externalUrl", "lokiUrl", "mountedSecretNames", "configSecretName"],
  ...["channels", "critical", "routes", "service", "team", "quietHours", "from", "timezone"],
  ...["slackWebhookUrls", "slackBotToken", "heartbeatUrl", "pagerDutyRoutingKey", "textTemplate"],
  ...["datadogMonitors", "notify", "overrides", "operation", "logAlerts", "logMetricNamespaces"],
  ...["redactionPatterns", "expression", "disabledRedactions", "remoteWriteUrls"],
  ...["existingPrometheus", "prober", "dashboardLabels", "folderAnnotation", "prometheusUid"],
  ...["datadogApiKey", "slackWebhookUrl", "__proto__", "constructor", "toString", "hasOwnProperty"],
];
const key = fc.oneof(fc.constantFrom(...meaningfulKeys), fc.string({ maxLength: 6 }));

const { anything } = fc.letrec<{ anything: unknown; map: Values; list: unknown[] }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4, depthIdentifier: "value" },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    tie("map"),
    tie("list"),
  ),
  map: fc
    .array(fc.tuple(key, tie("anything")), { maxLength: 4, depthIdentifier: "value" })
    .map(ownProperties),
  list: fc.array(tie("anything"), { maxLength: 3, depthIdentifier: "value" }),
}));

/** As JSON.parse makes them: `__proto__` too is a property like any other. */
function ownProperties(entries: [string, unknown][]): Values {
  const map: Values = {};
  for (const [name, value] of entries) {
    Object.defineProperty(map, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return map;
}

type Step = { kind: "set" | "add" | "remove"; where: number; key: string; value: unknown };

/** One change somewhere in a valid configuration: a leaf or a branch replaced, added or gone. */
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("set", "add", "remove"),
  where: fc.nat(1000),
  key,
  value: anything,
});

function changed(values: Values, { kind, where, key, value }: Step): Values {
  const copy = structuredClone(values);
  const places: [Values, string][] = [];
  const walk = (container: unknown): void => {
    if (typeof container !== "object" || container === null) return;
    for (const name of Object.keys(container)) {
      places.push([container as Values, name]);
      walk((container as Values)[name]);
    }
  };
  walk(copy);
  const [container, name] = places[where % places.length] ?? [copy, "loki"];
  if (kind === "remove") delete container[name];
  else if (kind === "set") container[name] = value;
  else Object.defineProperty(container, key, { value, enumerable: true, writable: true });
  return copy;
}

const shipped = (["dev", "prod"] as const).map((stack) => ({
  ...shippedConfig(stack),
  ...shippedSecrets[stack],
}));
const mutated = fc
  .tuple(fc.constantFrom(...shipped), fc.array(step, { minLength: 1, maxLength: 3 }))
  .map(([valid, steps]) => steps.reduce(changed, valid));
const madeUp = fc
  .array(fc.tuple(key, anything), { maxLength: 8 })
  .map((entries) =>
    Object.fromEntries(entries.map(([name, value]) => [`monitoring:${name}`, value])),
  );

/** Whole file systems are no folders of dashboards to read in a test. */
function withoutFolders(config: Values): Values {
  const grafana = config["monitoring:grafana"];
  if (typeof grafana !== "object" || grafana === null) return config;
  const folder = (grafana as Values)["dashboardsFolder"];
  if (typeof folder !== "string" || folder === "dashboards") return config;
  return { ...config, "monitoring:grafana": { ...grafana, dashboardsFolder: `no/${folder}` } };
}

function outcome(config: Values): Settings | undefined {
  const checked = parseConfiguration(rawConfiguration(asTexts(withoutFolders(config))));
  if (checked.problems === undefined) return checked.settings;
  assert.ok(checked.problems.length > 0);
  const report = formatConfigurationProblems("dev", checked.problems);
  assert.ok(!report.includes("hooks.slack.com"), report);
  assert.ok(!report.includes("fix: undefined"), report);
  assert.ok(!report.includes("[undefined]"), report);
  for (const problem of checked.problems) assert.ok(problem.rule.length > 0);
  return undefined;
}

describe("parseConfiguration, given anything", () => {
  it("returns settings or problems for any change of a valid configuration", () => {
    let accepted = 0;
    fc.assert(
      fc.property(mutated, (config) => {
        if (outcome(config) !== undefined) accepted++;
      }),
      { seed, numRuns: 1500 },
    );
    assert.ok(accepted > 20, `only ${accepted} of the changes were harmless`);
  });

  it("returns settings or problems for any configuration", () => {
    fc.assert(
      fc.property(madeUp, (config) => {
        outcome(config);
      }),
      { seed, numRuns: 1000 },
    );
  });

  it("returns settings or problems for values that are not valid JSON", () => {
    fc.assert(
      fc.property(mutated, (config) => {
        const values = Object.fromEntries(
          Object.entries(withoutFolders(config)).map(([name, value]) => [
            name.replace("monitoring:", ""),
            value,
          ]),
        );
        const checked = parseConfiguration({ values, secrets: [] });
        if (checked.problems) formatConfigurationProblems("dev", checked.problems);
      }),
      { seed, numRuns: 500 },
    );
  });

  it("returns problems for values that are nested very deep", () => {
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    for (const name of ["prometheus", "services", "labels", "unheardOf"]) {
      const inside = name === "prometheus" ? `{"values":{"x":${deep}}}` : deep;
      const texts = { ...asTexts({ ...shipped[0] }), [`monitoring:${name}`]: inside };
      const { problems } = parseConfiguration(rawConfiguration(texts));
      assert.ok(problems, name);
      assert.match(formatConfigurationProblems("dev", problems), /nested more than/);
    }
  });

  it("returns settings that can be deployed", async function () {
    const harmless: Settings[] = [];
    fc.assert(
      fc.property(mutated, (config) => {
        const settings = outcome(config);
        if (settings !== undefined) harmless.push(settings);
      }),
      { seed: seed + 1, numRuns: 400 },
    );
    // What was accepted unchanged in nothing that matters says the least; the rest is spread evenly.
    const sample = harmless.filter(
      (_settings, index) => index % Math.ceil(harmless.length / 25) === 0,
    );
    assert.ok(sample.length >= 10, `only ${sample.length} samples`);
    for (const settings of sample) {
      const answer = fixedResults("us-east-1");
      const tokens = ["aws:eks/getCluster:getCluster", "aws:index/getRegion:getRegion"];
      const call = Object.fromEntries(
        tokens.map((token) => [
          token,
          (inputs: object) => answer({ token, inputs: { ...inputs } }),
        ]),
      );
      await assert.doesNotReject(
        recordProgram(() => deployMonitoring(settings, secretsOf(settings)), { call }),
        JSON.stringify(settings),
      );
    }
  });
});

/** Placeholders of the secrets that these settings were accepted with. */
function secretsOf(settings: Settings): Secrets {
  const accepted = secrets.filter(
    ({ part, argument }) => (settings[part] as Record<string, unknown> | undefined)?.[argument],
  );
  return Object.fromEntries(
    accepted.map(({ key, mapBy, placeholder }) => [key, pulumi.secret(mapBy ? "{}" : placeholder)]),
  );
}
