import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeServices, startFakeServices } from "../support/delivery/fakeServices";
import {
  type FakeSlack,
  exampleSecrets,
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

const names = Array.from({ length: 40 }, (_, index) => `service-${index + 1}`);
const config = {
  "monitoring:services": names.map((name) => ({ name })),
  ...exampleSecrets,
};

describe("an outage of most services", function () {
  this.timeout(120_000);
  // A quarter of the usual speed, so that an interval of 5 seconds is longer than the work in it.
  const scale = 15;
  let folder: string;
  let out: string;
  let slack: FakeSlack;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "storm-"));
    slack = await startFakeSlack();
    out = previewInto(folder, "prod", config);
  });
  after(async () => {
    await slack?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => void (slack.messages.length = 0));

  const titles = () => slack.messages.map(({ title }) => title);

  it("sends one message instead of one for each of 1,000 services", async () => {
    const alertmanager: Alertmanager = await startAlertmanager({
      out,
      folder: fs.mkdtempSync(path.join(folder, "alertmanager-")),
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
      scale,
    });
    const labels = { cluster: "ticketing-prod", namespace: "ticketing", severity: "critical" };
    const single = Array.from({ length: 1000 }, (_, index) => ({
      labels: { ...labels, alertname: "ServiceDown", service: `service-${index}` },
    }));
    try {
      // Alertmanager processes them in this order. On a busy machine, all of them take longer than the
      // scaled `group_wait`.
      await postAlerts(alertmanager.url, [
        { labels: { ...labels, alertname: "MostServicesFailing" } },
        ...single,
      ]);
      await until("a message", () => slack.messages.length > 0);
      await sleep(8_000);
      assert.deepEqual(titles(), ["[FIRING:1] MostServicesFailing (critical) in ticketing-prod"]);
    } finally {
      await alertmanager.stop();
    }
  });

  it("sends one message if all services lose their scrapes", async () => {
    let services: FakeServices | undefined = await startFakeServices(names);
    const pipeline: Pipeline = await startPipeline({
      out,
      folder: fs.mkdtempSync(path.join(folder, "pipeline-")),
      services: { address: services.address, names },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
      scale,
    });
    try {
      await sleep(8_000);
      await services.stop();
      services = undefined;
      await until("a message", () => slack.messages.length > 0);
      await sleep(8_000);
      const [message, ...others] = slack.messages;
      assert.deepEqual(
        others.map(({ title }) => title),
        [],
      );
      assert.match(message?.title ?? "", /^\[FIRING:1\] MostServicesFailing \(critical\)/);
      assert.match(
        message?.text ?? "",
        /of 40 services in ticketing are down or failing at once .*: service-1, service-10, service-11, service-12, service-13 and more\./,
      );
    } catch (error) {
      console.error(pipeline.log().split("\n").slice(-20).join("\n"));
      throw error;
    } finally {
      await pipeline.stop();
      await services?.stop();
    }
  });
});
