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
import { type Pipeline, previewInto, startPipeline } from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";

const withTeam = "inventory-service";
const withoutTeam = "auth-service";
const names = [withTeam, withoutTeam];

describe("a restart of Prometheus in the middle of a fault", function () {
  this.timeout(120_000);
  // A minute in the cluster takes two seconds.
  const scale = 30;
  let folder: string;
  let services: FakeServices;
  let slack: FakeSlack;
  let pipeline: Pipeline;

  before("start the pipeline, and wait until alerts of 5 and 10 minutes fire", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "restart-"));
    services = await startFakeServices(names);
    slack = await startFakeSlack();
    pipeline = await startPipeline({
      out: previewInto(folder, "prod", {
        "monitoring:services": [{ name: withTeam, team: "checkout" }, { name: withoutTeam }],
        ...exampleSecrets,
      }),
      folder,
      services: { address: services.address, names },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
      scale,
    });
    await sleep(3_000);
    for (const name of names) {
      services.inject(name, "errors");
      services.inject(name, "memory");
    }
    await until("four alerts fire", async () => (await alerts("firing")).length === 4, 60);
    // Alerts on pods without the label `service` share a message.
    await until("three messages", () => slack.messages.length === 3);
    await pipeline.restartPrometheus();
  });

  after(async () => {
    await Promise.all([pipeline?.stop(), services?.stop(), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  interface Alert {
    alertname: string;
    team?: string;
    service?: string;
    pod?: string;
  }

  /** The series `ALERTS` of the two alerts, which other rules and dashboards read. */
  async function alerts(state: "firing" | "pending"): Promise<Alert[]> {
    const query = `ALERTS{alertstate="${state}", alertname=~"HighErrorRate|HighMemory"}`;
    const url = `${pipeline.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Alert }[] };
    };
    return data.result.map(({ metric }) => metric);
  }

  it("leaves every alert firing, sooner than its `for` takes", async () => {
    // HighErrorRate takes 10 s, and HighMemory 20 s.
    await sleep(4_000);
    assert.deepEqual(await alerts("pending"), []);
    assert.equal((await alerts("firing")).length, 4);
  });

  it("keeps the team of a service, and gives no team to a service without one", async () => {
    const teams = (await alerts("firing")).map(
      ({ alertname, team, service, pod }) => `${alertname} ${service ?? pod}: ${team}`,
    );
    assert.deepEqual(teams.sort(), [
      "HighErrorRate auth-service: undefined",
      "HighErrorRate inventory-service: checkout",
      "HighMemory auth-service-7d9f8b5c4-x2x4z: undefined",
      "HighMemory inventory-service-7d9f8b5c4-x2x4z: checkout",
    ]);
  });

  it("sends no message, neither resolved nor firing again", async () => {
    await sleep(15_000);
    assert.deepEqual(
      slack.messages.map(({ title }) => title.split(" ").slice(0, 2).join(" ")).sort(),
      ["[FIRING:1] HighErrorRate", "[FIRING:1] HighErrorRate", "[FIRING:2] HighMemory"],
    );
  });
});
