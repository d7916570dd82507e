import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { alertmanagerConfig } from "../../components/slack/alertmanagerConfig";
import { slackSettings } from "../../components/slack/settings";
import { toolPath } from "../../tools/paths.cjs";
import { ampChanges } from "../support/amp";
import { previewInto } from "../support/delivery/pipeline";
import { type RunningTool, freePort, startTool, until } from "../support/delivery/processes";

const slack = {
  channel: "#alerts",
  channels: { critical: "#pager", info: "#info" },
  routes: [
    { service: "api", channel: "#api" },
    { team: "checkout", namespace: "shop", channel: "#shop-checkout" },
    { team: "checkout", channel: "#checkout" },
  ],
};

/** Texts that would end a JSON string, an escape, a link or a mention of Slack. */
const hostile = `it's "quoted", \\n \\' and \\\\ <!channel> & <@U1>\nnew line\ttab \u0007 \u007f é 🙂 \u2028`;

describe("a workspace of AWS, with the real Alertmanager and promtool", function () {
  this.timeout(60_000);
  let folder: string;
  let out: string;
  let sns: http.Server;
  let alertmanager: RunningTool | undefined;
  let url: string;
  const published: URLSearchParams[] = [];

  before("preview the stack, and start Alertmanager with a fake of SNS", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "amp-"));
    out = previewInto(folder, "workspace", {
      "monitoring:environment": "prod",
      "monitoring:cluster": { name: "ticketing-prod" },
      "monitoring:namespaces": { application: "shop" },
      "monitoring:existingPrometheus": ampChanges.existingPrometheus,
      "monitoring:grafana": ampChanges.grafana,
      "monitoring:loki": { bucket: "ticketing-loki-chunks" },
      "monitoring:slack": slack,
      "monitoring:services": [
        { name: "api", team: "checkout", slo: { availabilityPercent: 99.9 } },
        { name: "batch", kind: "job" },
      ],
    });
    sns = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        published.push(new URLSearchParams(body));
        response.end(
          "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
        );
      });
    });
    await new Promise<void>((resolve) => sns.listen(0, "127.0.0.1", resolve));
    const config = parse(fs.readFileSync(configFile(), "utf8"));
    for (const { sns_configs: integrations = [] } of config.receivers) {
      for (const integration of integrations) {
        integration.api_url = `http://127.0.0.1:${(sns.address() as AddressInfo).port}`;
        Object.assign(integration.sigv4, { access_key: "key", secret_key: "none" });
      }
    }
    withoutWait(config.route);
    const file = path.join(out, "alertmanager", "running.yaml");
    fs.writeFileSync(file, stringify(config));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    alertmanager = await startTool(
      "alertmanager",
      [
        `--config.file=${file}`,
        `--storage.path=${path.join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--cluster.listen-address=",
      ],
      `${url}/-/ready`,
    );
  });

  after(async () => {
    await alertmanager?.stop();
    sns?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("show the log if a test failed", function () {
    if (this.currentTest?.state === "failed") console.error(alertmanager?.log().slice(-3000));
  });

  const configFile = () => path.join(out, "alertmanager", "alertmanager.yaml");

  async function send(alerts: object[]): Promise<URLSearchParams> {
    const before = published.length;
    const response = await fetch(`${url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts),
    });
    assert.equal(response.status, 200, await response.text());
    await until("SNS has the message", () => published.length > before);
    return published.at(-1)!;
  }

  it("accepts every rule group namespace as a rule file", () => {
    const rules = path.join(out, "rules");
    const files = fs.readdirSync(rules);
    assert.deepEqual(files, ["observability-platform.yaml", "shop-services.yaml"]);
    for (const file of files) {
      const args = ["check", "rules", "--lint=none", path.join(rules, file)];
      assert.match(
        execFileSync(toolPath("promtool"), args, { encoding: "utf8" }),
        /SUCCESS: [1-9]\d* rules found/,
      );
    }
  });

  it("accepts the definition, with its template", () => {
    const text = execFileSync(toolPath("amtool"), ["check-config", configFile()], {
      encoding: "utf8",
    });
    assert.match(text, /1 templates\s+SUCCESS/);
  });

  it("routes each alert as with Slack", () => {
    const { settings } = slackSettings({ ...slack, botToken: true });
    assert.ok(settings);
    const ofSlack = path.join(folder, "slack.yaml");
    fs.writeFileSync(ofSlack, stringify(alertmanagerConfig(settings)));
    const receiversOf = (file: string, labels: string[]) =>
      execFileSync(
        toolPath("amtool"),
        ["config", "routes", "test", `--config.file=${file}`, ...labels],
        { encoding: "utf8" },
      ).trim();
    const pod = "pod=api-7d9c5b6f4-x2x7k";
    const subjects = [
      [],
      ["service=api"],
      [pod],
      ["team=checkout"],
      ["team=checkout", "namespace=shop"],
    ];
    const receivers = new Set<string>();
    for (const severity of ["critical", "warning", "info", "none", "other"]) {
      for (const subject of subjects) {
        const labels = [`severity=${severity}`, ...subject];
        const expected = receiversOf(ofSlack, labels);
        assert.equal(receiversOf(configFile(), labels), expected, labels.join(" "));
        receivers.add(expected);
      }
    }
    assert.deepEqual([...receivers].sort(), [
      "null",
      "slack",
      "slack-api",
      "slack-checkout",
      "slack-info",
      "slack-pager",
      "slack-shop-checkout",
    ]);
  });

  const labels = { alertname: "HighErrorRate", service: "cart", severity: "critical" };
  const annotations = {
    summary: hostile,
    description: hostile,
    runbook_url: `https://runbooks.example.com/a.md?b="c"&d='e'`,
    dashboard_url: "https://grafana.example.com/d/x",
  };

  it("sends a custom notification of Amazon Q Developer, whatever the texts contain", async () => {
    const message = await send([{ labels: { ...labels, namespace: hostile }, annotations }]);
    assert.equal(message.get("Action"), "Publish");
    assert.equal(
      message.get("TopicArn"),
      "arn:aws:sns:us-east-1:123456789012:ticketing-prod-alerts-pager",
    );
    assert.equal(message.get("Subject"), "[FIRING] HighErrorRate");
    const notification = JSON.parse(message.get("Message") ?? "");
    const { description, ...content } = notification.content;
    assert.deepEqual(
      { ...notification, content },
      {
        version: "1.0",
        source: "custom",
        content: {
          textType: "client-markdown",
          title: "[FIRING:1] HighErrorRate cart (critical) in ticketing-prod",
        },
      },
    );
    const escaped = hostile
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;");
    assert.ok(description.startsWith(`*${escaped}*\n${escaped}\n`), description);
    assert.match(description, / · since \d+ \w{3} \d\d:\d\d UTC · /);
    assert.ok(description.includes(`<${annotations.runbook_url}|Runbook>`), description);
    assert.ok(description.endsWith(`<${annotations.dashboard_url}|Dashboard>`), description);
  });

  it("says that an alert resolved", async () => {
    const own = { ...labels, service: "resolved" };
    await send([{ labels: own, annotations }]);
    const endsAt = new Date(Date.now() - 1000).toISOString();
    const message = await send([{ labels: own, annotations, endsAt }]);
    const { content } = JSON.parse(message.get("Message") ?? "");
    assert.equal(content.title, "[RESOLVED] HighErrorRate resolved (critical) in ticketing-prod");
    assert.equal(message.get("Subject"), "[RESOLVED] HighErrorRate");
  });

  it("stays far below the 256 KB of SNS in a storm with the longest texts", async () => {
    const long = '"<'.repeat(50_000);
    const message = await send(
      Array.from({ length: 200 }, (_, index) => ({
        labels: { ...labels, service: "storm", pod: `pod-${index}` },
        annotations: { summary: long, description: long },
      })),
    );
    const text = message.get("Message") ?? "";
    const { content } = JSON.parse(text);
    assert.match(content.description, /\n\+190 more$/);
    assert.ok(Buffer.byteLength(text) < 128 * 1024, String(Buffer.byteLength(text)));
  });
});

/** Notifies at once. */
function withoutWait(route: any): void {
  Object.assign(route, { group_wait: "100ms", group_interval: "200ms" });
  for (const child of route.routes ?? []) withoutWait(child);
}
