import * as assert from "node:assert/strict";
import { HIDDEN, hideSecrets } from "../../../components/shared/hideSecrets";

const webhook = "https://hooks.slack.com/services/T0/B0/xyz";
const key = "8c1f0a4be7d24d5f9b3a6e1c0d7f2a95";

describe("hideSecrets", () => {
  it("hides every value with the form of a secret", () => {
    assert.equal(hideSecrets(["slack", "channel"], webhook), HIDDEN);
    assert.equal(hideSecrets(["datadog"], key), HIDDEN);
    assert.equal(hideSecrets(["datadog"], key.toUpperCase()), HIDDEN);
    assert.deepEqual(hideSecrets(["a"], { b: [{ c: webhook, d: 1 }] }), {
      b: [{ c: HIDDEN, d: 1 }],
    });
    assert.deepEqual(hideSecrets(["a"], { [webhook]: 1 }), { [HIDDEN]: 1 });
  });

  it("hides every value with the name of a secret, whatever its form", () => {
    for (const name of [
      "apiKey",
      "appkey",
      "token",
      "clientSecret",
      "adminPassword",
      "webhookUrl",
    ]) {
      assert.equal(hideSecrets(["datadog", name], "short"), HIDDEN, name);
      assert.deepEqual(hideSecrets(["datadog"], { [name]: "short" }), { [name]: HIDDEN }, name);
    }
  });

  it("shows names that refer to secrets, and everything else", () => {
    for (const [path, value] of [
      [["slack", "existingSecret"], "our-webhook"],
      [["datadog", "keyRevision"], "2026-09"],
      [["loki", "kmsKeyArn"], "arn:aws:kms:us-east-1:123456789012:key/1234"],
      [["loki", "bucket"], "ticketing-loki-chunks"],
      [["prometheus", "retentionDays"], 400],
      [["services"], [{ name: "a" }, null, true]],
    ] as [string[], unknown][]) {
      assert.deepEqual(hideSecrets(path, value), value);
    }
  });

  it("returns undefined for a missing value", () => {
    assert.equal(hideSecrets(["datadogApiKey"], undefined), undefined);
  });

  it("truncates values that are nested too deep", () => {
    let deep: unknown = webhook;
    for (let depth = 0; depth < 10_000; depth++) deep = [deep];
    const shown = JSON.stringify(hideSecrets(["labels"], deep));
    assert.ok(shown.length < 50 && shown.includes("…"));
  });
});
