import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  ObservabilityGuard,
  checkPolicyConfig,
  observabilityPolicies,
  policyDescriptions,
  policyPackConfig,
} from "../../policies/index";
import { presets } from "../../stacks/presets/presets";

const directory = path.resolve(__dirname, "../../policies");
const readJson = (file: string): unknown =>
  JSON.parse(fs.readFileSync(path.join(directory, file), "utf8"));

describe("policies", () => {
  it("have the names of the catalog", () => {
    assert.deepEqual(
      observabilityPolicies().map(({ name }) => name),
      [
        "prometheus-retention",
        "prometheus-retention-covers-rules",
        "prometheus-storage",
        "loki-retention",
        "loki-bucket-lifecycle",
        "log-group-retention",
        "required-alerts",
        "alert-thresholds",
        "promql-valid",
        "promql-units",
        "records-exist",
        "rate-window",
        "alert-severity",
        "alert-for",
        "alert-annotations",
        "absent-coverage",
        "rules-are-loaded",
        "duplicate-rules",
        "watchdog-routed",
        "severities-delivered",
        "inhibition",
        "grouping",
        "no-plaintext-credentials",
        "loki-bucket-hardened",
        "loki-iam-least-privilege",
        "grafana-exposure",
        "pod-security",
        "grafana-provisioning",
        "loki-limits",
        "collector-pipelines",
        "scrape-cost",
        "external-labels",
        "resource-requests",
        "prod-high-availability",
        "pinned-charts",
        "not-evaluated",
        "exceptions",
      ],
    );
  });

  it("have a reason and a remediation", () => {
    for (const { name, description, why, remediation, config } of policyDescriptions()) {
      assert.match(description, /\.$/, name);
      assert.ok(why.length > 30 && remediation.length > 10, name);
      for (const property of Object.values(config)) assert.match(property.description, /\.$/, name);
    }
  });

  it("can be imported without starting a pack", () => {
    const script = 'require("./policies/index"); process.stdout.write("alive")';
    const run = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
      cwd: path.dirname(directory),
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.equal(run.stdout, "alive", run.stderr);
  });

  it("leave the SDK of a pack as it is", () => {
    const script = `
      const sdk = require("@pulumi/policy/deserialize");
      const { deserializeProperties } = sdk;
      new (require("./policies/index").ObservabilityGuard)();
      process.stdout.write(sdk.deserializeProperties === deserializeProperties ? "same" : "patched");
      process.exit();`;
    const run = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
      cwd: path.dirname(directory),
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.equal(run.stdout, "same", run.stderr);
  });

  for (const preset of Object.keys(presets)) {
    it(`have a valid configuration for the preset ${preset}`, () =>
      assert.deepEqual(checkPolicyConfig(readJson(`config.${preset}.json`)), []));
  }

  describe("checkPolicyConfig", () => {
    for (const [config, path, rule, fix] of [
      [
        { "prometheus-retentoin": "mandatory" },
        "prometheus-retentoin",
        /is not a policy/,
        "rename prometheus-retentoin to prometheus-retention",
      ],
      [
        { "alert-thresholds": { maxErorRatio: 1 } },
        "alert-thresholds.maxErorRatio",
        /is not a property \(known: annotations, approvedExceptions, excludeFor, includeFor, maxCpuRatio, /,
        "rename maxErorRatio to maxErrorRatio",
      ],
      [
        { "prometheus-retention": { color: "red" } },
        "prometheus-retention.color",
        /is not a property/,
        "remove color",
      ],
      [
        { all: "strict" },
        "all",
        /must be one of advisory, mandatory, remediate, disabled/,
        'set all to "mandatory"',
      ],
      [
        { "loki-retention": "off" },
        "loki-retention",
        /must be one of/,
        'set loki-retention to "mandatory"',
      ],
      [
        { "loki-retention": { enforcementLevel: 1 } },
        "loki-retention.enforcementLevel",
        /must be one of/,
        'set loki-retention.enforcementLevel to "mandatory"',
      ],
      [
        { "loki-retention": { minDays: "7" } },
        "loki-retention.minDays",
        /must be a number/,
        "set loki-retention.minDays, for example to 7",
      ],
      [
        { "loki-retention": { minDays: 0 } },
        "loki-retention.minDays",
        /must be at least 1/,
        "set loki-retention.minDays, for example to 7",
      ],
      [
        { "alert-thresholds": { maxErrorRatio: 0 } },
        "alert-thresholds.maxErrorRatio",
        /must be greater than 0/,
        "set alert-thresholds.maxErrorRatio, for example to 0.05",
      ],
      [
        { "prometheus-retention": { environment: 1 } },
        "prometheus-retention.environment",
        /must be a string/,
        "correct or remove prometheus-retention.environment",
      ],
      [
        { "required-alerts": { exceptServices: "a" } },
        "required-alerts.exceptServices",
        /must be a list/,
        "set required-alerts.exceptServices, for example to []",
      ],
      [
        { "loki-retention": 7 },
        "loki-retention",
        /must be an enforcement level or a map/,
        'write {"loki-retention": "mandatory"}',
      ],
      [[], "the configuration", /must be a map/, 'write {"all": "mandatory"}'],
    ] as const) {
      it(`refuses ${JSON.stringify(config)}`, () => {
        const [problem, ...others] = checkPolicyConfig(config);
        assert.deepEqual(others, []);
        assert.equal(problem?.path, path);
        assert.match(problem?.rule ?? "", rule);
        assert.equal(problem?.fix, fix);
      });
    }

    it("refuses an unknown signal", () => {
      const [problem] = checkPolicyConfig({ "required-alerts": { signals: ["cpu", "disk"] } });
      assert.equal(problem?.path, "required-alerts.signals[1]");
      assert.match(problem?.rule ?? "", /must be one of errorRatio, /);
    });

    it("refuses a value that is not a map, or a map with other values than strings", () => {
      const rule = (labels: unknown) =>
        checkPolicyConfig({ "rules-are-loaded": { labels } }).map((problem) => problem.rule);
      assert.deepEqual(rule({ release: "prometheus" }), []);
      assert.deepEqual(rule("release"), ["must be a map"]);
      assert.deepEqual(rule({ release: 1 }), ["must be a string"]);
    });

    it("reports every problem at once", () => {
      assert.equal(
        checkPolicyConfig({ a: "x", "loki-retention": { b: 1, minDays: "x" } }).length,
        3,
      );
    });
  });

  describe("profiles", () => {
    const levelsIn = (...args: Parameters<typeof observabilityPolicies>) =>
      Object.fromEntries(
        observabilityPolicies(...args).map((policy) => [policy.name, policy.enforcementLevel]),
      );
    const repositoriesIn = (...args: Parameters<typeof observabilityPolicies>) =>
      observabilityPolicies(...args).find(({ name }) => name === "pinned-charts")?.configSchema
        ?.properties["allowedRepositories"]?.default;

    it("leave conventions to other teams by default", () => {
      assert.equal(levelsIn()["required-alerts"], "advisory");
      assert.equal(levelsIn()["promql-valid"], "mandatory");
      assert.deepEqual(repositoriesIn(), []);
    });

    it("are stricter for the stacks of this project", () => {
      assert.equal(levelsIn("strict")["required-alerts"], "mandatory");
      assert.notDeepEqual(repositoriesIn("strict"), []);
    });

    it("set the level of a policy with properties", () => {
      const args = { requiredAlerts: { exceptServices: ["a"] } };
      const levelIn = (profile?: "strict") =>
        policyPackConfig(profile ? { ...args, profile } : args)["required-alerts"];
      assert.deepEqual(levelIn(), { enforcementLevel: "advisory", exceptServices: ["a"] });
      assert.deepEqual(levelIn("strict"), { enforcementLevel: "mandatory", exceptServices: ["a"] });
    });

    it("have no other names", () => {
      const create = () => new ObservabilityGuard({ profile: "lenient" as "strict" });
      assert.throws(create, /profile must be one of baseline, strict\n {2}fix: set profile/);
    });
  });

  describe("policyPackConfig", () => {
    it("maps the TypeScript names to the names of the policies", () => {
      assert.deepEqual(policyPackConfig({ all: "advisory", lokiRetention: "disabled" }), {
        all: "advisory",
        "loki-retention": "disabled",
      });
    });

    it("adds the level to properties, which the engine would set to advisory", () => {
      assert.deepEqual(policyPackConfig({ prometheusRetention: { maxDays: 60 } }), {
        "prometheus-retention": { enforcementLevel: "mandatory", maxDays: 60 },
      });
      assert.deepEqual(policyPackConfig({ all: "remediate", lokiRetention: { maxDays: 60 } }), {
        all: "remediate",
        "loki-retention": { enforcementLevel: "remediate", maxDays: 60 },
      });
    });
  });
});
