import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { lokiRules } from "../../../components/loki/rules";
import { type Listening, listen } from "../../support/ports";
import { Loki } from "./support/loki";
import { eventually } from "../../support/server";

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

describe("alerts on logs in the Loki ruler", () => {
  let folder: string;
  let loki: Loki;
  let alertmanager: Listening;
  const alerts: Alert[] = [];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "ruler-"));
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        alerts.push(...(JSON.parse(Buffer.concat(parts).toString()) as Alert[]));
        response.end();
      });
    });
    alertmanager = await listen(server);
    const rules = path.join(folder, "loki", "rules", "fake");
    fs.mkdirSync(rules, { recursive: true });
    const service = { namespace: "ticketing", errorsPerMinute: 10, silentMinutes: 15 };
    const text = lokiRules({
      logAlerts: [
        { ...service, service: "order-service" },
        { ...service, service: "quiet-service" },
      ],
      logMetricNamespaces: [],
      runbookBaseUrl: "https://docs.example.com",
    });
    assert.ok(text !== undefined);
    // The rules of the component with shorter durations.
    const accelerated = text
      .replaceAll("interval: 60s", "interval: 2s")
      .replaceAll("for: 5m", "for: 2s");
    assert.notEqual(accelerated, text);
    fs.writeFileSync(path.join(rules, "logs.yaml"), accelerated);
    loki = await Loki.start({
      recorded: "filesystem",
      folder: path.join(folder, "loki"),
      overlay: {
        ruler: {
          alertmanager_url: `http://127.0.0.1:${alertmanager.port}`,
          evaluation_interval: "2s",
        },
      },
    });
  });

  after(async () => {
    await loki?.stop();
    await alertmanager?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const find = (name: string, service: string) =>
    alerts.find(({ labels }) => labels["alertname"] === name && labels["service"] === service);

  it("reach Alertmanager for a service with errors in JSON and in text, and for a service without logs", async () => {
    const now = Date.now();
    const values = Array.from({ length: 120 }, (_, index): [string, string] => [
      `${BigInt(now - index * 500) * 1_000_000n}`,
      index % 2 === 0 ? '{"level":"error","msg":"no stock"}' : "ERROR no stock",
    ]);
    assert.equal(
      await loki.push({ namespace: "ticketing", service: "order-service" }, values),
      204,
    );
    const errors = await eventually("HighLogErrorRate", () =>
      find("HighLogErrorRate", "order-service"),
    );
    assert.equal(errors.labels["severity"], "warning");
    assert.equal(errors.labels["namespace"], "ticketing");
    assert.equal(errors.labels["cluster"], "ticketing-prod");
    assert.equal(errors.labels["env"], "prod");
    assert.match(errors.annotations["description"] ?? "", /logged 24\.0 errors per minute/);
    const silent = await eventually("NoLogs", () => find("NoLogs", "quiet-service"));
    assert.equal(silent.labels["namespace"], "ticketing");
    assert.equal(find("HighLogErrorRate", "quiet-service"), undefined);
    const later = alerts.length;
    await eventually("another evaluation", () => alerts.length > later, 120);
  });
});
