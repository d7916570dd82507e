import * as assert from "node:assert/strict";
import * as path from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import * as s3 from "@pulumi/aws/s3";
import { Analyzer } from "../../../preview/pack/analyzer";
import { ExpectedError } from "../../../preview/config/errors";
import type { PolicyConfigFile } from "../../../preview/pack/policyConfig";
import { plainValues } from "../../../preview/engine/values";
import { type Recording, recordProgram } from "../../support/mocks";

const pack = path.join(__dirname, "../fixtures", "project", "policies");

describe("the analyzer, with a real pack in its own process", () => {
  let analyzer: Analyzer;
  let recording: Recording;
  before(async () => {
    analyzer = Analyzer.start(pack);
    recording = await recordProgram(() => {
      const bucket = new s3.Bucket("logs", {});
      new s3.BucketPolicy("access", { bucket: bucket.id, policy: bucket.arn });
      new kubernetes.helm.v3.Release("prometheus", {
        chart: "c",
        values: { prometheus: { prometheusSpec: { retention: "400d" } } },
      });
      new kubernetes.core.v1.Secret("webhook", { stringData: { "webhook-url": "planted" } });
    });
  });
  after(() => analyzer.close());

  const analyze = (config: PolicyConfigFile = {}) =>
    analyzer.analyze([recording.stack, ...recording.resources], {
      project: "monitoring",
      stack: "test",
      config,
    });

  it("describes the policies with their effective configuration", async () => {
    const report = await analyze({ retention: { maxDays: 30 } });
    assert.deepEqual(report.pack, { name: "fixture-policies", version: "1.0.0" });
    const [retention, , , bucket] = report.policies;
    assert.deepEqual(
      { ...retention, description: "" },
      {
        name: "retention",
        displayName: "",
        description: "",
        scope: "resource",
        level: "mandatory",
        severity: "high",
        settings: { maxDays: 30, minDays: 7 },
      },
    );
    assert.equal(bucket?.scope, "stack");
  });

  it("reports a violation once, with its level and message", async () => {
    const { violations } = await analyze();
    const [violation] = violations;
    assert.equal(violations.length, 1);
    assert.match(violation?.urn ?? "", /::prometheus$/);
    assert.equal(violation?.level, "mandatory");
    assert.equal(violation?.severity, "high");
    assert.match(violation?.message ?? "", /^prometheus keeps 400 days, allowed are 7 to 90\n/);
  });

  it("applies a configuration to the next analysis", async () => {
    assert.deepEqual((await analyze({ retention: { maxDays: 500 } })).violations, []);
    const { violations } = await analyze({ retention: "advisory" });
    assert.deepEqual(
      violations.map(({ level }) => level),
      ["advisory"],
    );
  });

  it("checks the stack as a whole", async () => {
    const { violations } = await analyze({
      retention: "disabled",
      "has-a-bucket": { buckets: 2, enforcementLevel: "mandatory" },
    });
    assert.deepEqual(violations, [
      {
        policy: "has-a-bucket",
        level: "mandatory",
        severity: undefined,
        urn: undefined,
        message: "there are 1 buckets, not 2",
      },
    ]);
  });

  it("remediates before it validates", async () => {
    const report = await analyze({ retention: "remediate" });
    assert.deepEqual(report.violations, []);
    assert.deepEqual(
      report.remediations.map(({ policy, diagnostic }) => ({ policy, diagnostic })),
      [{ policy: "retention", diagnostic: undefined }],
    );
    const [changed] = [...report.remediated.values()];
    assert.deepEqual(plainValues(changed ?? {})["values"], {
      prometheus: { prometheusSpec: { retention: "90d" } },
    });
  });

  it("passes secrets in plain text, as the engine does", async () => {
    const { violations } = await analyze({ all: "disabled", "sees-plain-secrets": "advisory" });
    assert.deepEqual(
      violations.map(({ message }) => message),
      ["the webhook is planted"],
    );
  });

  it("reports that a policy that reads an unknown value cannot run", async () => {
    const { violations } = await analyze({ all: "disabled", "needs-an-arn": "mandatory" });
    assert.equal(violations.length, 1);
    assert.equal(violations[0]?.level, "advisory");
    assert.match(violations[0]?.message ?? "", /can't run policy 'needs-an-arn'.*during preview/);
  });

  it("rejects a configuration for a policy that does not exist", async () => {
    await assert.rejects(analyze({ retentoin: "mandatory" }), ExpectedError);
  });

  it("reports why a pack cannot start", async () => {
    const broken = Analyzer.start(path.join(__dirname, "../fixtures"));
    try {
      await assert.rejects(
        broken.analyze([], { project: "p", stack: "s" }),
        /the policy pack in .*fixtures exited during startup/,
      );
    } finally {
      broken.close();
    }
  });
});
