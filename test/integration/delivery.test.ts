import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type FakeServices,
  type Fault,
  faults,
  imageOf,
  podOf,
  startFakeServices,
} from "../support/delivery/fakeServices";
import {
  type FakeSlack,
  type SlackBehavior,
  type SlackMessage,
  secretsAt,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import {
  type Alertmanager,
  type Pipeline,
  postAlerts,
  previewInto,
  startAlertmanager,
  startPipeline,
} from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";
import { timeScale } from "../support/delivery/scaledTime";
import { readPage } from "../docs/markdown";

const faulty = "inventory-service";
const healthy = "auth-service";
const faultyLater = "api-gateway";
const names = [faulty, healthy, faultyLater];
const allFaults = Object.entries(faults) as [Fault, string][];

/** Text of each message: service or pod, current value and threshold. */
const texts: Record<Fault, RegExp> = {
  errors: /30.* of requests to inventory-service .*threshold: 5%/,
  slowness: /inventory-service .*threshold: 500 ms/,
  crashLoop: /inventory-service-7d9f8b5c4-x2x4z/,
  memory: /inventory-service-7d9f8b5c4-x2x4z .*95.*threshold: 90%/,
  cpu: /inventory-service-7d9f8b5c4-x2x4z .*9\d(\.\d+)?%.*threshold: 85%/,
  throttling: /[45]\d(\.\d+)? requests per second from inventory-service .*threshold: 10/,
};

/** The image that a message names as new. */
const newImages = /New in the last hour: (.*)$/m;

const config = {
  "monitoring:services": names.map((name) => ({
    name,
    ...(name === faultyLater ? { team: "checkout" } : {}),
  })),
  "monitoring:prometheus": {
    scrapeIntervalSeconds: 30,
    externalUrl: "https://prometheus.example.com",
  },
  "monitoring:alertmanager": { externalUrl: "https://alertmanager.example.com" },
  "monitoring:grafana": { externalUrl: "https://grafana.example.com" },
  "monitoring:slack": {
    channel: "#ticketing-alerts",
    channels: { critical: "#ticketing-critical" },
    routes: [{ team: "checkout", channel: "#checkout" }],
  },
  "monitoring:slackWebhookUrl": "https://hooks.example.com/default",
  "monitoring:slackWebhookUrls": {
    "#ticketing-critical": "https://hooks.example.com/critical",
    "#checkout": "https://hooks.example.com/checkout",
  },
  "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
};

/** The text of a message without the URLs of its links, whose queries name services of other teams. */
function withoutUrls(text: string): string {
  return text.replace(/<[^|>]+\|/g, "<");
}

/** The words of a message in the markup of Slack or Markdown, without numbers, times and URLs. */
function plainWords(text: string): string {
  return text
    .replace(/<[^|>]+\|(\w+)>/g, "$1")
    .replace(/\[(\w+)\]\([^)]*\)/g, "$1")
    .replace(/since \d+ \w+ [\d:]+/g, "since")
    .replace(/<br>|[*>]/g, "")
    .replace(/[\d.]+%/g, "%")
    .replace(/\s+/g, " ")
    .trim();
}

