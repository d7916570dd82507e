import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Certificate,
  type FakeApi,
  type FakeSlackApi,
  type FakeSmtp,
  createCertificate,
  startFakeApi,
  startFakeSlackApi,
  startFakeSmtp,
} from "../support/delivery/fakeReceivers";
import { podOf } from "../support/delivery/fakeServices";
import {
  type Alertmanager,
  postAlerts,
  previewInto,
  startAlertmanager,
} from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";

const checkout = "checkout-api";
const runbook = "https://runbooks.example.com/HighErrorRate.md";

const receivers = {
  pager: { kind: "pagerduty", severities: ["critical"], teams: ["payments"] },
  genie: { kind: "opsgenie" },
  workflow: { kind: "msteams" },
  space: { kind: "googlechat" },
  mail: {
    kind: "email",
    to: ["oncall@example.com", "lead@example.com"],
    from: "alerts@example.com",
    smarthost: "smtp.example.com:587",
    username: "alerts",
  },
  hook: { kind: "webhook", severities: ["critical", "warning", "info"], services: [checkout] },
};

/** Sends alerts as Prometheus does. They resolve after `seconds`, unless they are sent again. */
async function send(
  { url }: Alertmanager,
  alerts: Record<string, string>[],
  seconds = 60,
): Promise<void> {
  const labels = { cluster: "ticketing-prod", env: "prod", namespace: "ticketing" };
  const annotations = {
    summary: "checkout-api: 30% of requests are failing",
    runbook_url: runbook,
  };
  const endsAt = new Date(Date.now() + seconds * 1000).toISOString();
  await postAlerts(
    url,
    alerts.map((alert) => ({ labels: { ...labels, ...alert }, annotations, endsAt })),
  );
}

