import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { alertmanagerConfig } from "../../components/slack/alertmanagerConfig";
import { policyDocument } from "../../components/shared/iam";
import { slackSettings } from "../../components/slack/settings";
import { toolPath } from "../../tools/paths.cjs";
import { AwsAccount } from "../support/awsAccount";
import { documentedConfig } from "../support/documentedConfig";
import { postAlerts, previewInto } from "../support/delivery/pipeline";
import { type RunningTool, freePort, startTool } from "../support/delivery/processes";

/** Texts that would end a JSON string, an escape, a link or a mention of Slack. */
const hostile = `it's "quoted", \\n \\' and \\\\ <!channel> & <@U1>\nnew line\ttab \u0007 \u007f é 🙂 \u2028`;

interface Published {
  TopicArn: string;
  Subject: string;
  Message: string;
}

describe("a workspace of AWS, with the real Alertmanager and promtool", function () {
  this.timeout(60_000);
  let folder: string;
  let out: string;
  let account: AwsAccount;
  let alertmanager: RunningTool | undefined;
  let url: string;
  let queueUrl: string;
  const stack = parse(documentedConfig("Amazon Managed Service for Prometheus")).config;

  before("preview the documented stack, and start Alertmanager with an emulated SNS", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "amp-"));
    out = previewInto(folder, "workspace", stack);
    account = await AwsAccount.start(folder, "sns,sqs");
    const config = parse(fs.readFileSync(configFile(), "utf8"));
    for (const { sns_configs: integrations = [] } of config.receivers) {
      for (const integration of integrations) {
        integration.api_url = `http://${account.endpoint}`;
        Object.assign(integration.sigv4, { access_key: AwsAccount.id, secret_key: "test" });
      }
    }
    queueUrl = await subscribe("ticketing-prod-alerts-ticketing-pager");
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
    await account?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  afterEach("show the log if a test failed", function () {
    if (this.currentTest?.state === "failed") console.error(alertmanager?.log().slice(-3000));
  });

  const configFile = () => path.join(out, "alertmanager", "alertmanager.yaml");

  /** Runs a command of SQS, for which the AWS CLI ignores AWS_ENDPOINT_URL. */
  const sqs = <Result>(...args: string[]) =>
    account.run<Result>("sqs", ...args, "--endpoint-url", `http://${account.endpoint}`);

  /** Creates a topic of the stack and a queue that receives what is published to it. */
  async function subscribe(topic: string): Promise<string> {
    const created = await account.run<{ TopicArn: string }>("sns", "create-topic", "--name", topic);
    // As people allow it who subscribe a queue.
    const policy = policyDocument([
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: "*",
      },
    ]);
    const attributes = ["--attributes", JSON.stringify({ Policy: policy })];
    const queue = await sqs<{ QueueUrl: string }>(
      ...["create-queue", "--queue-name", "q", ...attributes],
    );
    const endpoint = ["--notification-endpoint", `arn:aws:sqs:us-east-1:${AwsAccount.id}:q`];
    const arn = ["--topic-arn", created?.TopicArn ?? ""];
    await account.run("sns", "subscribe", ...arn, "--protocol", "sqs", ...endpoint);
    return queue?.QueueUrl ?? "";
  }

  /** Sends alerts as a ruler does, and returns what a subscriber of the topic receives. */
  async function send(alerts: object[]): Promise<Published> {
    await postAlerts(url, alerts);
    const wait = ["--queue-url", queueUrl, "--wait-time-seconds", "10"];
    const received = await sqs<{ Messages: { Body: string; ReceiptHandle: string }[] }>(
      ...["receive-message", ...wait],
    );
    const [message] = received?.Messages ?? [];
    assert.ok(message, "a subscriber receives a message");
    const handle = ["--queue-url", queueUrl, "--receipt-handle", message.ReceiptHandle];
    await sqs("delete-message", ...handle);
    return JSON.parse(message.Body) as Published;
  }

  it("accepts every rule group namespace as a rule file", () => {
    const rules = path.join(out, "rules");
    const files = fs.readdirSync(rules);
    assert.deepEqual(files, ["observability-platform.yaml", "ticketing-services.yaml"]);
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
    const { settings } = slackSettings({ ...stack["monitoring:slack"], botToken: true });
    assert.ok(settings);
    const ofSlack = path.join(folder, "slack.yaml");
    fs.writeFileSync(ofSlack, stringify(alertmanagerConfig(settings)));
    const receiversOf = (file: string, labels: string[]) =>
      execFileSync(
        toolPath("amtool"),
        ["config", "routes", "test", `--config.file=${file}`, ...labels],
        { encoding: "utf8" },
      ).trim();
    const subjects = [[], ["service=auth-service"], ["team=checkout"], ["team=other"]];
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
      "slack-checkout-alerts",
      "slack-ticketing-info",
      "slack-ticketing-pager",
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
    assert.equal(
      message.TopicArn,
      "arn:aws:sns:us-east-1:123456789012:ticketing-prod-alerts-ticketing-pager",
    );
    assert.equal(message.Subject, "[FIRING] HighErrorRate");
    const notification = JSON.parse(message.Message);
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
    const { content } = JSON.parse(message.Message);
    assert.equal(content.title, "[RESOLVED] HighErrorRate resolved (critical) in ticketing-prod");
    assert.equal(message.Subject, "[RESOLVED] HighErrorRate");
  });

  it("stays far below the 256 KB of SNS in a storm with the longest texts", async () => {
    const long = '"<'.repeat(50_000);
    const message = await send(
      Array.from({ length: 200 }, (_, index) => ({
        labels: { ...labels, service: "storm", pod: `pod-${index}` },
        annotations: { summary: long, description: long },
      })),
    );
    const text = message.Message;
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
