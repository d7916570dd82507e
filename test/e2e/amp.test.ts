import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { documentedConfig } from "../support/documentedConfig";
import { type StateResource, TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

/** The documented stack; the engine has no real AWS provider here. */
describe("a stack with a workspace of AWS, on the real engine", function () {
  this.timeout(120_000);
  let stack: TestStack;
  const policies = { policyPack: "policies", policyConfig: "policies/config.prod.json" };

  before(async () => {
    stack = await TestStack.create({ project: projectDirectory, stack: "prod" });
    const { config } = parse(documentedConfig("Amazon Managed Service for Prometheus"));
    const entries = Object.entries(config).map(([key, value]) => [key.split(":")[1], value]);
    stack.configure(() => Object.fromEntries(entries));
  });
  after(() => stack?.dispose());

  const ofType = (resources: StateResource[], type: string) =>
    resources.filter((resource) => resource.type === type);

  it("passes the policies in its first update, without a secret", async () => {
    const { exitCode, text } = await stack.up(policies);
    assert.equal(exitCode, 0, text);
    assert.doesNotMatch(text, /mandatory/);
  });

  it("encrypts its topics with its key, and defines the alert manager after their policies", async () => {
    const resources = await stack.resources();
    const [key] = ofType(resources, "aws:kms/key:Key");
    const topics = ofType(resources, "aws:sns/topic:Topic");
    assert.equal(topics.length, 4);
    for (const { inputs } of topics)
      assert.equal(inputs?.["kmsMasterKeyId"], key?.outputs?.["arn"]);
    const [definition] = ofType(resources, "aws:amp/alertManagerDefinition:AlertManagerDefinition");
    const policyUrns = ofType(resources, "aws:sns/topicPolicy:TopicPolicy").map(({ urn }) => urn);
    assert.deepEqual(definition?.dependencies?.toSorted(), policyUrns.sort());
  });

  it("has nothing to change afterwards, and passes the policies with what the state holds", async () => {
    const { exitCode, text } = await stack.preview({
      ...policies,
      args: ["--expect-no-changes"],
    });
    assert.equal(exitCode, 0, text);
  });

  it("adds a topic for a further channel, and leaves the others as they are", async () => {
    stack.configure(({ slack, ...values }) => ({
      ...values,
      slack: { ...(slack as object), routes: [{ team: "other", channel: "#other" }] },
    }));
    const { exitCode, text, calls } = await stack.update();
    assert.equal(exitCode, 0, text);
    const changes = calls
      .filter(({ operation, preview }) => /create|update|delete/.test(operation) && !preview)
      .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`);
    assert.deepEqual(changes.sort(), [
      "create Topic alerts-other",
      "create TopicPolicy alerts-other",
      "delete Topic alerts-checkout-alerts",
      "delete TopicPolicy alerts-checkout-alerts",
      "update AlertManagerDefinition alert-manager",
    ]);
  });
});
