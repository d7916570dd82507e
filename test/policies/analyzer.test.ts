import { noOptions } from "../../preview/engine/recordedResource";
import * as assert from "node:assert/strict";
import * as esbuild from "esbuild";
import * as fs from "node:fs";
import * as path from "node:path";
import { policyDescriptions } from "../../policies/index";
import { Analyzer } from "../../preview/pack/analyzer";
import type { AnalyzedResource } from "../../preview/pack/analyzerMessages";
import type { PolicyReport } from "../../preview/pack/policyReport";
import { UNKNOWN_ON_THE_WIRE, WireObject, WireValue } from "../../preview/engine/values";
import { fake } from "./fakes";
import { baseSignals } from "./subjects";

const directory = path.resolve(__dirname, "../../policies");

function wireSecret(value: WireValue): WireValue {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

function registered(type: string, name: string, properties: WireObject): AnalyzedResource {
  return {
    type,
    name,
    urn: `urn:pulumi:dev::monitoring::${type}::${name}`,
    parent: undefined,
    custom: true,
    properties,
    registeredOutputs: undefined,
    options: noOptions(),
  };
}

const release = (values: WireValue): AnalyzedResource =>
  registered("kubernetes:helm.sh/v3:Release", "prometheus", {
    chart: "kube-prometheus-stack",
    values,
  });
const prometheus = (spec: WireValue): AnalyzedResource =>
  release({ prometheus: { prometheusSpec: spec } });
const rules = (...expressions: WireValue[]): AnalyzedResource =>
  registered("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
    metadata: { name: "rules" },
    spec: { groups: [{ name: "g", rules: expressions.map((expr) => ({ alert: "A", expr })) }] },
  });
const monitor = registered(
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
  "inventory-service",
  {
    metadata: { name: "inventory-service", namespace: "ticketing" },
    spec: { selector: { matchLabels: { app: "inventory-service" } } },
  },
);

/** The policies that these tests run. Each policy also has a test of its own. */
const sampled = [
  "prometheus-retention",
  "loki-retention",
  "required-alerts",
  "alert-thresholds",
  "no-plaintext-credentials",
  "not-evaluated",
  "exceptions",
];
const others = policyDescriptions().filter(({ name }) => !sampled.includes(name));
const withoutOthers = Object.fromEntries(others.map(({ name }) => [name, "disabled"]));

