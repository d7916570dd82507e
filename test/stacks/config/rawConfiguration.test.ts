import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { rawConfiguration } from "../../../stacks/config/rawConfiguration";
import { secrets } from "../../support/stackConfig";

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

  it("is read without the Pulumi SDK, which takes longer to load than the commands take to run", () => {
    const program = `
      require("./verify/settings");
      const loaded = Object.keys(require.cache).filter((file) => file.includes("@pulumi"));
      process.stdout.write(JSON.stringify(loaded));
    `;
    const loaded = execFileSync(process.execPath, ["--require", "tsx/cjs", "--eval", program], {
      cwd: path.resolve(__dirname, "../../.."),
      encoding: "utf8",
    });
    assert.deepEqual(JSON.parse(loaded), []);
  });
});
