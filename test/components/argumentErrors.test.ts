import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogAgent,
  LokiStack,
  LokiStackArgs,
  PrometheusStack,
  SlackAlerting,
} from "../../components";
import { recordProgram } from "../support/mocks";

const identity = { cluster: "shop", environment: "prod" };
const webhookUrl = "https://hooks.slack.com/services/T0/B0/x";

async function errorOf(program: () => unknown): Promise<string> {
  const text: string[] = [];
  await assert.rejects(recordProgram(program), (error: Error) => text.push(error.message) > 0);
  return text.join();
}

describe("errors in the arguments of components", () => {
  it("name every required argument if there are none, as in JavaScript", async () => {
    const none = undefined as unknown as LokiStackArgs;
    const message = await errorOf(() => new LokiStack("loki", none));
    assert.match(message, /LokiStack "loki"/);
  });

  it("say which keys a map may have", async () => {
    const args = { channel: "#a", webhookUrl, webhookUrls: { crit: webhookUrl } };
    const message = await errorOf(() => new SlackAlerting("slack", args));
    assert.match(message, /webhookUrls\.crit = .* invalid key, which must be a Slack channel/);
  });

  it("report credentials that are Outputs of nothing", async () => {
    for (const nothing of ["", null, undefined]) {
      const secret = pulumi.secret(nothing) as pulumi.Output<string>;
      assert.match(
        await errorOf(() => new SlackAlerting("slack", { channel: "#a", webhookUrl: secret })),
        /SlackAlerting "slack": 1 problem in its arguments\n +webhookUrl must not be empty/,
      );
      const channels = { critical: "#b" };
      const webhooks = { webhookUrl, webhookUrls: { "#b": secret } };
      assert.match(
        await errorOf(() => new SlackAlerting("slack", { channel: "#a", channels, ...webhooks })),
        /webhookUrls\["#b"\] must not be empty/,
      );
      assert.match(
        await errorOf(() => new DatadogAgent("dd", { ...identity, apiKey: secret })),
        /DatadogAgent "dd".*\n +apiKey must not be empty/,
      );
    }
  });

  it("name the conflict of two arguments that are set together, also if one is an Output", async () => {
    const args = { ...identity, apiKey: "a".repeat(32), existingSecret: pulumi.output("keys") };
    const message = await errorOf(() => new DatadogAgent("dd", args));
    assert.match(message, /existingSecret = an Output already holds the keys/);
  });

  it("reject the component's own Secret as the existing one", async () => {
    const args = { channel: "#a", existingSecret: "alertmanager-config" };
    const message = await errorOf(() => new SlackAlerting("slack", args));
    assert.match(message, /existingSecret = .* must not be the Secret that this component creates/);
  });

  it("reject nodes for which some images of the charts do not exist", async () => {
    const nodeSelector = {
      "kubernetes.io/os": "windows",
      "kubernetes.io/arch": "s390x",
      pool: "a",
    };
    const unresolved = pulumi.output(Promise.resolve(nodeSelector));
    for (const selector of [nodeSelector, unresolved]) {
      const args = { ...identity, nodeSelector: selector };
      for (const program of [
        () => new PrometheusStack("prometheus", args),
        () => new LokiStack("loki", { ...args, storage: "filesystem" }),
        () => new DatadogAgent("datadog", { ...args, existingSecret: "keys" }),
      ]) {
        const message = await errorOf(program);
        assert.match(message, /2 problems/);
        assert.match(message, /kubernetes\.io\/os"\] = "windows" must be linux/);
        assert.match(message, /kubernetes\.io\/arch"\] = "s390x" must be amd64 or arm64/);
      }
    }
    const arm64 = { ...identity, nodeSelector: { "kubernetes.io/arch": "arm64" } };
    await recordProgram(() => new PrometheusStack("prometheus", arm64));
  });
});
