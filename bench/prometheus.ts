import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { stringify } from "yaml";
import { freePort, startTool } from "../test/support/delivery/processes";
import { listen } from "../test/support/ports";

/** Starts a real Prometheus with the given configuration and data folder. */
export async function startPrometheus(folder: string, configuration: object) {
  const file = path.join(folder, "prometheus.yaml");
  fs.writeFileSync(file, stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const { stop } = await startTool(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, "data")}`,
      `--web.listen-address=${address}`,
    ],
    `${url}/-/ready`,
  );
  return { url, stop };
}

/** Serves metrics in Prometheus's text format on the loopback interface. */
export async function servePage(text: () => string) {
  const server = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4").end(`${text()}\n`);
  });
  const { port, stop } = await listen(server);
  return { address: `127.0.0.1:${port}`, stop };
}
