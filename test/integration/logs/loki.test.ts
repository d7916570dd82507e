import * as assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { toolPath } from "../../../tools/paths.cjs";
import { documentedCommands } from "../../docs/commands";
import { recordedFile } from "./recorded/inputs";
import { Loki } from "./support/loki";
import { eventually } from "../../support/server";
import { assertDocumentedQueries } from "./support/queries";
import { PodIdentityAgent, S3 } from "./support/s3";
import { Writer } from "./support/writer";

const bucket = "ticketing-loki-chunks";
const region = "us-east-1";
const hour = 3600_000;

describe("Loki with the configurations that the chart renders from our values", () => {
  for (const name of ["singleBinary", "filesystem", "highAvailability", "distributed"]) {
    it(`accepts the configuration of ${name}`, () => {
      execFileSync(
        toolPath("loki"),
        ["-verify-config", `-config.file=${recordedFile(name, "yaml")}`],
        {
          stdio: "pipe",
        },
      );
    });
  }
});

describe("Loki on S3 with the rendered configuration of singleBinary", () => {
  let folder: string;
  let s3: S3;
  let agent: PodIdentityAgent;
  let loki: Loki;
  // A second Loki, whose S3 returns 503 during the other tests, which saves the waiting time.
  let throttledS3: S3;
  let throttled: Loki;
  let writer: Writer;
  let throttledAt: number;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-"));
    s3 = await S3.start(path.join(folder, "s3"), { bucket, region });
    throttledS3 = await S3.start(path.join(folder, "throttledS3"), { bucket, region });
    agent = await PodIdentityAgent.start(folder);
    loki = await start("loki", s3);
    throttled = await start("throttled", throttledS3);
    writer = new Writer({ namespace: "ticketing", app: "throttled" }, [throttled], 50);
    await eventually("100 lines are written", () => writer.lines.length >= 100);
    throttledS3.unavailable = true;
    throttledAt = Date.now();
    await throttled.post("/flush");
  });

  after(async () => {
    await writer?.stop();
    await loki?.stop();
    await throttled?.stop("SIGKILL");
    await s3?.stop();
    await throttledS3?.stop();
    await agent?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function start(name: string, store: S3, overlay: object = {}): Promise<Loki> {
    return Loki.start({
      recorded: "singleBinary",
      folder: path.join(folder, name),
      overlay: { ...store.lokiOverlay, ...overlay },
      environment: agent.environment,
    });
  }

  const nanoseconds = (time: number, index = 0): string =>
    `${BigInt(time) * 1_000_000n + BigInt(index)}`;

  it("gets its credentials only from Pod Identity", () => {
    assert.ok(agent.served > 0);
    assert.equal(agent.refused, 0);
  });

  it("stores every line once in the bucket when it restarts", async () => {
    const stream = { namespace: "ticketing", app: "order-service" };
    const now = Date.now() - 60_000;
    const lines = Array.from({ length: 3000 }, (_, index) => `line ${index}`);
    for (let from = 0; from < lines.length; from += 500) {
      const batch = lines.slice(from, from + 500);
      const status = await loki.push(
        stream,
        batch.map((line, index) => [nanoseconds(now, from + index), line]),
      );
      assert.equal(status, 204);
    }
    assert.deepEqual(s3.chunks(), [], "lines are still in memory and in the write-ahead log");
    await loki.restart();
    assert.ok(s3.chunks().length > 0, "chunks were written when the process stopped");
    const read = await loki.query('{namespace="ticketing", app="order-service"}');
    assert.deepEqual(
      read.map(({ line }) => line),
      lines,
    );
    const paths = s3.requests.map((request) => request.split(" ")[1]);
    assert.ok(paths.every((requested) => requested?.startsWith(`/${bucket}`)));
  });

  it("returns the right lines for the documented queries", async () => {
    await assertDocumentedQueries(loki, loki, "inventory-service");
  });

  it("returns the lines of a time range to the documented logcli commands", async () => {
    const at = Math.floor(Date.now() / 1000) * 1000 - 20_000;
    const lines = ["before", "in the range", "after"];
    const values = lines.map((line, index): [string, string] => [
      nanoseconds(at + (index - 1) * 5_000, 0),
      line,
    ]);
    assert.equal(await loki.push({ namespace: "ticketing", app: "ranged" }, values), 204);
    const iso = (time: number) => new Date(time).toISOString();
    const documented = documentedCommands().filter(({ text }) => text.startsWith("logcli query "));
    assert.ok(documented.length > 0);
    for (const { text, file } of documented) {
      const command = text
        .replace(/ --addr=\S+/, "")
        .replace(/--from=\S+/, `--from=${iso(at - 1_000)}`)
        .replace(/--to=\S+/, `--to=${iso(at + 1_000)}`)
        .replace(/\{[^}]*\}/, '{namespace="ticketing", app="ranged"}')
        .replace("logcli", `'${toolPath("logcli")}' --addr=${loki.url} --quiet --output=raw`);
      // Asynchronous, because the S3 proxy runs in this process.
      const { stdout } = await promisify(execFile)("sh", ["-c", command]);
      const expected = command.includes("--to=") ? ["in the range"] : ["after", "in the range"];
      assert.deepEqual(stdout.trim().split("\n").sort(), expected, `${file}: ${text}`);
    }
  });

  it("neither loses nor duplicates acknowledged lines if it is killed during writes", async () => {
    const stream = { namespace: "ticketing", app: "killed" };
    const now = Date.now() - 20_000;
    const acknowledged: string[] = [];
    let sent = 0;
    const writer = (async () => {
      for (let index = 0; index < 4000; index += 1) {
        const line = `line ${index}`;
        sent += 1;
        try {
          if ((await loki.push(stream, [[nanoseconds(now, index), line]])) !== 204) break;
        } catch {
          break;
        }
        acknowledged.push(line);
      }
    })();
    await eventually("1,000 lines are written", () => acknowledged.length >= 1000);
    await loki.restart("SIGKILL");
    await writer;
    assert.ok(acknowledged.length < 4000, "it was killed during writes");
    const read = (await loki.query('{app="killed"}')).map(({ line }) => line);
    const missing = acknowledged.filter((line) => !read.includes(line));
    assert.deepEqual(missing, []);
    assert.equal(new Set(read).size, read.length, "no duplicates");
    assert.ok(read.length <= sent);
    // A collector without a response sends its line again.
    await loki.push(stream, [
      [nanoseconds(now, acknowledged.length), `line ${acknowledged.length}`],
    ]);
    await loki.push(stream, [
      [nanoseconds(now, acknowledged.length - 1), acknowledged.at(-1) ?? ""],
    ]);
    const again = (await loki.query('{app="killed"}')).map(({ line }) => line);
    assert.equal(again.length, acknowledged.length + 1);
    console.log(
      `      killed: ${sent} sent, ${acknowledged.length} acknowledged, ${read.length} read, 0 lost`,
    );
  });

  it("deletes only logs older than the retention from the bucket", async () => {
    await loki.stop();
    const before = s3.chunks();
    // The shortest supported period, without delays.
    loki = await start("retention", s3, {
      limits_config: { retention_period: "24h" },
      compactor: { compaction_interval: "2s", retention_delete_delay: "1s" },
    });
    const push = async (app: string, ageHours: number) => {
      const at = Date.now() - ageHours * hour;
      const values = Array.from({ length: 100 }, (_, i): [string, string] => [
        nanoseconds(at, i),
        `${app} ${i} ${"x".repeat(200)}`,
      ]);
      assert.equal(await loki.push({ namespace: "ticketing", app }, values), 204);
    };
    await push("old", 72);
    await push("young", 2);
    const written = s3.chunks().length;
    assert.equal(written, before.length);
    await loki.restart();
    const fresh = s3.chunks().filter((key) => !before.includes(key));
    assert.ok(fresh.length >= 2, "both streams are in the bucket at first");
    const range = [Date.now() - 100 * hour, Date.now()] as const;
    await eventually(
      "old chunks are deleted",
      () => fresh.some((key) => !s3.chunks().includes(key)),
      240,
    );
    await sleep(2000);
    assert.equal((await loki.query('{app="young"}', ...range)).length, 100);
    assert.equal((await loki.query('{app="old"}', ...range)).length, 0);
    const read = await loki.query('{app="order-service"}');
    assert.equal(read.length, 3000, "lines within the retention are kept");
    assert.ok(s3.keys().some((key) => key.startsWith("index/")));
  });

  it("loses nothing if S3 returns 503 for minutes and Loki is then killed", async () => {
    const query = async () => (await throttled.query('{app="throttled"}')).map(({ line }) => line);
    const minutes = () => (Date.now() - throttledAt) / 60_000;
    await eventually("two and a half minutes have passed", () => minutes() >= 2.5, 200);
    const writtenBefore = writer.lines.length;
    // Loki does not start without S3; clients must wait, as our collectors do.
    await assert.rejects(throttled.restart("SIGKILL"), /init compactor.*503/);
    const outage = `${minutes().toFixed(1)} min, ${throttledS3.refused} requests refused`;
    assert.deepEqual(throttledS3.chunks(), []);
    throttledS3.unavailable = false;
    await throttled.restart();
    const written = await writer.stop();
    assert.ok(written.length > writtenBefore);
    assert.deepEqual(await query(), written);
    await throttled.restart();
    assert.ok(throttledS3.chunks().length > 0);
    assert.deepEqual(await query(), written);
    console.log(`      ${outage}, ${written.length} written, 0 lost, 0 duplicates`);
  });
});
