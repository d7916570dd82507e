import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { stringify } from "yaml";
import { type RunningTool, freePort, startTool } from "./processes";
import { listen } from "../ports";

/** A Prometheus that runs during a test. */
export interface RunningPrometheus extends RunningTool {
  url: string;
}

/** Starts the real Prometheus on an unused port, with its configuration and data in a folder. */
export async function startPrometheus(
  folder: string,
  configuration: object,
  { flags = [], env = {} }: { flags?: string[]; env?: Record<string, string> } = {},
): Promise<RunningPrometheus> {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "prometheus.yaml");
  fs.writeFileSync(file, stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const tool = await startTool(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, "data")}`,
      `--web.listen-address=${address}`,
      ...flags,
    ],
    `${url}/-/ready`,
    env,
  );
  return { url, ...tool };
}

/** Serves metrics in Prometheus's text format on the loopback interface. */
export async function servePage(
  text: () => string,
): Promise<{ address: string; stop: () => Promise<void> }> {
  const server = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4").end(`${text()}\n`);
  });
  const { port, stop } = await listen(server);
  return { address: `127.0.0.1:${port}`, stop };
}
