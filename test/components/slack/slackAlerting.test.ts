import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { SlackAlerting, SlackAlertingArgs } from "../../../components/slack/slackAlerting";
import { RecordedResource, recordProgram, isSecret, unknownPaths } from "../../support/mocks";

const webhookUrl = "https://hooks.slack.com/services/T0/B0/secret";

async function recordSlack(
  args: Partial<SlackAlertingArgs> = { webhookUrl },
): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => {
    const channel = "#ticketing-alerts";
    new SlackAlerting("slack", { channel, ...args });
  });
  return resources;
}

function named(resources: RecordedResource[], type: string, name: string): RecordedResource {
  const match = resources.find(
    (resource) => resource.type.endsWith(type) && resource.name === name,
  );
  assert.ok(match, `${type} ${name} is registered`);
  return match;
}

describe("SlackAlerting", () => {
  it("stores the webhook in the Secret alertmanager-slack, as a secret", async () => {
    const secret = named(await recordSlack(), ":Secret", "slack-webhook");
    assert.equal(secret.inputs["metadata"].name, "alertmanager-slack");
    assert.equal(secret.inputs["metadata"].namespace, "monitoring");
    assert.deepEqual(secret.inputs["stringData"], { "webhook-url": webhookUrl });
    assert.ok(isSecret(secret, "stringData", "webhook-url"));
  });

  it("shows the webhook nowhere else", async () => {
    for (const resource of await recordSlack()) {
      if (resource.name === "slack-webhook") continue;
      const text = JSON.stringify([resource.inputs, resource.outputs]);
      assert.ok(!text.includes("hooks.slack.com"), resource.urn);
    }
  });

  it("writes Alertmanager's configuration and its template into the Secret alertmanager-config", async () => {
    const secret = named(
      await recordSlack({ webhookUrl, channel: "#sre" }),
      ":Secret",
      "slack-config",
    );
    assert.equal(secret.inputs["metadata"].name, "alertmanager-config");
    assert.equal(secret.inputs["metadata"].namespace, "monitoring");
    const { "alertmanager.yaml": yaml, ...templates } = secret.inputs["stringData"];
    const config = parse(yaml);
    assert.deepEqual(config.route.group_by, ["alertname", "cluster", "service"]);
    assert.equal(config.receivers.at(-1).slack_configs[0].channel, "#sre");
    assert.deepEqual(Object.keys(templates), ["slack.tmpl"]);
    assert.match(templates["slack.tmpl"], /define "observability\.slack\.text"/);
  });

  it("has a configuration that is known in a first preview, whatever the webhook is", async () => {
    const secret = named(await recordSlack(), ":Secret", "slack-config");
    assert.deepEqual(unknownPaths(secret), []);
  });

  it("quotes the name of the null receiver, because a bare null is not a string", async () => {
    const secret = named(await recordSlack(), ":Secret", "slack-config");
    assert.match(secret.inputs["stringData"]["alertmanager.yaml"], /- name: "null"\n/);
  });

  it("uses an existing Secret and creates none", async () => {
    for (const unset of [undefined, ""]) {
      const resources = await recordSlack({ existingSecret: "team-slack", webhookUrl: unset });
      assert.ok(!resources.some(({ name }) => name === "slack-webhook"));
      const secret = named(resources, ":Secret", "slack-config");
      assert.match(
        secret.inputs["stringData"]["alertmanager.yaml"],
        /slack_api_url_file: \/etc\/alertmanager\/secrets\/team-slack\/webhook-url\n/,
      );
      const { outputs } = named(resources, ":SlackAlerting", "slack");
      assert.equal(outputs["webhookSecretName"], "team-slack");
    }
  });

  it("returns the names of both Secrets", async () => {
    const { outputs } = named(await recordSlack(), ":SlackAlerting", "slack");
    assert.deepEqual(outputs, {
      configSecretName: "alertmanager-config",
      webhookSecretName: "alertmanager-slack",
    });
  });

  it("registers all resources under one parent, in one namespace, with the caller's labels", async () => {
    const resources = await recordSlack({
      webhookUrl,
      namespace: "observe",
      labels: { team: "sre" },
    });
    const component = named(resources, ":SlackAlerting", "slack");
    for (const resource of resources) {
      if (resource === component) continue;
      assert.equal(resource.parent, component.urn, resource.name);
      assert.equal(resource.inputs["metadata"].namespace, "observe");
      assert.equal(resource.inputs["metadata"].labels.team, "sre");
    }
  });

  it("stores every credential in that Secret, under the key that its receiver reads", async () => {
    const credentials = {
      "webhook-url": webhookUrl,
      "webhook-url-critical": "https://hooks.example.com/critical",
      "heartbeat-url": "https://beat.example.com/a",
      "pagerduty-routing-key": "0123456789abcdef0123456789abcdef",
      "critical-webhook-url": "https://other.example.com/b",
    };
    const resources = await recordSlack({
      webhookUrl,
      channels: { critical: "#critical" },
      webhookUrls: { "#critical": credentials["webhook-url-critical"] },
      heartbeatUrl: credentials["heartbeat-url"],
      pagerDutyRoutingKey: credentials["pagerduty-routing-key"],
      criticalWebhookUrl: credentials["critical-webhook-url"],
    });
    const secret = named(resources, ":Secret", "slack-webhook");
    assert.deepEqual(secret.inputs["stringData"], credentials);
    const config = named(resources, ":Secret", "slack-config").inputs["stringData"];
    const files = [...config["alertmanager.yaml"].matchAll(/secrets\/alertmanager-slack\/(\S+)/g)];
    assert.deepEqual(files.map(([, key]) => key).sort(), Object.keys(credentials).sort());
    for (const [key, value] of Object.entries(credentials)) {
      assert.ok(isSecret(secret, "stringData", key), key);
      for (const { name, inputs } of resources) {
        if (name !== "slack-webhook") assert.ok(!JSON.stringify(inputs).includes(`"${value}"`));
      }
    }
  });

  it("stores a bot token instead of a webhook", async () => {
    const botToken = ["xoxb", "1"].join("-");
    const secret = named(await recordSlack({ botToken }), ":Secret", "slack-webhook");
    assert.deepEqual(secret.inputs["stringData"], { "bot-token": botToken });
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    await assert.rejects(recordSlack({ channel: "alerts", groupBy: [] }), (error: Error) => {
      assert.match(error.message, /^SlackAlerting "slack": 3 problems/);
      for (const field of ["webhookUrl", "channel", "groupBy"]) {
        assert.ok(error.message.includes(`\n  ${field} `), field);
      }
      return true;
    });
  });
});
