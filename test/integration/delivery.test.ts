import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  type FakeServices,
  type Fault,
  faults,
  podOf,
  startFakeServices,
} from "../support/delivery/fakeServices";
import {
  type FakeSlack,
  type Mood,
  type SlackMessage,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import {
  type Alertmanager,
  type Pipeline,
  previewInto,
  startAlertmanager,
  startPipeline,
} from "../support/delivery/pipeline";
import { sleep, until } from "../support/delivery/processes";

const sick = "inventory-service";
const healthy = "auth-service";
const later = "api-gateway";
const names = [sick, healthy, later];
const six = Object.entries(faults) as [Fault, string][];

/** What a message says of each fault: where, how bad against which threshold. */
const texts: Record<Fault, RegExp> = {
  errors: /30.* of the requests to inventory-service .*5 ?%/,
  slowness: /inventory-service .*500 ?ms/,
  crashLoop: /inventory-service-7d9f8b5c4-x2x4z/,
  memory: /inventory-service-7d9f8b5c4-x2x4z .*95.* 90 ?%/,
  cpu: /inventory-service-7d9f8b5c4-x2x4z .*9\d(\.\d+)?%.* 85 ?%/,
  throttling: /[45]\d(\.\d+)? requests a second of inventory-service .*10/,
};

const config = {
  "monitoring:services": names.map((name) => ({
    name,
    ...(name === later ? { team: "checkout" } : {}),
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

// Everything that lasts is scaled down by `timeScale`: a minute of the cluster is a second here.
describe("from a fault to its Slack message", function () {
  this.timeout(120_000);
  let folder: string;
  let services: FakeServices;
  let slack: FakeSlack;
  let pipeline: Pipeline;

  before("Prometheus, Alertmanager, the services and Slack", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "delivery-"));
    services = await startFakeServices(names);
    slack = await startFakeSlack();
    pipeline = await startPipeline({
      out: previewInto(folder, "prod", config),
      folder,
      services: { address: services.address, names },
      secrets: {
        "webhook-url": `${slack.url}/services/default`,
        "webhook-url-ticketing-critical": `${slack.url}/services/critical`,
        "webhook-url-checkout": `${slack.url}/services/checkout`,
        "heartbeat-url": `${slack.url}/beat`,
      },
      fakeApi: slack.url,
    });
  });

  after(async () => {
    await Promise.all([pipeline?.stop(), services?.stop(), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("shows what was sent where a test failed", function () {
    if (this.currentTest?.state !== "failed") return;
    console.error(slack.messages.map(({ channel, title }) => `${channel} ${title}`).join("\n"));
    console.error(pipeline.log().split("\n").slice(-20).join("\n"));
  });

  /** The messages of one alert, told by its title. */
  function messagesOf(alert: string, status: "FIRING" | "RESOLVED"): SlackMessage[] {
    const title = new RegExp(`^\\[${status}(:\\d+)?\\] ${alert} `);
    return slack.messages.filter((message) => title.test(message.title));
  }

  it("says nothing while all is well, longer than any of the six waits", async () => {
    await sleep(20_000);
    assert.deepEqual(
      slack.messages.map(({ title, text }) => `${title}\n${text}`),
      [],
    );
  });

  it("shows a heartbeat every minute that alerts are delivered at all", () => {
    const beats = slack.posts.filter(({ path }) => path === "/beat");
    assert.ok(beats.length >= 10, `${beats.length} in 20 s, one is due each second`);
  });

  it("tells of each of six faults", async () => {
    for (const [fault] of six) services.inject(sick, fault);
    await until(
      "a message for each fault",
      () => six.every(([, alert]) => messagesOf(alert, "FIRING").length > 0),
      40,
    );
  });

  for (const [fault, alert] of six) {
    it(`${alert}: once, in the right channel, with what it takes to act`, () => {
      const [message, ...more] = messagesOf(alert, "FIRING");
      assert.ok(message);
      assert.deepEqual(more, []);
      const isWarning = alert === "HighCPU";
      assert.equal(message.channel, isWarning ? "#ticketing-alerts" : "#ticketing-critical");
      assert.equal(message.path, `/services/${isWarning ? "default" : "critical"}`);
      assert.equal(message.color, isWarning ? "warning" : "danger");
      const ofPod = ["crashLoop", "memory", "cpu"].includes(fault);
      assert.equal(
        message.title,
        `[FIRING:1] ${alert} ${ofPod ? podOf(sick) : sick} (${isWarning ? "warning" : "critical"}) in ticketing-prod`,
      );
      assert.match(message.text, texts[fault]);
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

  it("says nothing of the services that are well", () => {
    for (const { title, text } of slack.messages) {
      for (const name of [healthy, later]) assert.ok(!`${title} ${text}`.includes(name), title);
    }
  });

  it("loses nothing and doubles nothing when Alertmanager restarts", async () => {
    const before = slack.messages.length;
    await pipeline.alertmanager.stop();
    services.inject(later, "crashLoop");
    await sleep(7_000);
    await pipeline.alertmanager.start();
    await until("the fault that came meanwhile", () => slack.messages.length > before);
    // Some more rounds in which a message could be sent twice.
    await sleep(4_000);
    for (const [, alert] of six) {
      const about = messagesOf(alert, "FIRING").filter(({ text }) => text.includes(sick));
      assert.equal(about.length, 1, alert);
    }
    const ofLater = slack.messages.filter(({ text }) => text.includes(podOf(later)));
    assert.equal(ofLater.length, 1);
  });

  it("tells a team of its services in the team's channel, and nobody else", () => {
    const ofLater = slack.messages.filter(({ text }) => text.includes(later));
    assert.deepEqual(
      ofLater.map(({ channel, path }) => `${channel} ${path}`),
      ["#checkout /services/checkout"],
    );
  });

  it("says once of each fault that it is over", async () => {
    for (const name of [sick, later]) services.heal(name);
    await until(
      "all are resolved",
      () => six.every(([, alert]) => messagesOf(alert, "RESOLVED").length > 0),
      40,
    );
    await sleep(3_000);
    for (const [, alert] of six) {
      const resolved = messagesOf(alert, "RESOLVED");
      const [message, ...more] = resolved.filter(({ text }) => text.includes(sick));
      assert.deepEqual(more, []);
      assert.equal(message?.color, "good");
      assert.ok(message?.text.includes("(resolved)"));
    }
  });

  const moods: [string, Mood, Fault][] = [
    ["limits the rate (429)", 429, "crashLoop"],
    ["is broken (500)", 500, "throttling"],
    ["does not answer", "hang", "slowness"],
  ];
  for (const [what, mood, fault] of moods) {
    it(`delivers late, but once, when Slack ${what}`, async () => {
      const alert = faults[fault];
      const count = (): SlackMessage[] =>
        messagesOf(alert, "FIRING").filter(({ text }) => text.includes(healthy));
      const [refused, failed] = [slack.refused(), await failedNotifications(pipeline.alertmanager)];
      slack.behave(mood);
      services.inject(healthy, fault);
      await until("Slack refuses", () => slack.refused() >= refused + 2);
      await until(
        "the failure is counted, which an alert is made of",
        async () => (await failedNotifications(pipeline.alertmanager)) > failed,
      );
      await until("the alert on failed notifications", async () =>
        (await firing(pipeline)).includes("NotificationsFailing"),
      );
      assert.deepEqual(count(), []);
      slack.behave("ok");
      await until("the message", () => count().length > 0);
      await sleep(2_500);
      assert.equal(count().length, 1);
      services.heal(healthy);
    });
  }
});

/** The alerts that fire, as Prometheus sees it. */
async function firing({ prometheusUrl }: Pipeline): Promise<string[]> {
  const answer = (await (await fetch(`${prometheusUrl}/api/v1/alerts`)).json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  const alerts = answer.data.alerts.filter(({ state }) => state === "firing");
  return alerts.map(({ labels }) => labels.alertname);
}

/** What the alert on failed notifications watches. */
async function failedNotifications({ url }: Alertmanager): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return [
    ...metrics.matchAll(
      /^alertmanager_notifications_failed_total\{.*integration="slack".*\} (\d+)/gm,
    ),
  ].reduce((sum, [, value]) => sum + Number(value), 0);
}

describe("Alertmanager, as configured", function () {
  this.timeout(60_000);
  let folder: string;
  let slack: FakeSlack;
  let alertmanager: Alertmanager;

  before("with a bot token, PagerDuty and routes", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alertmanager-"));
    slack = await startFakeSlack();
    const out = previewInto(folder, "prod", {
      "monitoring:slack": {
        channel: "#ticketing-alerts",
        routes: [{ service: sick, channel: "#inventory" }],
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

  /** Fires alerts the way Prometheus does, and waits until all that follows has been sent. */
  async function fire(...alerts: Record<string, string>[]): Promise<string[]> {
    slack.messages.length = 0;
    slack.posts.length = 0;
    const labels = { cluster: "ticketing-prod", namespace: "ticketing" };
    const endsAt = new Date(Date.now() + 3_000).toISOString();
    await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts.map((alert) => ({ labels: { ...labels, ...alert }, endsAt }))),
    });
    await sleep(2_000);
    return slack.messages
      .filter(({ title }) => title.startsWith("[FIRING"))
      .map(({ channel, title }) => `${channel} ${title.split(" ")[1]}`)
      .sort();
  }

  it("speaks to Slack's API with the token, to every channel", async () => {
    const sent = await fire(
      { alertname: "HighErrorRate", service: sick, severity: "critical" },
      { alertname: "HighErrorRate", service: healthy, severity: "critical" },
      { alertname: "HighMemory", pod: podOf(sick), severity: "critical" },
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

  it("tells of a service that is down, not of what follows from it", async () => {
    const sent = await fire(
      { alertname: "ServiceDown", service: later, severity: "critical" },
      { alertname: "HighErrorRate", service: later, severity: "critical" },
      { alertname: "HighLatencyP99", service: healthy, severity: "critical" },
    );
    assert.deepEqual(sent, ["#ticketing-alerts HighLatencyP99", "#ticketing-alerts ServiceDown"]);
  });

  it("leaves the warning of an alert unsaid while its critical form fires", async () => {
    const sent = await fire(
      { alertname: "HighMemory", pod: "a-0", severity: "critical" },
      { alertname: "HighMemory", pod: "a-0", severity: "warning" },
      { alertname: "HighCPU", pod: "a-0", severity: "warning" },
    );
    assert.deepEqual(sent, ["#ticketing-alerts HighCPU", "#ticketing-alerts HighMemory"]);
  });
});
