import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Problem, formatPath } from "../../../components/internal/problems";
import { SlackSettings, slackSettings } from "../../../components/settings/slack";

const identity = { cluster: "ticketing-prod", environment: "prod" };
const webhookUrl = "https://hooks.slack.com/services/T0/B0/secret";

function settingsOf(args: object): SlackSettings {
  const checked = slackSettings({ ...identity, ...args });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

function problemsOf(args: object): Problem[] {
  return slackSettings({ ...identity, ...args }).problems ?? [];
}

function described(args: object): string[] {
  return problemsOf(args).map(({ path, rule }) => `${formatPath(path)} ${rule}`);
}

describe("slackSettings", () => {
  it("fills in every default", () => {
    assert.deepEqual(settingsOf({ webhookUrl }), {
      ...identity,
      labels: {},
      namespace: "monitoring",
      channel: "#ticketing-alerts",
      groupBy: ["alertname", "cluster", "service"],
      webhookUrl: true,
    });
  });

  it("keeps of the webhook only that it was given", () => {
    for (const given of [webhookUrl, pulumi.secret(webhookUrl)]) {
      const settings = settingsOf({ webhookUrl: given });
      assert.equal(settings.webhookUrl, true);
      assert.ok(!JSON.stringify(settings).includes("secret"));
    }
  });

  it("requires the webhook or a Secret that holds it", () => {
    for (const missing of [undefined, null, ""]) {
      assert.deepEqual(described({ webhookUrl: missing }), [
        "webhookUrl is required, unless existingSecret names the Secret that holds it",
      ]);
    }
    assert.equal(settingsOf({ existingSecret: "team-slack" }).existingSecret, "team-slack");
  });

  it("refuses both: one of them would be ignored", () => {
    assert.deepEqual(described({ webhookUrl, existingSecret: "team-slack" }), [
      "webhookUrl must be left out when existingSecret names where it is",
    ]);
  });

  it("wants a channel as Slack writes it", () => {
    settingsOf({ webhookUrl, channel: "#알림_2" });
    for (const channel of ["ticketing-alerts", "#", "#Ticketing", "#two words", "@someone"]) {
      const [problem, ...others] = problemsOf({ webhookUrl, channel });
      assert.deepEqual(others, []);
      assert.deepEqual(problem?.path, ["channel"]);
      assert.deepEqual(problem?.fix, { kind: "set", example: "#ticketing-alerts" });
    }
  });

  it("groups by label names, at least one and each once, as Alertmanager demands", () => {
    assert.deepEqual(settingsOf({ webhookUrl, groupBy: ["namespace"] }).groupBy, ["namespace"]);
    assert.deepEqual(described({ webhookUrl, groupBy: [] }), ["groupBy needs at least 1 item(s)"]);
    assert.deepEqual(described({ webhookUrl, groupBy: ["app.kubernetes.io/name"] }), [
      "groupBy[0] must be a label name",
    ]);
    assert.deepEqual(described({ webhookUrl, groupBy: ["service", "service"] }), [
      "groupBy must not name a label twice",
    ]);
  });

  it("reports everything wrong at once, and never shows the webhook", () => {
    const problems = problemsOf({
      webhookurl: webhookUrl,
      slackApiUrl: webhookUrl,
      channel: webhookUrl,
      namespace: "Monitoring",
    });
    assert.deepEqual(problems.map(({ path }) => formatPath(path)).sort(), [
      "channel",
      "namespace",
      "slackApiUrl",
      "webhookUrl",
      "webhookurl",
    ]);
    assert.ok(!JSON.stringify(problems).includes("services/T0"));
    const misspelt = problems.find(({ path }) => path[0] === "webhookurl");
    assert.deepEqual(misspelt?.fix, { kind: "rename", to: "webhookUrl" });
  });
});