describe("the policy pack in its own process", () => {
  let analyzer: Analyzer;

  before(() => {
    analyzer = Analyzer.start(directory);
  });
  after(() => analyzer.close());

  const analyze = (
    resources: AnalyzedResource[],
    config: Record<string, unknown> = {},
  ): Promise<PolicyReport> =>
    analyzer.analyze(resources, {
      project: "monitoring",
      stack: "dev",
      config: { ...withoutOthers, ...config },
    });

  it("describes every policy with its level and configuration", async () => {
    const { pack, policies } = await analyzer.analyze([], { project: "monitoring", stack: "dev" });
    assert.equal(pack.name, "observability");
    assert.deepEqual(
      policies.map(({ name, level }) => `${name} ${level}`),
      policyDescriptions()
        .slice(0, -2)
        .map(({ name, enforcementLevel }) => `${name} ${enforcementLevel}`),
    );
    const { annotations, maxExceptionDays, ...own } = policies[0]?.settings ?? {};
    assert.deepEqual(own, {
      minDays: 7,
      minDaysInProd: 15,
      minHoursWithLongTermStorage: 2,
      maxDays: 90,
    });
    assert.deepEqual([annotations, maxExceptionDays], ["allowed", 366]);
  });

  it("reports no violation for a stack that complies", async () => {
    const { violations } = await analyze([
      prometheus({ retention: "15d" }),
      monitor,
      rules(...Object.values(baseSignals)),
    ]);
    assert.deepEqual(violations, []);
  });

  it("judges resources and stacks", async () => {
    const loki = registered("kubernetes:helm.sh/v3:Release", "loki", {
      chart: "loki",
      values: { url: fake.slackWebhook },
    });
    const { violations } = await analyze([
      prometheus({ retention: "5d" }),
      loki,
      monitor,
      rules("sum(rate(dynamodb_throttled_requests_total[5m])) > 500m"),
    ]);
    const found = new Set(violations.map(({ policy, level }) => `${policy} ${level}`));
    assert.deepEqual([...found].sort(), [
      "alert-thresholds mandatory",
      "loki-retention mandatory",
      "no-plaintext-credentials mandatory",
      "prometheus-retention mandatory",
      "required-alerts mandatory",
    ]);
    assert.equal(violations.find(({ policy }) => policy === "required-alerts")?.urn, monitor.urn);
    assert.ok(!JSON.stringify(violations).includes(fake.slackWebhook));
  });

  it("reports an advice as advisory, whatever the level of the policy", async () => {
    const values = { alertmanager: { config: { inhibit_rules: [{ equal: [] }] } } };
    const { violations } = await analyze(
      [
        registered("kubernetes:helm.sh/v3:Release", "p", {
          chart: "kube-prometheus-stack",
          values,
        }),
      ],
      { inhibition: { inhibitingSeverities: [], advisedSeverities: ["critical"] } },
    );
    assert.deepEqual(
      violations
        .filter(({ policy }) => policy === "inhibition")
        .map(({ level, message }) => `${level}: ${message.split("\n")[0]}`),
      [
        "mandatory: `equal` is empty, so one alert inhibits every matching alert",
        "advisory: critical alerts do not inhibit warnings about the same object",
      ],
    );
  });

  it("judges secrets by their value", async () => {
    const { violations } = await analyze([prometheus(wireSecret({ retention: "5d" }))]);
    assert.equal(violations.length, 1);
  });

  it("judges known values next to unknown ones, and reports that it could not judge the rest", async () => {
    const { violations, notEvaluated } = await analyze([
      rules(UNKNOWN_ON_THE_WIRE, "sum(rate(dynamodb_throttled_requests_total[5m])) > 11"),
    ]);
    assert.deepEqual(
      violations.map(({ policy, level }) => `${policy} ${level}`),
      ["alert-thresholds mandatory"],
    );
    assert.deepEqual(
      notEvaluated.map(({ message }) => message),
      [
        'not evaluated: PrometheusRule "rules": spec.groups[0].rules[0].expr, because its value is unknown until the deployment',
      ],
    );
  });

  it("judges lists, another API group and the values of any chart", async () => {
    const lax = "sum(rate(dynamodb_throttled_requests_total[5m])) > 11";
    const spec = { groups: [{ name: "g", rules: [{ alert: "A", expr: lax }] }] };
    const metadata = { name: "r" };
    const rule = { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata, spec };
    const type = "kubernetes:monitoring.coreos.com/v1:PrometheusRule";
    for (const [subject, place] of [
      [registered(`${type}List`, "l", { items: [{ metadata, spec }] }), /below items\[0\]/],
      [registered("kubernetes:core/v1:List", "l", { items: [rule] }), /below items\[0\]/],
      [
        registered("kubernetes:monitoring.rhobs/v1:PrometheusRule", "r", { metadata, spec }),
        /PrometheusRule "r"/,
      ],
      [
        registered("kubernetes:helm.sh/v3:Release", "x", {
          chart: "redis-exporter",
          values: { prometheusRule: { enabled: true, ...spec } },
        }),
        /values\.prometheusRule/,
      ],
      [
        registered("kubernetes:helm.sh/v4:Chart", "x", {
          chart: "own",
          values: { app: { alerts: spec } },
        }),
        /values\.app\.alerts/,
      ],
    ] as const) {
      const { violations } = await analyze([subject]);
      assert.deepEqual(
        [subject.type, ...violations.map(({ policy }) => policy)],
        [subject.type, "alert-thresholds"],
      );
      assert.match(violations[0]?.message ?? "", place);
    }
  });

  it("lists what no policy evaluated, whatever the level, and passes", async () => {
    const group = registered("kubernetes:yaml/v2:ConfigGroup", "crds", { files: ["crds.yaml"] });
    const broken = rules("x > ");
    const { violations, notEvaluated } = await analyze([group, broken], {
      "not-evaluated": "mandatory",
    });
    assert.deepEqual(violations, []);
    assert.deepEqual(
      notEvaluated.map(({ message, details }) => `${message} (${details["policies"]})`),
      [
        'not evaluated: ConfigGroup "crds": its objects, because they are not resources of the stack (all policies)',
        'not evaluated: PrometheusRule "rules": spec.groups[0].rules[0].expr, because it cannot be read (alert-thresholds)',
      ],
    );
    const child = { ...broken, parent: group.urn };
    const next = await analyze([group, child], { "not-evaluated": { excludeFor: ["rules"] } });
    assert.deepEqual(next.notEvaluated, []);
  });

  it("ignores unknown values that it does not need", async () => {
    const { violations } = await analyze([
      prometheus({ retention: "15d", externalUrl: UNKNOWN_ON_THE_WIRE }),
      registered("aws:s3/bucket:Bucket", "b", {
        arn: UNKNOWN_ON_THE_WIRE,
        tags: [UNKNOWN_ON_THE_WIRE],
      }),
    ]);
    assert.deepEqual(violations, []);
  });

  it("does not report missing alerts while a rule is unknown", async () => {
    const { violations, notEvaluated } = await analyze([monitor, rules(UNKNOWN_ON_THE_WIRE)]);
    assert.deepEqual(violations, []);
    assert.match(notEvaluated[0]?.details["policies"] ?? "", /required-alerts/);
  });

  it("applies the levels and properties of its configuration", async () => {
    const subject = prometheus({ retention: "5d" });
    const levels = async (config: Record<string, unknown>) =>
      (await analyze([subject], config)).violations.map(({ level }) => level);
    assert.deepEqual(await levels({ all: "advisory" }), ["advisory"]);
    assert.deepEqual(await levels({ "prometheus-retention": "disabled" }), []);
    assert.deepEqual(await levels({ "prometheus-retention": { minDays: 5 } }), []);
    assert.deepEqual(
      await levels({ "prometheus-retention": { environment: "prod", minDays: 5 } }),
      ["mandatory"],
    );
  });

  it("remediates in place, and keeps the secrets and unknown values next to it", async () => {
    const subject = prometheus({
      retention: "5d",
      secret: wireSecret("x"),
      unknown: UNKNOWN_ON_THE_WIRE,
    });
    const { violations, remediations, remediated } = await analyze([subject], {
      "prometheus-retention": "remediate",
    });
    assert.deepEqual(violations, []);
    assert.deepEqual(
      remediations.map(({ policy, diagnostic }) => [policy, diagnostic]),
      [["prometheus-retention", undefined]],
    );
    assert.deepEqual(remediated.get(subject.urn), {
      chart: "kube-prometheus-stack",
      values: {
        prometheus: {
          prometheusSpec: {
            retention: "7d",
            secret: wireSecret("x"),
            unknown: UNKNOWN_ON_THE_WIRE,
          },
        },
      },
    });
  });

  it("remediates Loki inside a secret", async () => {
    const loki = registered("kubernetes:helm.sh/v3:Release", "loki", {
      chart: "loki",
      values: wireSecret({ loki: { storage: { type: "s3" } } }),
    });
    const { violations, remediated } = await analyze([loki], { "loki-retention": "remediate" });
    assert.deepEqual(violations, []);
    assert.deepEqual(
      remediated.get(loki.urn)?.["values"],
      wireSecret({
        loki: {
          storage: { type: "s3" },
          limits_config: { retention_period: "360h" },
          compactor: { retention_enabled: true, delete_request_store: "s3" },
        },
      }),
    );
  });

  it("remediates a chart inside another chart in place", async () => {
    const umbrella = (retention: string): AnalyzedResource =>
      registered("kubernetes:helm.sh/v3:Release", "platform", {
        chart: "platform",
        values: wireSecret({
          monitoring: { prometheus: { prometheusSpec: { retention, secret: wireSecret("x") } } },
          other: UNKNOWN_ON_THE_WIRE,
        }),
      });
    const config = { "prometheus-retention": "remediate" };
    const { violations, remediated } = await analyze([umbrella("5d")], config);
    assert.deepEqual(violations, []);
    assert.deepEqual(remediated.get(umbrella("5d").urn), umbrella("7d").properties);
  });

  const rule = (
    fields: WireObject,
    annotations: WireObject = {},
    name = "rules",
  ): AnalyzedResource =>
    registered("kubernetes:monitoring.coreos.com/v1:PrometheusRule", name, {
      metadata: { name, annotations },
      spec: { groups: [{ name: "g", rules: [{ alert: "A", ...fields }] }] },
    });

  it("judges rules by every policy on rules", async () => {
    const { violations } = await analyzer.analyze(
      [
        prometheus({ retention: "15d" }),
        rule({ expr: "x[", labels: { severity: "critical" }, for: "1h" }, {}, "broken"),
        rule(
          { expr: "avg_over_time(hit_ratio[30d]) > 5 and rate(x[1m]) > 1", labels: {} },
          {},
          "units",
        ),
        rule({ expr: "up > 2", alert: "TargetDown" }, {}, "duplicate"),
      ],
      {
        project: "monitoring",
        stack: "dev",
        config: { "alert-annotations": { environment: "prod" } },
      },
    );
    const found = new Set(violations.map(({ policy }) => policy));
    for (const policy of [
      "prometheus-retention-covers-rules",
      "promql-valid",
      "promql-units",
      "rate-window",
      "alert-severity",
      "alert-for",
      "alert-annotations",
      "rules-are-loaded",
      "duplicate-rules",
      "pinned-charts",
    ]) {
      assert.ok(found.has(policy), policy);
    }
  });

  it("remediates rules in place, one policy after another", async () => {
    const subject = rule({ expr: UNKNOWN_ON_THE_WIRE, labels: { severity: "page" } });
    const known = rule({ expr: "x > 1", labels: { severity: "page" }, secret: wireSecret("s") });
    const config = { "alert-severity": "remediate", "alert-for": "remediate" };
    const { violations, remediated } = await analyze([known], config);
    assert.deepEqual(violations, []);
    assert.deepEqual(remediated.get(known.urn)?.["spec"], {
      groups: [
        {
          name: "g",
          rules: [
            {
              alert: "A",
              expr: "x > 1",
              for: "1m",
              labels: { severity: "critical" },
              secret: wireSecret("s"),
            },
          ],
        },
      ],
    });
    // Unknown values are kept.
    assert.equal((await analyze([subject], config)).remediated.size, 0);
  });

  it("remediates a violation of a stack policy, so that the stack passes", async () => {
    const chart = prometheus({ retention: "15d" });
    const config = (labels: Record<string, string>) => ({
      "rules-are-loaded": { enforcementLevel: "remediate", labels },
    });
    const found = async (resources: AnalyzedResource[], labels: Record<string, string>) => {
      const { violations, remediated } = await analyze(resources, config(labels));
      return [violations.map(({ policy, level }) => `${policy} ${level}`), remediated] as const;
    };
    const object = rules("x > 1");

    const [without] = await found([chart, object], {});
    assert.deepEqual(without, ["rules-are-loaded mandatory"]);

    const [violations, remediated] = await found([chart, object], { release: "prometheus" });
    assert.deepEqual(violations, []);
    const properties = remediated.get(object.urn) ?? {};
    assert.deepEqual(properties["metadata"], {
      name: "rules",
      labels: { release: "prometheus" },
    });

    const again = await found([chart, { ...object, properties }], { release: "prometheus" });
    assert.deepEqual(again, [[], new Map()]);
  });

  it("excepts an annotated object, and reports an expired exception", async () => {
    const config = { "alert-for": "mandatory" };
    const excepted = async (until: string) => {
      const line = `alert-for: the batch runs once a day; owner team-batch; until ${until}`;
      const subject = rule(
        { expr: "x > 1", labels: { severity: "critical" } },
        { "observability.policy/except": line },
      );
      const { violations, exceptions } = await analyze([subject], config);
      assert.deepEqual(
        exceptions.map(({ details }) => details),
        violations.length > 0
          ? []
          : [
              {
                policy: "alert-for",
                resource: 'PrometheusRule "rules"',
                reason: "the batch runs once a day",
                owner: "team-batch",
                until,
              },
            ],
      );
      return violations.map(({ message }) => message.split("\n")[0]);
    };
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    assert.deepEqual(await excepted(tomorrow), []);
    assert.deepEqual(await excepted("2026-01-01"), [
      "the exception from alert-for has expired",
      "`for` is 0 or not set",
    ]);
  });

  it("reads the text of assets", async () => {
    const asset = {
      "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
      text: `a: ${fake.slackWebhook}`,
    };
    const { violations } = await analyze([
      registered("kubernetes:helm.sh/v3:Release", "x", { chart: "x", valueYamlFiles: [asset] }),
    ]);
    assert.deepEqual(
      violations.map(({ policy }) => policy),
      ["no-plaintext-credentials"],
    );
  });
});