describe("receivers in addition to Slack", function () {
  this.timeout(60_000);
  let folder: string;
  let certificate: Certificate;
  let api: FakeApi;
  let smtp: FakeSmtp;
  let alertmanager: Alertmanager;

  before("start Alertmanager without Slack, and a fake of each system", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "receivers-"));
    certificate = createCertificate(folder, ["localhost"]);
    api = await startFakeApi();
    smtp = await startFakeSmtp(certificate);
    const secrets = Object.fromEntries(
      Object.keys(receivers).map((name) => [name, `https://${name}.example.com/secret`]),
    );
    const out = previewInto(folder, "prod", {
      "monitoring:slack": {
        requireHeartbeat: true,
        quietHours: { from: "00:00", to: "23:59", timezone: "UTC", weekends: true },
      },
      "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
      "monitoring:receivers": receivers,
      "monitoring:receiverSecrets": secrets,
      "monitoring:services": [{ name: checkout, team: "payments" }],
    });
    alertmanager = await startAlertmanager({
      out,
      folder,
      secrets: {
        "heartbeat-url": `${api.url}/beat`,
        "receiver-pager": "pagerduty-key\n",
        "receiver-genie": "opsgenie-key\n",
        "receiver-workflow": `${api.url}/teams`,
        "receiver-space": `${api.url}/chat`,
        "receiver-mail": "smtp-password\n",
        "receiver-hook": `${api.url}/hook`,
      },
      fakeApi: api.url,
      adapt: (config) => {
        config.global.smtp_tls_config = { ca_file: certificate.caFile };
        const mail = config.receivers.find(({ name }: { name: string }) => name === "mail");
        mail.email_configs[0].smarthost = smtp.smarthost;
      },
    });
  });

  after(async () => {
    await Promise.all([alertmanager?.stop(), api?.stop(), smtp?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("show the log if a test failed", function () {
    if (this.currentTest?.state === "failed") console.error(alertmanager?.log().slice(-3000));
  });

  const sentTo = (start: string) => api.requests.filter(({ path }) => path.startsWith(start));

  const firing = {
    alertname: "HighErrorRate",
    service: checkout,
    team: "payments",
    severity: "critical",
  };

  /** Checks that a text names what the on-call engineer needs. */
  function checkText(text: string, found = text): void {
    for (const part of ["ticketing-prod", "prod", checkout, "since", "UTC", runbook])
      assert.ok(found.includes(part), `${part} is missing in: ${text}`);
  }

  it("each receive a firing alert once, with its text and their credential", async () => {
    await send(alertmanager, [firing]);
    await until("all receivers", () => smtp.emails.length >= 1 && api.requests.length >= 5);
    await sleep(2_000);

    const [page, ...pages] = sentTo("/pagerduty");
    assert.deepEqual(pages, []);
    assert.equal(page?.body.routing_key, "pagerduty-key");
    assert.equal(page?.body.event_action, "trigger");
    assert.equal(page?.body.payload.severity, "critical");
    assert.match(page?.body.payload.summary, /HighErrorRate checkout-api \(critical\)/);
    checkText(page?.body.payload.custom_details.text);

    const [incident, ...incidents] = sentTo("/opsgenie");
    assert.deepEqual(incidents, []);
    assert.equal(incident?.path, "/opsgenie/v2/alerts");
    assert.equal(incident?.authorization, "GenieKey opsgenie-key");
    assert.equal(incident?.body.priority, "P1");
    checkText(incident?.body.description);

    const [card, ...cards] = sentTo("/teams");
    assert.deepEqual(cards, []);
    const [title, text] = card?.body.attachments[0].content.body;
    assert.match(title.text, /^\[FIRING:1\] HighErrorRate/);
    checkText(text.text);
    assert.ok(text.text.includes(`[Runbook](${runbook})`));

    const [chat, ...chats] = sentTo("/chat");
    assert.deepEqual(chats, []);
    assert.deepEqual(Object.keys(chat?.body), ["text"]);
    checkText(chat?.body.text);
    assert.ok(chat?.body.text.includes(`<${runbook}|Runbook>`));

    const [email, ...emails] = smtp.emails;
    assert.deepEqual(emails, []);
    assert.equal(email?.from, "alerts@example.com");
    assert.deepEqual(email?.to, ["oncall@example.com", "lead@example.com"]);
    assert.equal(email?.auth, "\0alerts\0smtp-password");
    assert.match(email?.subject ?? "", /^\[FIRING:1\] HighErrorRate/);
    checkText(email?.text ?? "");

    const [hook, ...hooks] = sentTo("/hook");
    assert.deepEqual(hooks, []);
    assert.equal(hook?.body.status, "firing");
    assert.equal(hook?.body.alerts[0].labels.service, checkout);
    assert.ok(hook?.body.alerts[0].startsAt);
  });

  it("each receive the resolved notification once", async () => {
    await send(alertmanager, [firing], 0);
    await until("all receivers", () => smtp.emails.length >= 2 && api.requests.length >= 10);
    await sleep(2_000);
    assert.deepEqual(
      sentTo("/pagerduty").map(({ body }) => body.event_action),
      ["trigger", "resolve"],
    );
    assert.match(sentTo("/opsgenie").at(-1)?.path ?? "", /^\/opsgenie\/v2\/alerts\/\w+\/close/);
    assert.equal(sentTo("/opsgenie").length, 2);
    const [title] = sentTo("/teams")[1]?.body.attachments[0].content.body ?? [];
    assert.match(title?.text, /^\[RESOLVED\]/);
    assert.match(sentTo("/chat")[1]?.body.text, /RESOLVED/);
    assert.match(smtp.emails[1]?.subject ?? "", /^\[RESOLVED\] HighErrorRate/);
    assert.equal(sentTo("/hook")[1]?.body.status, "resolved");
    assert.equal(sentTo("/hook").length, 2);
  });

  it("receive only the alerts of their severities, services and teams, and no warning in quiet hours", async () => {
    api.requests.length = 0;
    await send(alertmanager, [
      { alertname: "OtherService", service: "inventory-service", severity: "critical" },
      { alertname: "OnPod", pod: podOf(checkout), severity: "info" },
      { alertname: "Muted", service: checkout, team: "payments", severity: "warning" },
    ]);
    await until("the notifications", () => api.requests.length >= 4);
    await sleep(2_000);
    const names = (start: string) => sentTo(start).map(({ body }) => JSON.stringify(body));
    assert.deepEqual(names("/pagerduty"), []);
    assert.equal(names("/hook").length, 1);
    assert.match(names("/hook")[0] ?? "", /OnPod/);
    for (const start of ["/opsgenie", "/teams", "/chat"]) {
      assert.equal(names(start).length, 1);
      assert.match(names(start)[0] ?? "", /OtherService/);
    }
  });

  it("receive no alert on a service in maintenance", async () => {
    api.requests.length = 0;
    const service = "billing-service";
    await send(alertmanager, [
      { alertname: "PlannedMaintenance", service, severity: "none" },
      { alertname: "ServiceDown", service, severity: "critical" },
      { alertname: "ServiceDown", service: "search", severity: "critical" },
    ]);
    await until("the other service", () => sentTo("/opsgenie").length > 0);
    await sleep(2_000);
    const texts = api.requests.map(({ body }) => JSON.stringify(body));
    assert.ok(!texts.some((text) => text.includes(service)), texts.join("\n"));
  });
});

describe("messages that are updated", function () {
  this.timeout(60_000);
  let folder: string;
  let slack: FakeSlackApi;
  let alertmanager: Alertmanager;

  before("start Alertmanager with a bot token, and Slack's API behind a proxy", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "updates-"));
    const certificate = createCertificate(folder, ["slack.com"]);
    slack = await startFakeSlackApi(certificate);
    const out = previewInto(folder, "prod", {
      "monitoring:slack": { channel: "#alerts", updateMessages: true },
      "monitoring:slackBotToken": ["xoxb", "000000000000", "inAFile"].join("-"),
      "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
    });
    alertmanager = await startAlertmanager({
      out,
      folder,
      secrets: { "bot-token": "token-of-the-test\n", "heartbeat-url": "http://127.0.0.1:9/beat" },
      fakeApi: "http://127.0.0.1:9",
      adapt: (config) => {
        for (const { slack_configs: [integration] = [] } of config.receivers) {
          if (integration === undefined) continue;
          integration.http_config.proxy_url = slack.proxyUrl;
          integration.http_config.tls_config = { ca_file: certificate.caFile };
        }
        delete config.global.slack_app_url;
      },
    });
  });

  after(async () => {
    await Promise.all([alertmanager?.stop(), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("show the log if a test failed", function () {
    if (this.currentTest?.state === "failed") console.error(alertmanager?.log().slice(-3000));
  });

  it("are posted once, then updated when alerts are added and when all resolve", async () => {
    const alert = (pod: string) => ({ alertname: "HighMemory", pod, severity: "critical" });
    const last = () => slack.requests.at(-1)?.body.attachments[0];
    await send(alertmanager, [alert("a-0")]);
    await until("the message", () => slack.requests.length === 1);
    assert.match(last().title, /^\[FIRING:1\] HighMemory/);
    await send(alertmanager, [alert("a-0"), alert("a-1")]);
    await until("the update", () => slack.requests.length === 2);
    assert.match(last().title, /^\[FIRING:2\] HighMemory/);
    await send(alertmanager, [alert("a-0"), alert("a-1")], 0);
    await until("the resolved update", () => slack.requests.length === 3);
    assert.match(last().title, /^\[RESOLVED\] HighMemory/);
    assert.deepEqual(
      slack.requests.map(({ path, authorization, body }) => [path, authorization, body.ts]),
      [
        ["/api/chat.postMessage", "Bearer token-of-the-test", undefined],
        ["/api/chat.update", "Bearer token-of-the-test", "1.0"],
        ["/api/chat.update", "Bearer token-of-the-test", "1.0"],
      ],
    );
  });

  it("are new messages when the alert fires again", async () => {
    slack.requests.length = 0;
    await send(alertmanager, [{ alertname: "HighMemory", pod: "a-0", severity: "critical" }]);
    await until("the message", () => slack.requests.length > 0);
    assert.equal(slack.requests[0]?.path, "/api/chat.postMessage");
  });
});
