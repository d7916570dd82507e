import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { alertmanagerConfig } from "../../components/slack/alertmanagerConfig";
import { ReceiverKind } from "../../components/slack/receiverKinds";
import { slackTemplate } from "../../components/slack/messageTemplate";
import { slackSettings } from "../../components/slack/settings";
import { destinationsOf } from "../../preview/output/routes";
import { toolPath } from "../../tools/paths.cjs";
import { startFakeSlack } from "../support/delivery/fakeSlack";
import { postAlerts, startAlertmanager } from "../support/delivery/pipeline";

const webhookUrl = "https://hooks.example.com/default";
const allSettings = {
  channel: "#ticketing-alerts",
  channels: { critical: "#ticketing-critical", info: "#ticketing-info" },
  routes: [
    { service: "api", channel: "#api" },
    { team: "checkout", namespace: "shop", channel: "#shop-checkout" },
    { team: "checkout", channel: "#checkout" },
    { namespace: "monitoring", channel: "#platform" },
  ],
  quietHours: { from: "22:00", to: "07:00", timezone: "Asia/Seoul", weekends: true },
  botToken: "test-value",
  heartbeatUrl: "test-value",
  pagerDutyRoutingKey: "test-value",
};

const email = {
  to: ["oncall@example.com"],
  from: "alerts@example.com",
  smarthost: "smtp.example.com:587",
  username: "alerts",
};
const allReceivers = Object.fromEntries(
  Object.values(ReceiverKind).flatMap((kind) => [
    [`all-${kind}`, { kind, ...(kind === "email" && email) }],
    [
      `some-${kind}`,
      {
        kind,
        severities: ["critical", "info"],
        services: ["api", "cart"],
        teams: ["checkout"],
        ...(kind === "email" && email),
        ...(["pagerduty", "opsgenie"].includes(kind) && { region: "eu" }),
      },
    ],
  ]),
);
const receiverSecrets = Object.fromEntries(Object.keys(allReceivers).map((name) => [name, "x"]));

/** Variants of the settings; Alertmanager must accept the configuration of each. */
const variants: Record<string, object> = {
  "only a webhook": { webhookUrl },
  "an existing Secret": { existingSecret: "team-slack" },
  "all settings, with a bot token": allSettings,
  "a webhook for each channel": {
    webhookUrl,
    channels: { critical: "#critical", warning: "#warning", info: "#info" },
    webhookUrls: { "#critical": "x", "#warning": "x", "#info": "x" },
  },
  "an existing Secret for all credentials": {
    ...allSettings,
    botToken: undefined,
    heartbeatUrl: undefined,
    pagerDutyRoutingKey: undefined,
    existingSecret: "team-slack",
    existingSecretKeys: [
      "bot-token",
      "heartbeat-url",
      "pagerduty-routing-key",
      "critical-webhook-url",
    ],
  },
  "a second receiver for critical alerts": { webhookUrl, criticalWebhookUrl: "test-value" },
  "quiet hours that end on the same day": {
    webhookUrl,
    quietHours: { from: "01:00", to: "06:30", timezone: "UTC" },
  },
  "quiet hours until midnight": {
    webhookUrl,
    quietHours: { from: "20:00", to: "00:00", timezone: "America/New_York" },
  },
  "links and custom templates": {
    webhookUrl,
    grafanaUrl: "https://grafana.example.com",
    prometheusUrl: "https://prometheus.example.com",
    alertmanagerUrl: "https://alertmanager.example.com",
    titleTemplate: "{{ .CommonLabels.alertname }}",
  },
  "updated messages": { botToken: "test-value", updateMessages: true },
  "every kind of receiver": { webhookUrl, receivers: allReceivers, receiverSecrets },
  "only receivers": { channel: undefined, receivers: allReceivers, receiverSecrets },
  "receivers with an existing Secret": {
    existingSecret: "team-slack",
    existingSecretKeys: [
      "bot-token",
      ...Object.keys(allReceivers).map((name) => `receiver-${name}`),
    ],
    receivers: allReceivers,
  },
  "a channel in Korean": { webhookUrl, channel: "#알림" },
};

type Row = [labels: Record<string, string>, receivers: string];

const critical = { severity: "critical" };
const warning = { severity: "warning" };
const info = { severity: "info" };
const apiPod = "api-7d9f8b5c4-x2x4z";

