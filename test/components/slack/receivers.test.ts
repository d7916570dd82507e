import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { alertmanagerConfig } from "../../../components/slack/alertmanagerConfig";
import { slackSettings } from "../../../components/slack/settings";
import { formatPath } from "../../../policies/shared/path";

const mail = {
  kind: "email",
  to: ["a@example.com", "b@example.com"],
  from: "alerts@example.com",
  smarthost: "smtp.example.com:587",
  username: "alerts",
};
const pager = { kind: "pagerduty" };

function described(args: object): string[] {
  const { problems = [] } = slackSettings(args);
  return problems.map(({ path, rule }) => `${formatPath(path)} ${rule}`);
}

/** Alertmanager's configuration with these receivers, each with a credential. */
function configFor(receivers: Record<string, object>, args: object = {}): any {
  const { settings, problems } = slackSettings({
    receivers,
    receiverSecrets: Object.fromEntries(Object.keys(receivers).map((name) => [name, "secret"])),
    ...args,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return alertmanagerConfig(settings);
}

describe("the settings of receivers", () => {
  const valid = { receivers: { pager }, receiverSecrets: { pager: "secret" } };

  it("need no channel of Slack, unless there is no receiver", () => {
    assert.deepEqual(described(valid), []);
    assert.deepEqual(described({ ...valid, channels: { critical: "#a" } }), [
      "channel is required, unless alerts only go to receivers",
      "webhookUrl is required, unless existingSecret names the Secret that contains it",
    ]);
    assert.ok(described({}).includes("channel is required, unless alerts only go to receivers"));
  });

  it("report every missing and unknown secret, with the name that was probably meant", () => {
    assert.deepEqual(
      described({
        receivers: { pager, mail },
        receiverSecrets: { paper: "x", other: "x", mail: "" },
      }),
      [
        "receiverSecrets.pager is required: the PagerDuty integration key (Events API v2)",
        "receiverSecrets.mail is required: the password of the SMTP user",
        "receiverSecrets.paper is not the name of a receiver; did you mean pager?",
        "receiverSecrets.other is not the name of a receiver",
      ],
    );
  });

  it("require the key of each receiver in an existing Secret", () => {
    const args = { receivers: { pager }, existingSecret: "team-secret" };
    assert.deepEqual(described({ ...args, existingSecretKeys: ["heartbeat-url"] }), [
      "existingSecretKeys must also name receiver-pager: it contains the PagerDuty integration key (Events API v2)",
    ]);
    assert.deepEqual(described({ ...args, existingSecretKeys: ["receiver-pager"] }), []);
  });

  it("require what a kind needs, and refuse what applies to other kinds", () => {
    const receivers = { mail: { kind: "email", region: "eu" }, pager: { ...pager, to: mail.to } };
    assert.deepEqual(described({ receivers, receiverSecrets: { mail: "x", pager: "x" } }), [
      "receivers.mail.region does not apply to the kind email",
      "receivers.mail.to is required for the kind email",
      "receivers.mail.from is required for the kind email",
      "receivers.mail.smarthost is required for the kind email",
      "receivers.mail.username is required for the kind email",
      "receivers.pager.to does not apply to the kind pagerduty",
    ]);
  });

  const invalid: [field: string, receiver: object][] = [
    ["kind", { kind: "pagerdooty" }],
    ["severities", { ...pager, severities: [] }],
    ["severities[0]", { ...pager, severities: ["page"] }],
    ["services", { ...pager, services: [] }],
    ["smarthost", { ...mail, smarthost: "smtp.example.com" }],
    ["from", { ...mail, from: "alerts" }],
    ["to[0]", { ...mail, to: ["oncall"] }],
    ["region", { ...pager, region: "ap" }],
  ];
  for (const [field, receiver] of invalid) {
    it(`refuse ${field} of ${JSON.stringify(receiver)}`, () => {
      const { problems = [] } = slackSettings({
        receivers: { x: receiver },
        receiverSecrets: { x: "secret" },
      });
      assert.deepEqual(
        problems.map(({ path }) => formatPath(path)),
        [`receivers.x.${field}`],
      );
    });
  }

  for (const name of ["null", "heartbeat", "critical", "slack", "slack-alerts"]) {
    it(`refuse the name ${name}, which another receiver has`, () => {
      const args = { receivers: { [name]: pager }, receiverSecrets: { [name]: "x" } };
      assert.deepEqual(described(args), [`receivers.${name} has the name of a built-in receiver`]);
    });
  }

  it("refuse a name that cannot be part of a key of a Secret", () => {
    const args = { receivers: { "on call": pager }, receiverSecrets: { "on call": "x" } };
    assert.match(
      described(args).join(),
      /^receivers\["on call"\] must have a name that is a DNS label/,
    );
  });

  it("refuse updated messages without a bot token", () => {
    assert.deepEqual(described({ channel: "#a", webhookUrl: "x", updateMessages: true }), [
      "updateMessages requires a bot token, because messages from a webhook cannot be updated",
    ]);
    assert.deepEqual(described({ channel: "#a", botToken: "x", updateMessages: true }), []);
  });
});

describe("the receivers in Alertmanager's configuration", () => {
  it("read each credential from its file, and contain none", () => {
    const config = configFor({ pager, mail, chat: { kind: "googlechat" } });
    const folder = "/etc/alertmanager/secrets/alertmanager-slack";
    const receiver = (name: string) =>
      config.receivers.find((each: { name: string }) => each.name === name);
    assert.equal(
      receiver("pager").pagerduty_configs[0].routing_key_file,
      `${folder}/receiver-pager`,
    );
    assert.equal(receiver("mail").email_configs[0].auth_password_file, `${folder}/receiver-mail`);
    assert.equal(receiver("chat").webhook_configs[0].url_file, `${folder}/receiver-chat`);
    assert.ok(!JSON.stringify(config).includes('"secret"'));
  });

  it("need no webhook of Slack without a channel, also if the Secret would hold one by default", () => {
    const args = { receiverSecrets: undefined, existingSecret: "team-secret" };
    const config = configFor(
      { pager },
      { ...args, existingSecretKeys: ["webhook-url", "receiver-pager"] },
    );
    assert.deepEqual(config.global, { resolve_timeout: "5m" });
    assert.ok(config.receivers.every((receiver: object) => !("slack_configs" in receiver)));
  });

  it("send email only over TLS, and resolved notifications everywhere", () => {
    const { receivers } = configFor({ pager, mail });
    for (const { name, ...integrations } of receivers) {
      for (const [integration] of Object.values<any>(integrations))
        assert.equal(integration.send_resolved, true, name);
    }
    assert.equal(receivers.at(-1).email_configs[0].require_tls, true);
  });

  it("include all receivers while the map of their credentials is unknown", () => {
    const unknown = pulumi.output(Promise.resolve({ pager: "x" }));
    const { receivers } = configFor({ pager }, { receiverSecrets: unknown });
    assert.ok(receivers.at(-1).pagerduty_configs);
  });

  it("use the servers of the region", () => {
    const region = "eu";
    const config = configFor({ pager: { ...pager, region }, genie: { kind: "opsgenie", region } });
    const [, { pagerduty_configs }, { opsgenie_configs }] = config.receivers;
    assert.match(pagerduty_configs[0].url, /events\.eu\.pagerduty\.com/);
    assert.match(opsgenie_configs[0].api_url, /api\.eu\.opsgenie\.com/);
  });
});

describe("the routes to receivers", () => {
  it("continue, and reach a receiver once for each alert", () => {
    const { route } = configFor({
      pager: { ...pager, severities: ["critical"], services: ["api"], teams: ["checkout"] },
    });
    const parent = route.routes.at(-2);
    assert.equal(parent.receiver, "null");
    assert.equal(parent.continue, true);
    assert.ok(parent.routes.every((child: { continue?: boolean }) => !child.continue));
    assert.deepEqual(
      parent.routes.map(({ matchers }: { matchers: string[] }) => matchers[0]),
      [
        'service="api"',
        `pod=~"api((-[bcdfghjklmnpqrstvwxz2456789]{1,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}|-[0-9]+)"`,
        'team="checkout"',
      ],
    );
  });

  it("mute only warnings in quiet hours", () => {
    const quietHours = { from: "22:00", to: "07:00", timezone: "UTC" };
    const { route } = configFor({ pager }, { quietHours });
    const muted = route.routes
      .at(-2)
      .routes.filter((child: object) => "mute_time_intervals" in child);
    assert.deepEqual(
      muted.map(({ matchers }: { matchers: string[] }) => matchers),
      [['severity="warning"']],
    );
  });

  it("leave all other alerts to the channel of Slack", () => {
    const { route } = configFor({ pager }, { channel: "#alerts", webhookUrl: "x" });
    assert.deepEqual(route.routes.at(-1), { receiver: "slack" });
  });
});
