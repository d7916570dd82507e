import * as assert from "node:assert/strict";
import { loadSettings } from "../../../stacks/config/load";
import { secrets as allSecrets } from "../../../components/secrets/secrets";
import { recordProgram } from "../../support/mocks";
import { asTexts, secrets, shippedConfig } from "../../support/stackConfig";

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
      /^1 problem .*\n {2}monitoring:slackWebhookUrl must be encrypted, but is in plain text/,
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
      assert.ok(message.includes(`  ${rejected} must be encrypted, but is in plain text`), message);
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