describe("the pack of another team", () => {
  // Inside the project, so that its packages are found.
  const own = path.join(directory, "bin", `own-${process.pid}`);

  const start = (args: string): Analyzer => {
    esbuild.buildSync({
      stdin: {
        contents: `import { ObservabilityGuard } from "./index";\nnew ObservabilityGuard(${args});`,
        resolveDir: directory,
      },
      outfile: path.join(own, "index.js"),
      bundle: true,
      platform: "node",
      packages: "external",
      logLevel: "silent",
    });
    fs.writeFileSync(path.join(own, "package.json"), '{"version": "1.0.0", "main": "index.js"}');
    fs.writeFileSync(path.join(own, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    return Analyzer.start(own);
  };
  after(() => fs.rmSync(own, { recursive: true, force: true }));

  it("applies its arguments at the level mandatory", async () => {
    const analyzer = start('{ prometheusRetention: { maxDays: 60 }, requiredAlerts: "disabled" }');
    try {
      const { violations } = await analyzer.analyze([prometheus({ retention: "61d" }), monitor], {
        project: "monitoring",
        stack: "dev",
        config: withoutOthers,
      });
      assert.deepEqual(
        violations.map(({ policy, level }) => `${policy} ${level}`),
        ["prometheus-retention mandatory"],
      );
    } finally {
      analyzer.close();
    }
  });

  it("does not start with unknown arguments", async () => {
    const analyzer = start("{ prometheusRetention: { maxDay: 60 } }");
    const run = analyzer.analyze([], { project: "monitoring", stack: "dev" });
    await assert.rejects(
      run,
      /prometheus-retention\.maxDay is not a property .*\n.*rename maxDay to maxDays/,
    );
    analyzer.close();
  });
});
