import * as assert from "node:assert/strict";
import { isProd, isProdName, judgedEnvironment } from "../../../policies/engine/environment";
import { observabilityPolicies, policyPackConfig } from "../../../policies/index";
import { Resource } from "../../../policies/facts/resource";
import { judgedByThePack } from "../completePack";
import { resource } from "../subjects";

const prometheus = (stack: string, labels: object = {}) =>
  resource(
    "kubernetes:monitoring.coreos.com/v1:Prometheus",
    "main",
    { metadata: { name: "main", labels }, spec: { retention: "10d", replicas: 1 } },
    stack,
  );

describe("the environment of a stack", () => {
  for (const name of ["prod", "production", "prd", "prod-eu", "eu-prod2", "live", "acme.PROD"]) {
    it(`is production by the name ${name}`, () => assert.equal(isProdName(name), true));
  }
  for (const name of [
    "dev",
    "dev2",
    "development",
    "staging",
    "qa-eu",
    "preview-17",
    "non-prod",
    "preprod",
    "pre-production",
  ]) {
    it(`is not production by the name ${name}`, () => assert.equal(isProdName(name), false));
  }
  for (const name of ["eu-1", "main", "products", "devotion", ""]) {
    it(`is open by the name "${name}"`, () => assert.equal(isProdName(name), undefined));
  }

  for (const [stack, labels, expected] of [
    ["prod-eu", {}, true],
    ["eu-1", {}, true],
    ["dev", {}, false],
    ["eu-1", { env: "staging" }, false],
    ["dev", { env: "production" }, true],
    ["prod", { env: "dev" }, false],
    ["eu-1", { env: "constructor" }, true],
  ] as const) {
    it(`is ${expected ? "" : "not "}production in ${stack} with the labels ${JSON.stringify(labels)}`, () =>
      assert.equal(isProd(prometheus(stack, labels), {}), expected));
  }

  it("is what the configuration says, before anything else", () => {
    assert.equal(isProd(prometheus("dev", { env: "dev" }), { environment: "prod-eu" }), true);
    assert.equal(isProd(prometheus("prod"), { environment: "dev" }), false);
  });

  it("is what AWS tags and chart values state", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "logs", { tags: { env: "dev" } }, "eu-1");
    assert.equal(isProd(bucket, {}), false);
    const externalLabels = { env: "qa" };
    const values = { prometheus: { prometheusSpec: { externalLabels } } };
    const release = resource("kubernetes:helm.sh/v3:Release", "p", { values }, "eu-1");
    assert.equal(isProd(release, {}), false);
    assert.equal(isProd({ urn: bucket.urn }, {}, [release]), false);
  });

  for (const [name, resources, configured, expected] of [
    [
      "the configuration",
      [prometheus("dev")],
      ["prod-eu", "prod-eu"],
      ["production", "the policy configuration (prod-eu)"],
    ],
    [
      "labels",
      [prometheus("eu-1", { env: "qa" }), prometheus("eu-1")],
      [],
      ["not production", "labels, tags or settings"],
    ],
    [
      "the name of the stack",
      [prometheus("dev")],
      [],
      ["not production", "the name of the stack (dev)"],
    ],
    [
      "nothing",
      [prometheus("eu-1")],
      [],
      ["production", "the default, because no environment is declared"],
    ],
    [
      "resources that differ",
      [prometheus("dev"), prometheus("dev"), prometheus("dev", { env: "live" })],
      [],
      ["not production and production", "the name of the stack (dev) and labels, tags or settings"],
    ],
  ] as [string, Resource[], string[], [string, string]][]) {
    it(`is reported with its source: ${name}`, () => {
      const [judged, source] = expected;
      assert.deepEqual(judgedEnvironment(resources, configured), { judged, source });
    });
  }

  it("makes each policy for production judge the stack prod-eu as it judges prod", async () => {
    const policiesOf = async (stack: string) => [
      ...new Set(
        // The alerts of the chart are unknown to absent-coverage, so it sees the rules alone.
        [
          ...(await judgedByThePack(subjects(stack))),
          ...(await judgedByThePack(subjects(stack).slice(1, 2))),
        ].map(({ policy }) => policy),
      ),
    ];
    const inProd = await policiesOf("prod");
    assert.deepEqual(await policiesOf("prod-eu"), inProd);
    assert.deepEqual(await policiesOf("eu-1"), inProd);
    const prodOnly = inProd.filter((name) => prodPolicies.includes(name));
    assert.deepEqual(prodOnly.sort(), [...prodPolicies].sort());
    assert.deepEqual((await policiesOf("dev")).filter((name) => prodOnly.includes(name)).sort(), [
      "loki-bucket-hardened",
    ]);
  });

  it("is one setting for the whole pack", () => {
    const config = policyPackConfig({
      all: "mandatory",
      environment: "prod",
      prometheusStorage: { samplesPerSecond: 9 },
      absentCoverage: "disabled",
    }) as Record<string, object>;
    for (const name of prodPolicies) assert.equal(environmentIn(config[name]), "prod", name);
    assert.deepEqual(config["absent-coverage"], {
      environment: "prod",
      enforcementLevel: "disabled",
    });
    assert.deepEqual(config["prometheus-storage"], {
      environment: "prod",
      enforcementLevel: "mandatory",
      samplesPerSecond: 9,
    });
    assert.equal(config["environment"], undefined);
  });
});

const prodPolicies = observabilityPolicies()
  .filter((policy) => Object.hasOwn(policy.configSchema?.properties ?? {}, "environment"))
  .map(({ name }) => name);

function environmentIn(config: object | undefined): unknown {
  return (config as { environment?: unknown } | undefined)?.environment;
}

/** A stack that violates each policy for production. */
function subjects(stack: string) {
  return [
    resource(
      "kubernetes:helm.sh/v3:Release",
      "prometheus",
      {
        chart: "kube-prometheus-stack",
        name: "prometheus",
        values: {
          prometheus: { prometheusSpec: { retention: "10d" } },
          alertmanager: { config: { route: { receiver: "null" }, receivers: [{ name: "null" }] } },
        },
      },
      stack,
    ),
    resource(
      "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
      "rules",
      {
        metadata: { name: "rules" },
        spec: {
          groups: [
            {
              name: "g",
              rules: [{ alert: "A", expr: "rare_total > 1", labels: { severity: "critical" } }],
            },
          ],
        },
      },
      stack,
    ),
    resource(
      "kubernetes:helm.sh/v3:Release",
      "loki",
      { chart: "loki", values: { loki: { storage: { bucketNames: { chunks: "logs" } } } } },
      stack,
    ),
    resource("aws:s3/bucket:Bucket", "logs", { bucket: "logs", forceDestroy: true }, stack),
  ];
}
