import * as assert from "node:assert/strict";
import { type ConfigurationSources, configuration } from "../../../preview/config/configuration";

function configured(sources: Partial<ConfigurationSources>) {
  return configuration({ project: { name: "monitoring" }, files: [], settings: [], ...sources });
}

describe("the configuration of a preview", () => {
  it("takes the stack's keys over the project's, whole", () => {
    const { values } = configured({
      project: {
        name: "monitoring",
        config: {
          "aws:region": "us-east-1",
          prometheus: { value: { retentionDays: 15, replicas: 2 } },
          size: { type: "string", default: "small" },
        },
      },
      files: [{ config: { "monitoring:prometheus": { retentionDays: 30 } } }],
    });
    assert.deepEqual(values, {
      "aws:region": "us-east-1",
      "monitoring:prometheus": '{"retentionDays":30}',
      "monitoring:size": "small",
    });
  });

  it("applies a second file over the first, and --config last", () => {
    const { values } = configured({
      files: [
        { config: { "monitoring:a": 1, "monitoring:b": 1, "monitoring:c": { d: 1 } } },
        { config: { b: 2 } },
      ],
      settings: ["c.d=3"],
    });
    assert.deepEqual(values, {
      "monitoring:a": "1",
      "monitoring:b": "2",
      "monitoring:c": '{"d":3}',
    });
  });

  it("refuses a declared key that no stack sets", () => {
    assert.throws(
      () => configured({ project: { name: "monitoring", config: { owner: { type: "string" } } } }),
      /requires configuration that is not set: monitoring:owner/,
    );
  });

  it("replaces an encrypted secret, which counts as set, with a placeholder", () => {
    const { values, secretKeys, unset } = configured({
      files: [
        {
          config: {
            "monitoring:slack": {},
            "monitoring:slackWebhookUrl": { secure: "AAABAE" },
            "monitoring:other": { token: { secure: "AAABAF" }, list: [{ secure: "x" }, 1] },
          },
        },
      ],
    });
    assert.match(values["monitoring:slackWebhookUrl"] ?? "", /^https:\/\/hooks\.slack\.com/);
    assert.equal(
      values["monitoring:other"],
      '{"token":"placeholder for monitoring:other","list":["placeholder for monitoring:other",1]}',
    );
    assert.deepEqual(secretKeys, ["monitoring:slackWebhookUrl", "monitoring:other"]);
    assert.deepEqual(unset, []);
  });

  it("stands in for the secrets that the configured parts use, and lists them", () => {
    const { values, secretKeys, unset } = configured({
      files: [{ config: { "monitoring:slack": {}, "monitoring:datadog": {} } }],
    });
    const keys = ["datadogApiKey", "datadogAppKey", "slackWebhookUrl"];
    assert.deepEqual(
      unset.map(({ key }) => key),
      keys,
    );
    for (const key of keys) {
      assert.ok(values[`monitoring:${key}`]);
      assert.ok(secretKeys.includes(`monitoring:${key}`));
    }
  });

  it("needs no secret of a part that is left out or names an existing Secret", () => {
    const { values, unset } = configured({
      files: [{ config: { "monitoring:slack": { existingSecret: "alertmanager-slack" } } }],
    });
    assert.deepEqual(unset, []);
    assert.deepEqual(Object.keys(values), ["monitoring:slack"]);
  });

  it("calls the application key optional only where no monitor needs it", () => {
    const optional = (config: Record<string, object>) =>
      configured({ files: [{ config }] }).unset.find(({ key }) => key === "datadogAppKey")
        ?.optional;
    assert.equal(optional({ "monitoring:datadog": {} }), true);
    assert.equal(optional({ "monitoring:datadog": {}, "monitoring:datadogMonitors": {} }), false);
  });

  it("stands in for no secret whose presence switches something on", () => {
    const { unset } = configured({
      files: [
        { config: { "monitoring:slack": {}, "monitoring:heartbeatUrl": { secure: "AAABAE" } } },
      ],
    });
    assert.deepEqual(
      unset.map(({ key }) => key),
      ["slackWebhookUrl"],
    );
  });

  it("misses a switch that the settings of its part ask for", () => {
    const { unset } = configured({
      files: [{ config: { "monitoring:slack": { requireHeartbeat: true } } }],
    });
    assert.deepEqual(
      unset.map(({ key, optional }) => [key, optional]),
      [
        ["slackWebhookUrl", false],
        ["heartbeatUrl", false],
      ],
    );
  });

  it("misses no webhook where there is the token of a bot", () => {
    const { unset } = configured({
      files: [
        { config: { "monitoring:slack": {}, "monitoring:slackBotToken": { secure: "AAABAE" } } },
      ],
    });
    assert.deepEqual(unset, []);
  });

  it("knows every secret inside of a map, to show none of them", () => {
    const url = "https://hooks.example.com/planted";
    const { secretValues } = configured({
      files: [{ config: { "monitoring:slack": {}, "monitoring:slackWebhookUrls": { "#a": url } } }],
      settings: ["slackWebhookUrl=https://hooks.example.com/other"],
    });
    assert.ok(secretValues.includes(url));
  });

  it("treats a secret given in plain text as a secret", () => {
    const { secretKeys, secretValues } = configured({
      files: [{ config: { "monitoring:slack": {} } }],
      settings: ["slackWebhookUrl=https://hooks.example.com/planted"],
    });
    assert.deepEqual(secretKeys, ["monitoring:slackWebhookUrl"]);
    assert.deepEqual(secretValues, ["https://hooks.example.com/planted"]);
  });
});