/** Receivers of each alert with all settings. */
const expectedReceivers: Row[] = [
  [{ alertname: "Watchdog", severity: "none" }, "heartbeat"],
  [{ alertname: "Watchdog", severity: "none", namespace: "monitoring" }, "heartbeat"],
  [{ alertname: "InfoInhibitor", severity: "none" }, "null"],
  [{ ...critical }, "critical,slack-ticketing-critical"],
  [{ ...warning }, "slack"],
  [{ ...info }, "slack-ticketing-info"],
  [{ severity: "none" }, "null"],
  [{}, "slack"],
  [{ severity: "page" }, "slack"],
  [{ ...critical, service: "auth-service" }, "critical,slack-ticketing-critical"],
  [{ ...warning, service: "auth-service" }, "slack"],
  [{ ...critical, service: "api" }, "critical,slack-api"],
  [{ ...warning, service: "api" }, "slack-api"],
  [{ ...info, service: "api" }, "slack-api"],
  [{ severity: "none", service: "api" }, "null"],
  [{ service: "api" }, "slack-api"],
  [{ ...critical, service: "api-gateway" }, "critical,slack-ticketing-critical"],
  [{ ...critical, pod: apiPod }, "critical,slack-api"],
  [{ ...warning, pod: apiPod }, "slack-api"],
  [{ ...critical, pod: "api-0" }, "critical,slack-api"],
  [{ ...warning, pod: "api-x2x4z" }, "slack-api"],
  [{ ...warning, pod: "api-gateway-7d9f8b5c4-x2x4z" }, "slack"],
  [{ ...warning, pod: "api-gateway-x2x4z" }, "slack"],
  [{ ...warning, pod: "api-gateway-0" }, "slack"],
  [{ ...warning, pod: "rapi-7d9f8b5c4-x2x4z" }, "slack"],
  [{ ...critical, team: "checkout" }, "critical,slack-checkout"],
  [{ ...warning, team: "checkout" }, "slack-checkout"],
  [{ ...critical, team: "checkout", namespace: "shop" }, "critical,slack-shop-checkout"],
  [{ ...warning, team: "checkout", namespace: "shop" }, "slack-shop-checkout"],
  [{ ...warning, team: "search", namespace: "shop" }, "slack"],
  [{ ...warning, team: "checkout", service: "api" }, "slack-api"],
  [{ ...critical, namespace: "monitoring" }, "critical,slack-platform"],
  [{ ...warning, namespace: "monitoring" }, "slack-platform"],
  [{ ...info, namespace: "monitoring" }, "slack-platform"],
  [{ ...warning, namespace: "monitoring-2" }, "slack"],
];

function settingsFor(args: object) {
  const checked = slackSettings({ channel: "#ticketing-alerts", ...args });
  assert.ok(checked.settings, JSON.stringify(checked.problems));
  return checked.settings;
}

/** Writes the Alertmanager configuration and its templates as the preview does. */
function write(folder: string, args: object): string {
  const settings = settingsFor(args);
  const out = path.join(folder, "alertmanager");
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, "slack.tmpl"), slackTemplate(settings));
  const file = path.join(out, "alertmanager.yaml");
  const config = stringify(alertmanagerConfig(settings), { lineWidth: 0 });
  fs.writeFileSync(file, config);
  return file;
}

function amtool(...args: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr, error } = spawnSync(toolPath("amtool"), args, {
    encoding: "utf8",
  });
  if (error) throw error;
  return { status, text: stdout + stderr };
}

