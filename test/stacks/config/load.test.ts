import * as assert from "node:assert/strict";
import { loadSettings, rawConfiguration } from "../../../stacks/config/load";
import { recordProgram } from "../../support/mocks";
import { asTexts, secrets, shippedConfig } from "../../support/stackConfig";

describe("rawConfiguration", () => {
  it("reads maps and lists from their JSON, and everything else as text", () => {
    const { values } = rawConfiguration({
      "monitoring:environment": "prod",
      "monitoring:prometheus": '{"retentionDays":15}',
      "monitoring:services": '[{"name":"a"}]',
      "monitoring:imageRegistry": "[not JSON",
      "monitoring:environmentName": "15",
    });
    assert.deepEqual(values, {
      environment: "prod",
      prometheus: { retentionDays: 15 },
      services: [{ name: "a" }],
      imageRegistry: "[not JSON",
      environmentName: "15",
    });
  });

  it("knows of a secret only that it is set", () => {
    const raw = rawConfiguration({ "monitoring:environment": "dev", ...secrets.dev });
    assert.deepEqual(raw.secrets, ["datadogApiKey", "datadogAppKey", "slackWebhookUrl"]);
    for (const secret of Object.values(secrets.dev))
      assert.ok(!JSON.stringify(raw).includes(secret));
  });

  it("knows of the webhooks of channels only which channels have one", () => {
    const raw = rawConfiguration({
      "monitoring:slackWebhookUrls": '{"#a": "https://hooks.example.com/a", "#b": ""}',
    });
    assert.deepEqual(raw.secrets, ["slackWebhookUrls"]);
    assert.deepEqual(raw.webhookChannels, { "#a": true, "#b": false });
    const text = { "monitoring:slackWebhookUrls": "https://hooks.example.com/a" };
    assert.equal(rawConfiguration(text).webhookChannels, true);
  });

  it("takes the region of the AWS provider, and leaves other namespaces alone", () => {
    const raw = rawConfiguration({
      "aws:region": "eu-west-1",
      "aws:profile": "x",
      "kubernetes:a": "b",
    });
    assert.deepEqual(raw, { values: {}, secrets: [], region: "eu-west-1" });
  });

  it("knows which keys Datadog's provider is configured with, and none of their values", () => {
    const raw = rawConfiguration({ "datadog:appKey": "planted", "datadog:validate": "false" });
    assert.deepEqual(raw.datadogProviderKeys, ["appKey"]);
    assert.doesNotMatch(JSON.stringify(raw), /planted/);
  });

  it("takes no key for the prototype of all others", () => {
    const { values } = rawConfiguration({ "monitoring:__proto__": '{"environment":"prod"}' });
    assert.equal(values["environment"], undefined);
    assert.deepEqual(Object.keys(values), ["__proto__"]);
  });
});

describe("loadSettings", () => {
  const load = async (config: Record<string, unknown>) => {
    let loaded: ReturnType<typeof loadSettings> | undefined;
    const { resources } = await recordProgram(
      () => {
        loaded = loadSettings();
        return { slack: loaded.secrets.slackWebhookUrl };
      },
      { config: asTexts(config), secretConfig: Object.keys(secrets.prod), stack: "prod" },
    );
    assert.ok(loaded);
    return { ...loaded, resources };
  };

  it("gives the settings of the current stack, and its secrets as secrets", async () => {
    const { settings, secrets: found } = await load({ ...shippedConfig("prod"), ...secrets.prod });
    assert.equal(settings.cluster.name, "ticketing-prod");
    assert.deepEqual(
      Object.keys(found),
      Object.keys(secrets.prod).map((key) => key.split(":")[1]),
    );
    assert.ok(await (found.slackWebhookUrl as unknown as { isSecret: Promise<boolean> }).isSecret);
  });

  it("has no secret that is not set", async () => {
    const { datadogAppKey: _unset, ...others } = {
      ...secrets.prod,
      datadogAppKey: undefined,
    } as Record<string, unknown>;
    delete others["monitoring:datadogAppKey"];
    const { secrets: found } = await load({ ...shippedConfig("prod"), ...others });
    assert.equal(found.datadogAppKey, undefined);
  });

  it("stops with one readable error for all problems, without a stack trace of our own", async () => {
    const broken = {
      ...shippedConfig("prod"),
      ...secrets.prod,
      "monitoring:loki": "x",
      "monitoring:a": "b",
    };
    await assert.rejects(load(broken), (error: Error & { __pulumiRunError?: boolean }) => {
      assert.equal(error.__pulumiRunError, true);
      assert.match(
        error.message,
        /^2 problems in the configuration of stack prod; nothing was dep/,
      );
      assert.match(error.message, /monitoring:a = "b" is not a known key/);
      assert.match(error.message, /monitoring:loki = "x" must be a map/);
      return true;
    });
  });
});
