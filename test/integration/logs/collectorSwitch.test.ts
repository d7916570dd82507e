import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { alloyConfig } from "../../../components/logs/alloyConfig";
import { alloyArgs, startAlloy } from "./support/alloy";
import { type StartCollector, createLog, pod } from "./support/collector";
import { KubernetesApi } from "./support/kubernetesApi";
import { Loki } from "./support/loki";
import { Server, eventually } from "../../support/server";
import { startPromtail } from "./support/promtail";
import { assertStoredOnce } from "./support/queries";

const alloy: StartCollector = (environment) => startAlloy(alloyConfig(alloyArgs), environment);

const starts: Record<string, StartCollector> = { alloy, promtail: startPromtail };

const hour = 3600_000;

describe("a change of loki.collector", () => {
  let folder: string;
  let loki: Loki;
  let kubernetes: KubernetesApi;
  let logFile: string;
  let collectors: Server[];
  let written: string[];
  let writing: NodeJS.Timeout | undefined;

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "collectors-"));
    loki = await Loki.start({ recorded: "filesystem", folder: path.join(folder, "loki") });
    kubernetes = await KubernetesApi.start([pod]);
    logFile = createLog(path.join(folder, "pods"), pod);
    collectors = [];
    written = [];
  });

  afterEach(async () => {
    clearInterval(writing);
    await Promise.all(collectors.map((collector) => collector.stop("SIGKILL")));
    await loki?.stop("SIGKILL");
    await kubernetes?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<Server> {
    const own = path.join(folder, name);
    fs.mkdirSync(own, { recursive: true });
    const collector = await starts[name]!({
      folder: own,
      podLogs: path.join(folder, "pods"),
      node: pod.node,
      kubernetesUrl: kubernetes.url,
      pushUrl: `${loki.url}/loki/api/v1/push`,
    });
    collectors.push(collector);
    return collector;
  }

  /** Writes a line in the format of the container runtime. */
  function write(time = Date.now()): void {
    const line = `line ${written.push(`line ${written.length}`) - 1}`;
    fs.appendFileSync(logFile, `${new Date(time).toISOString()} stdout F ${line}\n`);
  }

  const stored = async () =>
    (await loki.query('{namespace="ticketing"}', Date.now() - 4 * hour)).map(({ line }) => line);

  const storesMore = async (lines: number) => {
    const before = (await stored()).length;
    await eventually("more lines are stored", async () => (await stored()).length > before + lines);
  };

  for (const [from, to] of [
    ["promtail", "alloy"],
    ["alloy", "promtail"],
  ] as const) {
    it(`from ${from} to ${to} and back neither loses nor duplicates lines`, async () => {
      // A collector without a read position sends the whole file again. Loki rejects what is more than
      // an hour older than the newest line, and keeps one of two equal lines.
      for (let index = 0; index < 300; index++) write(Date.now() - (3 - index / 100) * hour);
      let collector = await start(from);
      await eventually("the file is stored", async () => (await stored()).length === 300);
      for (const next of [to, from]) {
        writing = setInterval(write, 10);
        await storesMore(100);
        // Pulumi creates the new release before it deletes the old one.
        const successor = await start(next);
        await collector.stop();
        collector = successor;
        await storesMore(200);
        clearInterval(writing);
        await assertStoredOnce(stored, written);
      }
    });
  }
});