describe("the routing tree", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "routes-"));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const [name, args] of Object.entries(variants)) {
    it(`is accepted by amtool with ${name}, including its templates`, () => {
      const file = write(folder, args);
      const local = fs
        .readFileSync(file, "utf8")
        .replace("/etc/alertmanager/config", path.dirname(file));
      fs.writeFileSync(file, local);
      const { status, text } = amtool("check-config", file);
      assert.equal(status, 0, text);
      assert.match(text, /Found:[^]*1 templates[^]*SUCCESS/);
    });
  }

  for (const [labels, receivers] of expectedReceivers) {
    const matchers = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    it(`routes ${matchers.join(" ") || "an alert without labels"} to ${receivers}`, () => {
      const file = write(folder, allSettings);
      const { status, text } = amtool(
        "config",
        "routes",
        "test",
        `--config.file=${file}`,
        ...matchers,
      );
      assert.equal(status, 0, text);
      assert.equal(text.trim(), receivers);
    });
  }

  const selected = {
    ...allSettings,
    routes: [{ service: "api", channel: "#api" }],
    channels: {},
    quietHours: undefined,
    receivers: {
      everything: { kind: "opsgenie" },
      infos: { kind: "msteams", severities: ["info"] },
      pager: {
        kind: "pagerduty",
        severities: ["critical"],
        services: ["api", "cart"],
        teams: ["checkout", "search"],
      },
    },
    receiverSecrets: { everything: "x", infos: "x", pager: "x" },
  };
  const selections: Row[] = [
    [{ ...critical }, "critical,everything,slack"],
    [{ ...warning }, "everything,slack"],
    [{ ...info }, "infos"],
    [{ severity: "none" }, ""],
    [{}, "everything,slack"],
    [{ severity: "page" }, "everything,slack"],
    [{ ...critical, service: "api" }, "critical,everything,pager,slack-api"],
    [{ ...critical, service: "api", team: "checkout" }, "critical,everything,pager,slack-api"],
    [{ ...warning, service: "api" }, "everything,slack-api"],
    [{ ...critical, service: "cart", pod: "cart-0" }, "critical,everything,pager,slack"],
    [{ ...critical, service: "api-gateway" }, "critical,everything,slack"],
    [{ ...critical, pod: apiPod }, "critical,everything,pager,slack-api"],
    [{ ...critical, pod: "api-gateway-7d9f8b5c4-x2x4z" }, "critical,everything,slack"],
    [{ ...critical, team: "search" }, "critical,everything,pager,slack"],
    [{ ...critical, team: "searchers" }, "critical,everything,slack"],
    [{ alertname: "Watchdog", severity: "none" }, "heartbeat"],
    [{ alertname: "InfoInhibitor", severity: "none" }, ""],
  ];
  for (const [labels, receivers] of selections) {
    it(`routes ${JSON.stringify(labels)} to ${receivers || "none"} with further receivers`, () => {
      const file = write(folder, selected);
      const matchers = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const { text } = amtool("config", "routes", "test", `--config.file=${file}`, ...matchers);
      const reached = text
        .trim()
        .split(",")
        .filter((name) => name !== "null");
      assert.equal(reached.join(), receivers);
    });
  }

  it("has the same receivers in the preview as in Alertmanager", () => {
    const config = alertmanagerConfig(settingsFor(allSettings)) as Parameters<
      typeof destinationsOf
    >[0];
    const destination = (receiver: string): string => {
      if (receiver === "null") return "no notification";
      if (receiver === "heartbeat") return "heartbeat (webhook)";
      if (receiver === "critical") return "critical (pagerduty)";
      return receiver === "slack" ? "#ticketing-alerts" : receiver.replace("slack-", "#");
    };
    for (const [labels, receivers] of expectedReceivers) {
      assert.deepEqual(
        destinationsOf(config, labels),
        receivers.split(",").map(destination),
        JSON.stringify(labels),
      );
    }
  });

  it("mutes only warnings in quiet hours", async function () {
    this.timeout(30_000);
    const slack = await startFakeSlack();
    const utc = (hours: number): string =>
      new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const sent = async (quietHours: object): Promise<string[]> => {
      const instance = fs.mkdtempSync(path.join(folder, "quiet-"));
      write(instance, { webhookUrl, routes: [], quietHours });
      fs.mkdirSync(path.join(instance, "values"));
      const values = { alertmanager: { alertmanagerSpec: {} } };
      fs.writeFileSync(path.join(instance, "values", "prometheus.yaml"), stringify(values));
      const alertmanager = await startAlertmanager({
        out: instance,
        folder: instance,
        secrets: { "webhook-url": `${slack.url}/services/default` },
        fakeApi: slack.url,
      });
      try {
        slack.messages.length = 0;
        await postAlerts(alertmanager.url, [
          { labels: { alertname: "HighCPU", ...warning } },
          { labels: { alertname: "HighMemory", ...critical } },
        ]);
        await sleep(1_500);
        return slack.messages.map(({ title }) => title.split(" ")[1] ?? "").sort();
      } finally {
        await alertmanager.stop();
      }
    };
    try {
      const timezone = "UTC";
      assert.deepEqual(await sent({ from: utc(-1), to: utc(1), timezone }), ["HighMemory"]);
      assert.deepEqual(await sent({ from: utc(2), to: utc(3), timezone }), [
        "HighCPU",
        "HighMemory",
      ]);
    } finally {
      await slack.stop();
    }
  });
});
