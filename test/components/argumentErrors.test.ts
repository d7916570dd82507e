import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogAgent,
  LokiStack,
  LokiStackArgs,
  MonitoredServices,
  PrometheusStack,
  SlackAlerting,
  SlackAlertingArgs,
} from "../../components";
import { failedDeployment, recordProgram } from "../support/mocks";

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

  it("name every argument that exists, and the nearest one", async () => {
    const misspelled = {
      ...identity,
      storage: "filesystem" as const,
      vaules: {},
      colectorValues: {},
    };
    const message = await errorOf(() => new LokiStack("loki", misspelled));
    assert.match(message, /known: .*collectorValues.*values/);
    assert.match(message, /fix: rename vaules to values/);
    assert.match(message, /fix: rename colectorValues to collectorValues/);
    const services = [{ name: "cart", slo: { availability: 99 } }] as never;
    assert.match(
      await errorOf(() => new MonitoredServices("services", { namespace: "shop", services })),
      /fix: rename services\[0\]\.slo\.availability to availabilityPercent/,
    );
  });

  it("report invalid keys and values of labels together, and quote both", async () => {
    const labels = { "bad key!": "x", team: "not a label", name: "x" };
    const message = await errorOf(() => new PrometheusStack("prometheus", { ...identity, labels }));
    assert.match(message, /3 problems/);
    assert.match(message, /labels\["bad key!"\] = "x" must have a key of/);
    assert.match(message, /labels\.team = "not a label" must be a label value/);
    assert.match(message, /labels\.name = "x" is a label that Kubernetes or a chart sets/);
  });

  it("reject credentials in a form that cannot work, without quoting them", async () => {
    const slack = { channel: "#a", webhookUrl };
    const form = (args: SlackAlertingArgs) => () => new SlackAlerting("slack", args);
    const agent = (args: object) => () => new DatadogAgent("dd", { ...identity, ...args });
    type Wrap = (value: string) => pulumi.Input<string>;
    const cases: [RegExp, (wrap: Wrap) => () => unknown, string][] = [
      [
        /webhookUrl = \[hidden\] must be a URL that starts with https/,
        (wrap) => form({ channel: "#a", webhookUrl: wrap("http://hooks.slack.com/x") }),
        "http://hooks",
      ],
      [
        /webhookUrls\["#b"\] = \[hidden\] must be a URL that starts with https/,
        (wrap) =>
          form({ ...slack, channels: { critical: "#b" }, webhookUrls: { "#b": wrap("nope") } }),
        "nope",
      ],
      ...(["msteams", "googlechat", "webhook"] as const).map((kind): (typeof cases)[number] => [
        /receiverSecrets\.hook = \[hidden\] must be a URL that starts with https/,
        (wrap) =>
          form({ ...slack, receivers: { hook: { kind } }, receiverSecrets: { hook: wrap("no") } }),
        '"no"',
      ]),
      [
        /heartbeatUrl = \[hidden\] must be a URL/,
        (wrap) => form({ ...slack, heartbeatUrl: wrap("hc-ping.com") }),
        "hc-ping",
      ],
      [
        /pagerDutyRoutingKey = \[hidden\] must be a PagerDuty routing key/,
        (wrap) => form({ ...slack, pagerDutyRoutingKey: wrap("hunter2") }),
        "hunter2",
      ],
      [
        /botToken = \[hidden\] must be a bot token/,
        (wrap) => form({ channel: "#a", botToken: wrap("hunter2") }),
        "hunter2",
      ],
      [
        /apiKey = \[hidden\] must be a Datadog API key/,
        (wrap) => agent({ apiKey: wrap("hunter2") }),
        "hunter2",
      ],
    ];
    for (const [expected, program, value] of cases) {
      const plain = await errorOf(program((text) => text));
      assert.match(plain, expected);
      assert.ok(!plain.includes(value), plain);
      assert.equal(await errorOf(program((text) => pulumi.output(text))), plain);
    }
  });

  it("about credentials appear before anything is registered", async () => {
    const nothing = pulumi.secret("");
    const slack = { channel: "#a", webhookUrl };
    const channels = { critical: "#b" };
    for (const program of [
      () => new SlackAlerting("slack", { channel: "#a", webhookUrl: nothing }),
      () => new SlackAlerting("slack", { ...slack, channels, webhookUrls: { "#b": nothing } }),
      () =>
        new SlackAlerting("slack", {
          ...slack,
          channels,
          webhookUrls: pulumi.output({ "#b": "" }),
        }),
      () => new DatadogAgent("dd", { ...identity, apiKey: nothing }),
    ]) {
      const { message, registered } = await failedDeployment(program);
      assert.match(message, /must not be empty|1 problem/);
      assert.deepEqual(registered, []);
    }
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
    assert.match(
      message,
      /existingSecret = an Output must not be set together with apiKey or appKey/,
    );
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