// All durations are divided by `timeScale`: a minute in the cluster is a second here.
describe("notification of a fault", function () {
  this.timeout(120_000);
  let folder: string;
  let services: FakeServices;
  let slack: FakeSlack;
  let pipeline: Pipeline;

  before("start Prometheus, Alertmanager, fake services and a fake Slack", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "delivery-"));
    services = await startFakeServices(names);
    slack = await startFakeSlack();
    pipeline = await startPipeline({
      out: previewInto(folder, "prod", config),
      folder,
      services: { address: services.address, names },
      secrets: {
        ...secretsAt(slack.url),
        "webhook-url-ticketing-critical": `${slack.url}/services/critical`,
        "webhook-url-checkout": `${slack.url}/services/checkout`,
      },
      fakeApi: slack.url,
    });
  });

  after(async () => {
    await Promise.all([pipeline?.stop(), services?.stop(), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("show the messages if a test failed", function () {
    if (this.currentTest?.state !== "failed") return;
    console.error(slack.messages.map(({ channel, title }) => `${channel} ${title}`).join("\n"));
    console.error(pipeline.log().split("\n").slice(-20).join("\n"));
  });

  /** Messages of one alert, by their titles. */
  function messagesOf(alert: string, status: "FIRING" | "RESOLVED"): SlackMessage[] {
    const title = new RegExp(`^\\[${status}(:\\d+)?\\] ${alert} `);
    return slack.messages.filter((message) => title.test(message.title));
  }

  it("sends nothing while all services are healthy, for longer than any `for` duration", async () => {
    await sleep(20_000);
    assert.deepEqual(
      slack.messages.map(({ title, text }) => `${title}\n${text}`),
      [],
    );
  });

  it("sends a heartbeat every minute", () => {
    const beats = slack.posts.filter(({ path }) => path === "/beat");
    assert.ok(beats.length >= 10, `${beats.length} in 20 s, expected one per second`);
  });

  it("sends a message for each of six faults", async () => {
    for (const [fault] of allFaults) services.inject(faulty, fault);
    await until(
      "a message for each fault",
      () => allFaults.every(([, alert]) => messagesOf(alert, "FIRING").length > 0),
      40,
    );
  });

  for (const [fault, alert] of allFaults) {
    it(`sends ${alert} once, to the right channel, with all details and links`, () => {
      const [message, ...duplicates] = messagesOf(alert, "FIRING");
      assert.ok(message);
      assert.deepEqual(duplicates, []);
      const isWarning = alert === "HighCPU";
      assert.equal(message.channel, isWarning ? "#ticketing-alerts" : "#ticketing-critical");
      assert.equal(message.path, `/services/${isWarning ? "default" : "critical"}`);
      assert.equal(message.color, isWarning ? "warning" : "danger");
      // PodCrashLooping also names the service.
      const isPodAlert = ["memory", "cpu"].includes(fault);
      assert.equal(
        message.title,
        `[FIRING:1] ${alert} ${isPodAlert ? podOf(faulty) : faulty} (${isWarning ? "warning" : "critical"}) in ticketing-prod`,
      );
      assert.match(message.text, texts[fault]);
      assert.doesNotMatch(message.text, newImages);
      assert.ok(message.text.includes("namespace `ticketing`"));
      const links = [...message.text.matchAll(/<([^|>]+)\|(\w+)>/g)].map(
        ([, url = "", name]) => [name, new URL(url).origin + new URL(url).pathname] as const,
      );
      const prometheus = "https://prometheus.example.com";
      const { Runbook, Dashboard, ...others } = Object.fromEntries(links);
      assert.match(Runbook ?? "", new RegExp(`/${alert}\\.md$`));
      assert.match(Dashboard ?? "", /^https:\/\/grafana\.example\.com\/d\//);
      assert.deepEqual(others, {
        Graph: `${prometheus}/graph`,
        Logs: "https://grafana.example.com/explore",
        Silence: "https://alertmanager.example.com/",
      });
      assert.match(message.titleLink ?? "", /^https:\/\/alertmanager\.example\.com\/#\/alerts/);
    });
  }

  it("sends the message that README.md shows", () => {
    const [message] = messagesOf("HighErrorRate", "FIRING");
    assert.ok(message);
    const quote = readPage("README.md").match(/^> .*/gm)?.join("\n") ?? "";
    assert.equal(plainWords(quote), plainWords(`${message.title}\n${message.text}`));
  });

  it("sends nothing about healthy services", () => {
    for (const { title, text } of slack.messages) {
      for (const name of [healthy, faultyLater])
        assert.ok(!`${title} ${withoutUrls(text)}`.includes(name), title);
    }
  });

  it("neither loses nor duplicates messages if Alertmanager restarts", async () => {
    const before = slack.messages.length;
    await pipeline.alertmanager.stop();
    services.inject(faultyLater, "crashLoop");
    await sleep(7_000);
    await pipeline.alertmanager.start();
    await until("the fault during the restart", () => slack.messages.length > before);
    // Further group intervals, in which a message could be duplicated.
    await sleep(4_000);
    for (const [, alert] of allFaults) {
      const messages = messagesOf(alert, "FIRING").filter(({ text }) => text.includes(faulty));
      assert.equal(messages.length, 1, alert);
    }
    const laterMessages = slack.messages.filter(({ text }) => text.includes(podOf(faultyLater)));
    assert.equal(laterMessages.length, 1);
  });

  it("sends the alerts of a team only to the channel of the team", () => {
    const laterMessages = slack.messages.filter(({ text }) =>
      withoutUrls(text).includes(faultyLater),
    );
    assert.deepEqual(
      laterMessages.map(({ channel, path }) => `${channel} ${path}`),
      ["#checkout /services/checkout"],
    );
  });

  it("sends one resolved message per fault", async () => {
    for (const name of [faulty, faultyLater]) services.heal(name);
    await until(
      "all are resolved",
      () => allFaults.every(([, alert]) => messagesOf(alert, "RESOLVED").length > 0),
      40,
    );
    await sleep(3_000);
    for (const [, alert] of allFaults) {
      const resolved = messagesOf(alert, "RESOLVED");
      const [message, ...duplicates] = resolved.filter(({ text }) => text.includes(faulty));
      assert.deepEqual(duplicates, []);
      assert.equal(message?.color, "good");
      assert.ok(message?.text.includes("(resolved)"));
    }
  });

  const outages: [string, SlackBehavior, Fault][] = [
    ["limits the rate (429)", 429, "crashLoop"],
    ["returns errors (500)", 500, "throttling"],
    ["does not respond", "hang", "slowness"],
  ];
  for (const [description, behavior, fault] of outages) {
    it(`delivers late but exactly once if Slack ${description} for ten minutes`, async () => {
      const alert = faults[fault];
      const messages = (): SlackMessage[] =>
        messagesOf(alert, "FIRING").filter(({ text }) => text.includes(healthy));
      const tag = `1.5.${behavior}`;
      const [refused, failed] = [slack.refused(), await failedNotifications(pipeline.alertmanager)];
      slack.behave(behavior);
      const start = Date.now();
      services.deploy(healthy, tag);
      services.inject(healthy, fault);
      await until("Slack rejects messages", () => slack.refused() >= refused + 2);
      await until(
        "the metric of failed notifications increases",
        async () => (await failedNotifications(pipeline.alertmanager)) > failed,
      );
      await until("the alert on failed notifications", async () =>
        (await firing(pipeline)).includes("NotificationsFailing"),
      );
      await sleep(start + (10 * 60_000) / timeScale - Date.now());
      assert.deepEqual(messages(), []);
      slack.behave("ok");
      await until("the message", () => messages().length > 0);
      await sleep(2_500);
      const [message, ...duplicates] = messages();
      assert.deepEqual(duplicates, []);
      assert.equal(newImages.exec(message?.text ?? "")?.[1], imageOf(healthy, tag));
      services.heal(healthy);
    });
  }
});

/** Names of the firing alerts in Prometheus. */
async function firing({ prometheusUrl }: Pipeline): Promise<string[]> {
  const answer = (await (await fetch(`${prometheusUrl}/api/v1/alerts`)).json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  const alerts = answer.data.alerts.filter(({ state }) => state === "firing");
  return alerts.map(({ labels }) => labels.alertname);
}

/** Value of the metric that NotificationsFailing uses. */
async function failedNotifications({ url }: Alertmanager): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return [
    ...metrics.matchAll(
      /^alertmanager_notifications_failed_total\{.*integration="slack".*\} (\d+)/gm,
    ),
  ].reduce((sum, [, value]) => sum + Number(value), 0);
}

describe("Alertmanager with the configuration of the stack", function () {
  this.timeout(60_000);
  let folder: string;
  let slack: FakeSlack;
  let alertmanager: Alertmanager;

  before("start with a bot token, PagerDuty and routes", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alertmanager-"));
    slack = await startFakeSlack();
    const out = previewInto(folder, "prod", {
      "monitoring:slack": {
        channel: "#ticketing-alerts",
        routes: [{ service: faulty, channel: "#inventory" }],
      },
      "monitoring:slackBotToken": ["xoxb", "000000000000", "inAFile"].join("-"),
      "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
      "monitoring:pagerDutyRoutingKey": "0123456789abcdef0123456789abcdef",
    });
    alertmanager = await startAlertmanager({
      out,
      folder,
      secrets: {
        "bot-token": "token-of-the-test\n",
        "heartbeat-url": `${slack.url}/beat`,
        "pagerduty-routing-key": "key-of-the-test\n",
      },
      fakeApi: slack.url,
    });
  });

  after(async () => {
    await Promise.all([alertmanager?.stop(), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Sends alerts as Prometheus does, and returns the resulting Slack messages. */
  async function fire(...alerts: Record<string, string>[]): Promise<string[]> {
    slack.messages.length = 0;
    slack.posts.length = 0;
    const labels = { cluster: "ticketing-prod", namespace: "ticketing" };
    const endsAt = new Date(Date.now() + 3_000).toISOString();
    await postAlerts(
      alertmanager.url,
      alerts.map((alert) => ({ labels: { ...labels, ...alert }, endsAt })),
    );
    await sleep(2_000);
    return slack.messages
      .filter(({ title }) => title.startsWith("[FIRING"))
      .map(({ channel, title }) => `${channel} ${title.split(" ")[1]}`)
      .sort();
  }

  it("posts to every channel through the Slack API with the bot token", async () => {
    const sent = await fire(
      { alertname: "HighErrorRate", service: faulty, severity: "critical" },
      { alertname: "HighErrorRate", service: healthy, severity: "critical" },
      { alertname: "HighMemory", pod: podOf(faulty), severity: "critical" },
    );
    assert.deepEqual(sent, [
      "#inventory HighErrorRate",
      "#inventory HighMemory",
      "#ticketing-alerts HighErrorRate",
    ]);
    for (const { path, authorization } of slack.messages) {
      assert.equal(path, "/api/chat.postMessage");
      assert.equal(authorization, "Bearer token-of-the-test");
    }
    const pages = slack.posts.filter(({ path }) => path === "/pagerduty");
    assert.equal(pages.length, 3);
    for (const { body } of pages) {
      assert.equal((body as { routing_key: string }).routing_key, "key-of-the-test");
    }
  });

  it("holds alerts back during planned maintenance, and sends them afterwards", async () => {
    // A service of its own: Alertmanager does not repeat alerts for the tests that follow.
    const maintained = "billing-service";
    const pod = podOf(maintained);
    const alerts: Record<string, string>[] = [
      { alertname: "ServiceDown", service: maintained, severity: "critical" },
      { alertname: "HighMemory", pod, severity: "critical" },
      { alertname: "ServiceDown", service: healthy, severity: "critical" },
    ];
    const sent = await fire(
      { alertname: "PlannedMaintenance", service: maintained, severity: "none" },
      { alertname: "PlannedMaintenance", service: maintained, pod, severity: "none" },
      ...alerts,
    );
    assert.deepEqual(sent, ["#ticketing-alerts ServiceDown"]);
    assert.ok(slack.messages[0]?.text.includes(healthy));
    await sleep(1_500);
    const later = await fire(...alerts);
    assert.ok(later.includes("#ticketing-alerts HighMemory"), later.join());
  });

  it("inhibits the symptoms of a service that is down", async () => {
    const sent = await fire(
      { alertname: "ServiceDown", service: faultyLater, severity: "critical" },
      { alertname: "HighErrorRate", service: faultyLater, severity: "critical" },
      { alertname: "HighLatencyP99", service: healthy, severity: "critical" },
    );
    assert.deepEqual(sent, ["#ticketing-alerts HighLatencyP99", "#ticketing-alerts ServiceDown"]);
  });

  it("inhibits the warning of an alert while its critical alert fires", async () => {
    const sent = await fire(
      { alertname: "HighMemory", pod: "a-0", severity: "critical" },
      { alertname: "HighMemory", pod: "a-0", severity: "warning" },
      { alertname: "HighCPU", pod: "a-0", severity: "warning" },
    );
    assert.deepEqual(sent, ["#ticketing-alerts HighCPU", "#ticketing-alerts HighMemory"]);
  });
});
