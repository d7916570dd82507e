import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Problem } from "../../../components/shared/problems";
import { formatPath } from "../../../policies/shared/path";
import { SlackSettings, slackSettings } from "../../../components/slack/settings";

const identity = { channel: "#ticketing-alerts" };
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
      channels: {},
      receivers: {},
      routes: [],
      groupBy: ["alertname", "cluster", "service"],
      repeatMinutes: { critical: 60, warning: 720 },
      updateMessages: false,
      requireHeartbeat: false,
      webhookUrl: true,
    });
  });

  it("records that the webhook is set, but not the webhook", () => {
    for (const webhook of [webhookUrl, pulumi.secret(webhookUrl)]) {
      const settings = settingsOf({ webhookUrl: webhook });
      assert.equal(settings.webhookUrl, true);
      assert.ok(!JSON.stringify(settings).includes("secret"));
    }
  });

  it("requires the webhook or a Secret that holds it", () => {
    for (const missing of [undefined, null, ""]) {
      assert.deepEqual(described({ webhookUrl: missing }), [
        "webhookUrl is required, unless existingSecret names the Secret that contains it",
      ]);
    }
    assert.equal(settingsOf({ existingSecret: "team-slack" }).existingSecret, "team-slack");
  });

  it("refuses both, because one of them would be ignored", () => {
    assert.deepEqual(described({ webhookUrl, existingSecret: "team-slack" }), [
      "webhookUrl must not be set together with existingSecret, which contains it",
    ]);
  });

  it("requires a channel in the form of Slack", () => {
    settingsOf({ webhookUrl, channel: "#알림_2" });
    for (const channel of ["ticketing-alerts", "#", "#Ticketing", "#two words", "@someone"]) {
      const [problem, ...others] = problemsOf({ webhookUrl, channel });
      assert.deepEqual(others, []);
      assert.deepEqual(problem?.path, ["channel"]);
      assert.deepEqual(problem?.fix, { kind: "set", example: "#alerts" });
    }
  });

  it("groups by at least one label name, each once, as Alertmanager requires", () => {
    assert.deepEqual(settingsOf({ webhookUrl, groupBy: ["namespace"] }).groupBy, ["namespace"]);
    assert.deepEqual(described({ webhookUrl, groupBy: [] }), [
      "groupBy must have at least 1 item(s)",
    ]);
    assert.deepEqual(described({ webhookUrl, groupBy: ["app.kubernetes.io/name"] }), [
      "groupBy[0] must be a label name",
    ]);
    assert.deepEqual(described({ webhookUrl, groupBy: ["service", "service"] }), [
      "groupBy must not name a label twice",
    ]);
  });

  it("records which secrets and which channels' webhooks are set, but not their values", () => {
    const args = {
      webhookUrl,
      webhookUrls: { "#critical": webhookUrl },
      channels: { critical: "#critical" },
      heartbeatUrl: pulumi.secret("https://beat.example.com/secret"),
      pagerDutyRoutingKey: "0123456789abcdef0123456789abcdef",
      criticalWebhookUrl: "https://hook.example.com/secret",
    };
    const settings = settingsOf(args);
    assert.deepEqual(settings.webhookUrls, { "#critical": true });
    assert.equal(settings.heartbeatUrl, true);
    assert.ok(!/secret|0123456789abcdef/.test(JSON.stringify(settings)));
  });

  it("requires a heartbeat if requireHeartbeat is set", () => {
    const rule = "is required while requireHeartbeat is true";
    const insisting = { requireHeartbeat: true };
    assert.deepEqual(described({ webhookUrl, ...insisting }), [`heartbeatUrl ${rule}`]);
    settingsOf({ webhookUrl, ...insisting, heartbeatUrl: "https://beat.example.com" });
    settingsOf({ webhookUrl, requireHeartbeat: false });
    const existing = { existingSecret: "team-slack", ...insisting };
    assert.deepEqual(described(existing), [
      "existingSecretKeys must name heartbeat-url while requireHeartbeat is true",
    ]);
    settingsOf({ ...existing, existingSecretKeys: ["webhook-url", "heartbeat-url"] });
  });

  it("requires a webhook for each channel, because Slack binds a webhook to one", () => {
    const channels = { critical: "#critical", warning: "#ticketing-alerts" };
    const rule = "is required: a Slack webhook posts only to its own channel";
    assert.deepEqual(described({ webhookUrl, channels }), [`webhookUrls["#critical"] ${rule}`]);
    assert.deepEqual(
      described({ webhookUrl, channels, routes: [{ service: "a", channel: "#알림" }] }),
      [`webhookUrls["#critical"] ${rule}`, `webhookUrls["#알림"] ${rule}`],
    );
    settingsOf({ webhookUrl, channels, webhookUrls: { "#critical": webhookUrl } });
    settingsOf({ botToken: "given", channels, routes: [{ service: "a", channel: "#알림" }] });
  });

  it("refuses a webhook of an unused channel, and of an invalid channel", () => {
    assert.deepEqual(described({ webhookUrl, webhookUrls: { "#unused": webhookUrl } }), [
      'webhookUrls["#unused"] is the webhook of a channel that receives no alerts',
    ]);
    assert.deepEqual(described({ webhookUrl, webhookUrls: webhookUrl }), [
      "webhookUrls must be a map",
    ]);
    const channels = { critical: "#critical" };
    assert.deepEqual(described({ webhookUrl, channels, webhookUrls: { "#critical": "" } }), [
      'webhookUrls["#critical"] is required: a Slack webhook posts only to its own channel',
    ]);
  });

  it("accepts a bot token instead of webhooks, but not in addition to them", () => {
    settingsOf({ botToken: "given" });
    assert.deepEqual(described({ botToken: "given", webhookUrl }), [
      "webhookUrl must not be set together with a bot token, which reaches every channel",
    ]);
  });

  it("requires the keys of an existing Secret", () => {
    const channels = { critical: "#critical" };
    assert.deepEqual(described({ existingSecret: "team-slack", channels }), [
      "existingSecretKeys must also name webhook-url-critical: a Slack webhook posts only to its own channel",
    ]);
    settingsOf({ existingSecret: "team-slack", existingSecretKeys: ["bot-token"], channels });
    assert.deepEqual(described({ webhookUrl, existingSecretKeys: ["bot-token"] }), [
      "existingSecretKeys requires existingSecret, whose keys it lists",
    ]);
    const [wrong] = problemsOf({
      existingSecret: "team-slack",
      existingSecretKeys: ["webhook-url", "api_url"],
    });
    assert.equal(formatPath(wrong?.path ?? []), "existingSecretKeys[1]");
  });

  it("requires a route to select alerts and to name a channel", () => {
    const settings = settingsOf({ botToken: "x", routes: [{ team: "Check out", channel: "#a" }] });
    assert.deepEqual(settings.routes, [{ team: "Check out", channel: "#a" }]);
    assert.deepEqual(described({ botToken: "x", routes: [{ channel: "#a" }] }), [
      "routes[0] must name a service, a team or a namespace",
    ]);
    assert.deepEqual(described({ botToken: "x", routes: [{ service: "a" }] }), [
      "routes[0].channel is required",
    ]);
    assert.deepEqual(described({ botToken: "x", routes: [{ service: "a", channel: "team" }] }), [
      "routes[0].channel must be a Slack channel: # and at most 80 characters from a-z, 0-9, - and _",
    ]);
    assert.equal(described({ botToken: "x", routes: [{ team: '"', channel: "#a" }] }).length, 1);
  });

  it("requires quiet hours as times of day and a time zone", () => {
    const hours = { from: "22:00", to: "07:00", timezone: "Asia/Seoul" };
    assert.deepEqual(settingsOf({ webhookUrl, quietHours: hours }).quietHours, {
      ...hours,
      weekends: false,
      holidays: [],
    });
    for (const [change, problem] of [
      [{ from: "10pm" }, "quietHours.from must be a time like 22:00"],
      [{ to: "24:00" }, "quietHours.to must be a time like 22:00"],
      [{ to: "22:00" }, "quietHours.to must differ from the start"],
      [{ timezone: "KST" }, "quietHours.timezone must be a time zone like Asia/Seoul"],
      [{ timezone: "asia/seoul" }, "quietHours.timezone must be a time zone like Asia/Seoul"],
      [{ timezone: undefined }, "quietHours.timezone is required"],
    ] as const) {
      const quietHours = { ...hours, ...change };
      assert.deepEqual(described({ webhookUrl, quietHours }), [problem]);
    }
  });

  it("accepts any template that is not empty, and leaves its syntax to amtool", () => {
    const titleTemplate = "{{ .Status";
    assert.equal(settingsOf({ webhookUrl, titleTemplate }).titleTemplate, titleTemplate);
    assert.equal(described({ webhookUrl, textTemplate: "" }).length, 1);
  });

  it("accepts only URLs that are safe in a template and in a link", () => {
    settingsOf({ webhookUrl, grafanaUrl: "https://grafana.example.com/x/" });
    for (const grafanaUrl of ["grafana", "https://a{{b}}", "https://a|b", "https://a b"]) {
      assert.deepEqual(described({ webhookUrl, grafanaUrl }), [
        "grafanaUrl must be a URL that starts with https:// or http://",
      ]);
    }
  });

  it("reports all problems at once, and never shows the webhook", () => {
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
