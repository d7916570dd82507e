import * as assert from "node:assert/strict";
import { type ConfigurationSources, configuration } from "../../../preview/config/configuration";

function configured(sources: Partial<ConfigurationSources>) {
  return configuration({ project: { name: "monitoring" }, files: [], settings: [], ...sources });
}

describe("the configuration of a preview", () => {
  it("replaces whole keys of the project with keys of the stack", () => {
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

  it("applies the second file after the first, and --config last", () => {
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

  it("rejects a declared key that no stack sets", () => {
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

  it("has a hash of each encrypted value, by the path of its setting", () => {
    const hashes = (secure: string) =>
      configured({
        files: [
          {
            config: {
              "monitoring:datadogApiKey": { secure },
              "monitoring:slackWebhookUrls": { "#payments": { secure: "AAABAE" } },
              "monitoring:other": { list: [1, { token: { secure: "AAABAE" } }] },
            },
          },
        ],
      }).encrypted;
    const { "monitoring:datadogApiKey": key, ...others } = hashes("AAABAD");
    const hash = others['monitoring:slackWebhookUrls["#payments"]'];
    assert.match(hash ?? "", /^[0-9a-f]{16}$/);
    assert.deepEqual(others, {
      'monitoring:slackWebhookUrls["#payments"]': hash,
      "monitoring:other.list[1].token": hash,
    });
    assert.notEqual(key, hash);
    assert.notEqual(key, hashes("AAABAC")["monitoring:datadogApiKey"]);
  });

  it("sets placeholders for the secrets that the configured parts use, and lists them", () => {
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

  it("does not require secrets of a part that is disabled or names an existing Secret", () => {
    const { values, unset } = configured({
      files: [{ config: { "monitoring:slack": { existingSecret: "alertmanager-slack" } } }],
    });
    assert.deepEqual(unset, []);
    assert.deepEqual(Object.keys(values), ["monitoring:slack"]);
  });

  it("needs no credential of Slack for a workspace of AWS, and keeps those that are set", () => {
    const config = {
      "monitoring:slack": { channel: "#a", requireHeartbeat: true },
      "monitoring:existingPrometheus": { ampWorkspaceArn: "arn:aws:aps:x" },
    };
    assert.deepEqual(configured({ files: [{ config }] }).unset, []);
    const { secretKeys } = configured({
      files: [{ config: { ...config, "monitoring:slackWebhookUrl": { secure: "AAAA" } } }],
    });
    assert.deepEqual(secretKeys, ["monitoring:slackWebhookUrl"]);
  });

  it("lists the application key as optional only without monitors", () => {
    const optional = (config: Record<string, object>) =>
      configured({ files: [{ config }] }).unset.find(({ key }) => key === "datadogAppKey")
        ?.optional;
    assert.equal(optional({ "monitoring:datadog": {} }), true);
    assert.equal(optional({ "monitoring:datadog": {}, "monitoring:datadogMonitors": {} }), false);
  });

  it("sets no placeholder for a secret that enables a feature", () => {
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

  it("lists a secret that enables a feature if the settings require it", () => {
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

  it("does not list the webhook if a bot token is set", () => {
    const { unset } = configured({
      files: [
        { config: { "monitoring:slack": {}, "monitoring:slackBotToken": { secure: "AAABAE" } } },
      ],
    });
    assert.deepEqual(unset, []);
  });

  it("hides each secret within a map", () => {
    const url = "https://hooks.example.com/planted";
    const { secretValues } = configured({
      files: [{ config: { "monitoring:slack": {}, "monitoring:slackWebhookUrls": { "#a": url } } }],
      settings: ["slackWebhookUrl=https://hooks.example.com/other"],
    });
    assert.ok(secretValues.includes(url));
  });

  it("does not mark a secret in plain text in a file as secret, so that the program refuses it", () => {
    const { secretKeys, secretValues } = configured({
      files: [{ config: { "monitoring:slack": {}, "monitoring:slackWebhookUrl": "planted-text" } }],
    });
    assert.deepEqual(secretKeys, []);
    assert.deepEqual(secretValues, ["planted-text"]);
  });

  it("does not mark a map of secrets as secret if one of them is plain text", () => {
    const of = (urls: Record<string, unknown>) =>
      configured({
        files: [{ config: { "monitoring:slack": {}, "monitoring:slackWebhookUrls": urls } }],
      }).secretKeys.includes("monitoring:slackWebhookUrls");
    const [a, b] = [{ secure: "v1:a" }, { secure: "v1:b" }];
    assert.equal(of({ "#a": a, "#b": b }), true);
    assert.equal(of({ "#a": a, "#b": "https://hooks.example.com/planted" }), false);
  });

  it("treats the keys of the Datadog provider as secrets", () => {
    const plain = configured({ files: [{ config: { "datadog:apiKey": "planted-text" } }] });
    assert.deepEqual(plain.secretKeys, []);
    assert.deepEqual(plain.secretValues, ["planted-text"]);
    const set = configured({ settings: ["datadog:appKey=planted-text"] });
    assert.deepEqual(set.secretKeys, ["datadog:appKey"]);
  });

  it("keeps a secret of --config secret", () => {
    const { secretKeys, secretValues } = configured({
      files: [{ config: { "monitoring:slack": {} } }],
      settings: ["slackWebhookUrl=https://hooks.example.com/planted"],
    });
    assert.deepEqual(secretKeys, ["monitoring:slackWebhookUrl"]);
    assert.deepEqual(secretValues, ["https://hooks.example.com/planted"]);
  });
});
