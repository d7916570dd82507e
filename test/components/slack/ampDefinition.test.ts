import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { alertmanagerConfig } from "../../../components/slack/alertmanagerConfig";
import { ampDefinition, topicArn, topicNames } from "../../../components/slack/ampDefinition";
import { slackSettings } from "../../../components/slack/settings";
import { rejectedByWorkspace } from "../../../policies/facts/amp";
import { workspaceArn } from "../../support/amp";

const receivers = { cluster: "ticketing-prod", workspaceArn };

function settingsFor(args: object) {
  const { settings, problems } = slackSettings({ botToken: true, ...args });
  assert.ok(settings, JSON.stringify(problems));
  return settings;
}

const settings = settingsFor({
  channel: "#alerts",
  channels: { critical: "#pager", info: "#info" },
  routes: [
    { service: "api", channel: "#api" },
    { team: "checkout", namespace: "shop", channel: "#checkout" },
  ],
  repeatMinutes: { critical: 30 },
});
const definition = parse(ampDefinition(settings, receivers));
const config = parse(definition.alertmanager_config);

describe("ampDefinition", () => {
  it("has the routes and inhibit rules of Alertmanager with Slack", () => {
    const ofSlack = alertmanagerConfig(settings);
    assert.deepEqual(config.route, ofSlack["route"]);
    assert.deepEqual(config.inhibit_rules, ofSlack["inhibit_rules"]);
    assert.deepEqual(
      config.receivers.map(({ name }: { name: string }) => name),
      (ofSlack["receivers"] as { name: string }[]).map(({ name }) => name),
    );
  });

  it("sends each channel to its topic, in the account and region of the workspace", () => {
    assert.deepEqual(
      [...topicNames(settings, receivers)].map(([channel, name]) => [channel, name]),
      ["#alerts", "#pager", "#info", "#api", "#checkout"].map((channel) => [
        channel,
        `ticketing-prod-alerts-${channel.slice(1)}`,
      ]),
    );
    const [, first] = config.receivers;
    assert.deepEqual(first.sns_configs, [
      {
        topic_arn: "arn:aws:sns:us-east-1:123456789012:ticketing-prod-alerts-alerts",
        sigv4: { region: "us-east-1" },
        send_resolved: true,
        subject: '{{ template "observability.chat.subject" . }}',
        message: '{{ template "observability.chat.message" . }}',
      },
    ]);
    const china = "arn:aws-cn:aps:cn-north-1:123456789012:workspace/ws-1";
    assert.equal(topicArn(china, "a"), "arn:aws-cn:sns:cn-north-1:123456789012:a");
  });

  it("has only what a workspace accepts", () => {
    // https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html
    assert.deepEqual(Object.keys(definition), ["template_files", "alertmanager_config"]);
    assert.deepEqual(Object.keys(config), ["templates", "route", "inhibit_rules", "receivers"]);
    assert.deepEqual(config.templates, Object.keys(definition.template_files));
    assert.deepEqual(rejectedByWorkspace(config), []);
    const text = JSON.stringify(config);
    assert.doesNotMatch(text, /time_intervals|_file"|http_config|api_url/);
  });

  it("uses only template functions of Alertmanager 0.23, which introduced SNS", () => {
    const templates = Object.values(definition.template_files as Record<string, string>).join("");
    const actions = [...templates.matchAll(/\{\{(.*?)\}\}/gs)].map(([, action = ""]) =>
      action.replace(/"(\\.|[^"\\])*"|`[^`]*`/g, " ").replace(/[.$][\w.]*/g, " "),
    );
    const words = new Set(actions.flatMap((action) => action.match(/[a-zA-Z]\w*/g) ?? []));
    const keywords = ["define", "else", "end", "if", "range", "template", "with"];
    const functions = ["eq", "gt", "index", "js", "len", "lt", "not", "printf", "slice"];
    const ofAlertmanager = ["reReplaceAll", "stringSlice", "toUpper"];
    assert.deepEqual([...words].sort(), [...keywords, ...functions, ...ofAlertmanager].sort());
  });
});
