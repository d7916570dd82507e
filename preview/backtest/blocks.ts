import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";
import { PrometheusApi } from "./prometheusApi";

/** Blocks of recorded data, served by a separate Prometheus process. */
export interface ServedBlocks {
  api: PrometheusApi;
  /** Time of the first sample, in milliseconds. */
  from: number;
  /** Time of the last sample, in milliseconds. */
  to: number;
  stop: () => Promise<void>;
}

/**
 * Serves the TSDB blocks in a folder through a `prometheus` process from the PATH, on the loopback
 * interface. Prometheus may rewrite some files of a block or delete a whole block, so it runs on
 * separate folders that only link to the chunks and the index, which it never modifies.
 */
export async function serveBlocks(folder: string): Promise<ServedBlocks> {
  const blocks = blocksIn(folder);
  const data = fs.mkdtempSync(path.join(os.tmpdir(), "backtest-"));
  const remove = () => fs.rmSync(data, { recursive: true, force: true });
  process.once("exit", remove);
  const cleanUp = () => {
    process.removeListener("exit", remove);
    remove();
  };
  try {
    for (const { source } of blocks) linkBlock(source, path.join(data, path.basename(source)));
    const config = path.join(data, "prometheus.yml");
    fs.writeFileSync(config, "");
    const server = await startPrometheus(config, data);
    return {
      api: new PrometheusApi(server.url),
      from: Math.min(...blocks.map(({ minTime }) => minTime)),
      // The end of a block is exclusive.
      to: Math.max(...blocks.map(({ maxTime }) => maxTime)) - 1,
      stop: async () => {
        await server.stop();
        cleanUp();
      },
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

function blocksIn(folder: string): { source: string; minTime: number; maxTime: number }[] {
  const entries = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const blocks = entries.flatMap((name) => {
    const source = path.join(path.resolve(folder), name);
    const meta = path.join(source, "meta.json");
    if (!/^[0-9A-Z]{26}$/.test(name) || !fs.existsSync(meta)) return [];
    const { minTime, maxTime } = JSON.parse(fs.readFileSync(meta, "utf8")) as {
      minTime: number;
      maxTime: number;
    };
    return [{ source, minTime, maxTime }];
  });
  if (blocks.length > 0) return blocks;
  throw new ExpectedError(
    `--backtest ${folder}: contains no Prometheus blocks\n` +
      "  fix: pass a Prometheus data folder, a snapshot of one, or the URL of a Prometheus",
  );
}

function linkBlock(source: string, target: string): void {
  fs.mkdirSync(path.join(target, "chunks"), { recursive: true });
  fs.symlinkSync(path.join(source, "index"), path.join(target, "index"));
  for (const name of fs.readdirSync(path.join(source, "chunks"))) {
    fs.symlinkSync(path.join(source, "chunks", name), path.join(target, "chunks", name));
  }
  for (const name of ["meta.json", "tombstones"]) {
    const file = path.join(source, name);
    if (fs.existsSync(file)) fs.copyFileSync(file, path.join(target, name));
  }
}

async function startPrometheus(config: string, data: string) {
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--storage.tsdb.retention.time=100y",
      // Equal durations disable compaction, which would copy the blocks.
      "--storage.tsdb.min-block-duration=2h",
      "--storage.tsdb.max-block-duration=2h",
      "--no-storage.tsdb.allow-overlapping-compaction",
      // Must be shorter than fetch's timeout, so that an expensive query is split instead of aborted.
      "--query.timeout=4m",
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    process.removeListener("exit", kill);
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    // The data folder is temporary, so there is no need for a clean shutdown.
    child.kill("SIGKILL");
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (failure !== undefined) {
      throw new ExpectedError(
        `--backtest: prometheus could not be started: ${failure.message}\n` +
          "  fix: install Prometheus 3 and add its folder to the PATH, or pass the URL of a Prometheus",
      );
    }
    if (child.exitCode !== null) {
      throw new ExpectedError(`--backtest: prometheus ended: ${errors.trim()}`);
    }
    const response = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (response?.status === 200) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
