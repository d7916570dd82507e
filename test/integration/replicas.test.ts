import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type FakeSlack,
  exampleSecrets,
  secretsAt,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import {
  type Alertmanager,
  postAlerts,
  previewInto,
  startAlertmanager,
} from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";
import { freePorts } from "../support/ports";

/** The stack of prod runs two Prometheus servers, and each sends its alerts to both Alertmanagers. */
describe("two replicas of Alertmanager", function () {
  this.timeout(120_000);
  // A minute in the cluster takes two seconds, and the group interval of 5 minutes ten.
  const scale = 30;
  const minute = 60_000 / scale;
  const groupInterval = 5 * minute;
  let folder: string;
  let slack: FakeSlack;
  let replicas: Alertmanager[] = [];
  let sending: NodeJS.Timeout | undefined;

  /** Alerts that both Prometheus servers report, by service, with the time at which they began. */
  const firing = new Map<string, Date>();
  /** Difference of the clocks of both Prometheus servers to those of the Alertmanagers. */
  let skew = 0;

  before("start both", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "replicas-"));
    slack = await startFakeSlack();
    const out = previewInto(folder, "prod", exampleSecrets);
    const gossipPorts = await freePorts(2);
    replicas = await Promise.all(
      gossipPorts.map((gossipPort, index) => {
        const own = path.join(folder, String(index));
        fs.mkdirSync(own);
        const secrets = secretsAt(slack.url);
        return startAlertmanager({
          ...{ out, folder: own, secrets, fakeApi: slack.url, scale },
          gossip: { port: gossipPort, peers: gossipPorts },
        });
      }),
    );
    sending = setInterval(() => void send([...firing]), minute / 2);
  });

  after(async () => {
    clearInterval(sending);
    await Promise.all([...replicas.map((replica) => replica.stop()), slack?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Sends alerts to each replica that runs, twice, and valid for 4 minutes, as Prometheus does. */
  async function send(alerts: [service: string, startsAt: Date][], validFor = 4 * minute) {
    const sent = alerts.map(([service, startsAt]) => ({
      labels: {
        ...{ alertname: "HighErrorRate", severity: "critical", service },
        ...{ cluster: "ticketing-prod", namespace: "ticketing" },
      },
      startsAt,
      endsAt: new Date(Date.now() + skew + validFor),
    }));
    for (const { url } of [...replicas, ...replicas]) {
      // A replica that does not run refuses the connection.
      await postAlerts(url, sent).catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error;
      });
    }
  }

  async function start(service: string): Promise<void> {
    firing.set(service, new Date(Date.now() + skew));
    await send([...firing]);
  }

  async function resolve(service: string): Promise<void> {
    const startsAt = firing.get(service);
    firing.delete(service);
    if (startsAt !== undefined) await send([[service, startsAt]], 0);
  }

  const messagesOf = (service: string): string[] =>
    slack.messages
      .filter(({ text }) => text.includes(service))
      .map(({ title }) => /^\[([A-Z]+)/.exec(title)?.[1] ?? title);

  it("send one message", async () => {
    await start("api-gateway");
    await until("the message", () => messagesOf("api-gateway").length > 0);
    await sleep(groupInterval + minute);
    assert.deepEqual(messagesOf("api-gateway"), ["FIRING"]);
  });

  for (const index of [0, 1]) {
    const service = ["auth-service", "inventory-service"][index] ?? "";

    it(`lose and repeat nothing while replica ${index} is killed and comes back`, async () => {
      await replicas[index]?.kill();
      await start(service);
      await until("the message", () => messagesOf(service).length > 0);
      await replicas[index]?.start();
      await sleep(groupInterval + minute);
      assert.deepEqual(messagesOf(service), ["FIRING"]);
      assert.deepEqual(messagesOf("api-gateway"), ["FIRING"]);
    });
  }

  it("lose and repeat nothing if the clocks of Prometheus jump by two minutes", async () => {
    for (const minutes of [2, -2, 0]) {
      skew = minutes * minute;
      await sleep(2 * minute);
    }
    skew = -2 * minute;
    await start("late-service");
    await until("the message", () => messagesOf("late-service").length > 0);
    await sleep(groupInterval);
    for (const service of ["api-gateway", "auth-service", "late-service"]) {
      assert.deepEqual(messagesOf(service), ["FIRING"], service);
    }
  });

  it("send one resolved message for each alert", async () => {
    const services = [...firing.keys()];
    for (const service of services) await resolve(service);
    await until(
      "all are resolved",
      () => services.every((service) => messagesOf(service).length > 1),
      60,
    );
    await sleep(groupInterval);
    for (const service of services) {
      assert.deepEqual(messagesOf(service), ["FIRING", "RESOLVED"], service);
    }
  });
});
