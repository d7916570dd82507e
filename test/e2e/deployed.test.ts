import assert from "node:assert/strict";
import { type Run, type State, type StateResource, TestStack } from "../support/engine/stack";
import { toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

const webhook = ["https://hooks.slack.com/services", "T0PLANTED", "B0PLANTED", "planted"].join("/");
const secrets = {
  "monitoring:datadogApiKey": "5eed0000000000000000000000a11ce5",
  "monitoring:datadogAppKey": "5eed0000000000000000000000000000000b0b00",
  "monitoring:heartbeatUrl": "https://heartbeat.example.com/planted-5eed",
  "monitoring:slackWebhookUrl": webhook,
};
const pack = { policyPack: "policies", policyConfig: "policies/config.prod.json" };

describe("pulumi policy analyze on a deployed prod stack", () => {
  let stack: TestStack;
  let state: State;
  let stateWithSecrets: State;

  before("deploy prod and export its state", async () => {
    toolPath("pulumi");
    stack = await TestStack.create({ project: projectDirectory, stack: "prod", secrets });
    const up = await stack.update();
    assert.equal(up.exitCode, 0, up.text);
    state = await stack.state();
    stateWithSecrets = await stack.state({ secrets: true });
  });
  after(() => stack?.dispose());

  /** Analyzes an exported state after a manual change of one resource. */
  const analyzeAfter = async (exported: State, name: string, change: Change): Promise<Run> => {
    const tampered = structuredClone(exported);
    const resource = tampered.deployment.resources?.find(({ urn }) => urn.endsWith(`:${name}`));
    assert.ok(resource !== undefined, name);
    change(resource);
    return stack.analyze({ ...pack, file: stack.write(tampered) });
  };

  it("passes every policy at the levels of prod", async () => {
    const run = await stack.analyze(pack);
    assert.equal(run.exitCode, 0, run.text);
    assert.match(run.text, /(✅|⚠️) observability@v/);
    assert.deepEqual(violated(run), []);
  });

  it("passes from a state file without secrets", async () => {
    const run = await stack.analyze({ ...pack, file: stack.write(state) });
    assert.equal(run.exitCode, 0, run.text);
    assert.deepEqual(violated(run), []);
  });

  it("calls no provider and changes nothing", async () => {
    const { calls } = await stack.analyze(pack);
    assert.deepEqual(
      calls.filter(({ operation }) => operation !== "start"),
      [],
    );
    assert.deepEqual(await stack.state(), state);
  });

  it("reports a resource with changed inputs", async () => {
    const run = await analyzeAfter(state, "helm.sh/v3:Release::loki", ({ inputs }) =>
      Object.assign(inputs ?? {}, { version: ">=18" }),
    );
    assert.deepEqual(violated(run), ["pinned-charts"]);
    assert.notEqual(run.exitCode, 0);
  });

  it("reports a resource with changed outputs", async () => {
    const run = await analyzeAfter(
      state,
      "BucketPublicAccessBlock::loki-bucket-public-access",
      ({ outputs }) => Object.assign(outputs ?? {}, { blockPublicAcls: false }),
    );
    assert.deepEqual(violated(run), ["loki-bucket-hardened"]);
  });

  it("reports rules that Prometheus no longer selects, with a policy that can remediate", async () => {
    const run = await analyzeAfter(state, "helm.sh/v3:Release::prometheus", (resource) => {
      const outputs = JSON.stringify(resource.outputs);
      const changed = outputs.replace(/("ruleSelectorNilUsesHelmValues":)false/, "$1true");
      assert.notEqual(changed, outputs);
      resource.outputs = JSON.parse(changed) as Properties;
    });
    assert.deepEqual([...new Set(violated(run))], ["rules-are-loaded"]);
  });

  it("reports an alert with a less strict threshold", async () => {
    const run = await analyzeAfter(state, "PrometheusRule::services-rules", (resource) => {
      const inputs = JSON.stringify(resource.inputs);
      resource.inputs = JSON.parse(inputs.replaceAll("> 0.05", "> 0.5")) as Properties;
      assert.notDeepEqual(JSON.stringify(resource.inputs), inputs);
    });
    assert.deepEqual([...new Set(violated(run))], ["alert-thresholds"]);
  });

  it("reports a critical route without a receiver inside a secret, without showing the secret", async () => {
    const run = await analyzeAfter(
      stateWithSecrets,
      "core/v1:Secret::slack-config",
      ({ outputs }) => {
        const secret = outputs?.["stringData"] as { plaintext: string };
        const files = JSON.parse(secret.plaintext) as Record<string, string>;
        const config = files["alertmanager.yaml"] ?? "";
        files["alertmanager.yaml"] = config.replace(/(="critical"\n +receiver: )slack/, '$1"null"');
        assert.notEqual(files["alertmanager.yaml"], config);
        secret.plaintext = JSON.stringify(files);
      },
    );
    assert.deepEqual(violated(run), ["severities-delivered"]);
    for (const value of Object.values(secrets)) assert.ok(!run.text.includes(value));
  });
});

type Properties = Record<string, unknown>;
type Change = (resource: StateResource) => void;

/** Policies that report exceptions and skipped values, which are no violations. */
const reports = new Set(["exceptions", "not-evaluated"]);

/** Name of the policy of each reported violation. */
function violated(run: Run): string[] {
  return [...run.text.matchAll(/^ +- \[\w+\].*? {2}([a-z\d-]+) {2}\(/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => !reports.has(name));
}
