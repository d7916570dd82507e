import * as assert from "node:assert/strict";
import { loadSettings, rawConfiguration } from "../../../stacks/config/load";
import { secrets as allSecrets } from "../../../components/shared/secrets";
import { recordProgram } from "../../support/mocks";
import { asTexts, secrets, shippedConfig } from "../../support/stackConfig";

describe("rawConfiguration", () => {
  it("parses maps and lists from JSON and booleans, and keeps everything else as a string", () => {
    const { values } = rawConfiguration({
      "monitoring:environment": "prod",
      "monitoring:prometheus": '{"retentionDays":15}',
      "monitoring:services": '[{"name":"a"}]',
      "monitoring:imageRegistry": "[not JSON",
      "monitoring:environmentName": "15",
      "monitoring:networkPolicies": "false",
    });
    assert.deepEqual(values, {
      environment: "prod",
      prometheus: { retentionDays: 15 },
      services: [{ name: "a" }],
      imageRegistry: "[not JSON",
      environmentName: "15",
      networkPolicies: false,
    });
  });

  it("reads which secrets are set, but not their values", () => {
    const raw = rawConfiguration({ "monitoring:environment": "dev", ...secrets.dev });
    assert.deepEqual(raw.secrets, ["datadogApiKey", "datadogAppKey", "slackWebhookUrl"]);
    for (const secret of Object.values(secrets.dev))
      assert.ok(!JSON.stringify(raw).includes(secret));
  });

  it("reads which channels have a webhook, but not the webhooks", () => {
    const raw = rawConfiguration({
      "monitoring:slackWebhookUrls": '{"#a": "https://hooks.example.com/a", "#b": ""}',
    });
    assert.deepEqual(raw.secrets, ["slackWebhookUrls"]);
    assert.deepEqual(raw.secretMaps?.slackWebhookUrls, { "#a": true, "#b": false });
    const text = { "monitoring:slackWebhookUrls": "https://hooks.example.com/a" };
    assert.equal(rawConfiguration(text).secretMaps?.slackWebhookUrls, true);
  });

  it("reads the region of the AWS provider, and ignores other namespaces", () => {
    const raw = rawConfiguration({
      "aws:region": "eu-west-1",
      "aws:profile": "x",
      "kubernetes:a": "b",
    });
    assert.deepEqual(raw, { values: {}, secrets: [], region: "eu-west-1" });
  });

  it("reads which keys the Datadog provider has, but not their values", () => {
    const raw = rawConfiguration({ "datadog:appKey": "planted", "datadog:validate": "false" });
    assert.deepEqual(raw.datadogProviderKeys, ["appKey"]);
    assert.doesNotMatch(JSON.stringify(raw), /planted/);
  });

  it("does not set the prototype from a key __proto__", () => {
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

  it("returns the settings of the current stack, and its secrets as secrets", async () => {
    const { settings, secrets: found } = await load({ ...shippedConfig("prod"), ...secrets.prod });
    assert.equal(settings.cluster.name, "ticketing-prod");
    assert.deepEqual(
      Object.keys(found),
      Object.keys(secrets.prod).map((key) => key.split(":")[1]),
    );
    assert.ok(await (found.slackWebhookUrl as unknown as { isSecret: Promise<boolean> }).isSecret);
  });

  it("refuses a secret in plain text, without its value and with the command that fixes it", async () => {
    const config = asTexts({ ...shippedConfig("prod"), ...secrets.prod });
    const secretConfig = Object.keys(secrets.prod).filter(
      (key) => !key.endsWith("slackWebhookUrl"),
    );
    const error = await recordProgram(loadSettings, { config, secretConfig, stack: "prod" }).then(
      () => assert.fail("accepted"),
      (reason: Error) => reason.message,
    );
    assert.match(
      error,
      /^1 problem .*\n {2}monitoring:slackWebhookUrl must be encrypted, and is plain text/,
    );
    assert.match(error, /fix: pulumi config set --secret monitoring:slackWebhookUrl$/);
  });

  for (const [what, plain, rejected, fix] of [
    [
      "a key of the Datadog provider",
      { "datadog:apiKey": "planted" },
      "datadog:apiKey",
      "pulumi config set --secret datadog:apiKey",
    ],
    [
      "the webhook of one channel",
      {
        "monitoring:slackWebhookUrls": {
          "#a": allSecrets.find(({ key }) => key === "slackWebhookUrls")?.placeholder,
          "#b": "https://hooks.example.com/planted",
        },
      },
      'monitoring:slackWebhookUrls["#b"]',
      "pulumi config set --secret --path 'monitoring:slackWebhookUrls[\"#b\"]'",
    ],
  ] as const) {
    it(`refuses ${what} in plain text, with the command that fixes it`, async () => {
      const config = asTexts({ ...shippedConfig("prod"), ...secrets.prod, ...plain });
      const options = { config, secretConfig: Object.keys(secrets.prod), stack: "prod" };
      const { message } = await recordProgram(loadSettings, options).then(
        () => assert.fail("accepted"),
        (reason: Error) => reason,
      );
      assert.ok(message.includes(`  ${rejected} must be encrypted, and is plain text`), message);
      assert.ok(message.includes(`    fix: ${fix}`), message);
      assert.ok(!message.includes("planted"), message);
    });
  }

  it("omits secrets that are not set", async () => {
    const { datadogAppKey: _unset, ...others } = {
      ...secrets.prod,
      datadogAppKey: undefined,
    } as Record<string, unknown>;
    delete others["monitoring:datadogAppKey"];
    const { secrets: found } = await load({ ...shippedConfig("prod"), ...others });
    assert.equal(found.datadogAppKey, undefined);
  });

  it("throws one readable error for all problems, without a stack trace", async () => {
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
