import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { lokiRules } from "../../../components/loki/rules";
import { Values } from "../../../policies/shared/mergeValues";
import { type RunningPrometheus, startPrometheus } from "../../support/delivery/prometheus";
import { recordedFile } from "./recorded/inputs";
import { Loki } from "./support/loki";
import { eventually } from "../../support/server";

interface Series {
  metric: Record<string, string>;
  value: [number, string];
}

describe("log metrics from the Loki ruler to two Prometheus replicas", () => {
  let folder: string;
  let loki: Loki;
  const prometheus: RunningPrometheus[] = [];
  /** The operator sets this flag for enableRemoteWriteReceiver. */
  const receiver = ["--web.enable-remote-write-receiver"];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "log-metrics-"));
    for (const replica of ["0", "1"]) prometheus.push(await startReplica(replica, receiver));
    const rules = path.join(folder, "loki", "rules", "fake");
    fs.mkdirSync(rules, { recursive: true });
    const text = lokiRules({
      logAlerts: [],
      logMetricNamespaces: ["ticketing"],
      runbookBaseUrl: "https://docs.example.com",
    });
    fs.writeFileSync(
      path.join(rules, "logs.yaml"),
      // The rules of the component with a shorter interval.
      text?.replace("interval: 60s", "interval: 2s") ?? "",
    );
    loki = await Loki.start({
      recorded: "filesystem",
      folder: path.join(folder, "loki"),
      overlay: { ruler: { remote_write: remoteWrite(), evaluation_interval: "2s" } },
    });
  });

  after(async () => {
    await loki?.stop();
    for (const { stop } of prometheus) await stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function startReplica(name: string, flags: string[]): Promise<RunningPrometheus> {
    return startPrometheus(path.join(folder, `prometheus-${name}`), {}, { flags });
  }

  /** The rendered configuration for two replicas, with the addresses of this test. */
  function remoteWrite(): Values {
    const { ruler } = parse(fs.readFileSync(recordedFile("distributed", "yaml"), "utf8")) as Values;
    const { clients, ...rest } = ruler.remote_write as Values;
    const moved = Object.entries<Values>(clients).map(([name, client], index) => {
      assert.match(client["url"], new RegExp(`-prometheus-${index}\\.prometheus-operated\\.`));
      const { pathname } = new URL(client["url"]);
      return [name, { ...client, url: `${prometheus[index]?.url}${pathname}` }] as const;
    });
    assert.equal(moved.length, 2);
    return { ...rest, clients: Object.fromEntries(moved) };
  }

  async function queryPrometheus(url: string, query: string): Promise<Series[]> {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await response.json()) as { data: { result: Series[] } };
    return data.result;
  }

  const push = async (service: string, lines: string[], namespace = "ticketing") => {
    const now = Date.now();
    const values = lines.map((line, index): [string, string] => [
      `${BigInt(now - index * 500) * 1_000_000n}`,
      line,
    ]);
    assert.equal(await loki.push({ namespace, service }, values), 204);
  };

  it("record lines and errors per second of each service in every replica, with the labels of other metrics", async () => {
    const mixed = (index: number) => (index % 2 === 0 ? '{"level":"error","msg":"a"}' : "INFO b");
    await push(
      "order-service",
      Array.from({ length: 120 }, (_, index) => mixed(index)),
    );
    await push("auth-service", Array(60).fill("level=info msg=done") as string[]);
    await push("elsewhere", ["ERROR in another namespace"], "other");
    for (const { url } of prometheus) {
      const [lines] = await eventually("120 lines in 5 minutes", async () => {
        const query = 'namespace_service:log_lines:rate5m{service="order-service"} > 0';
        const series = await queryPrometheus(url, query);
        return series.length > 0 && series;
      });
      const { __name__: name, ...labels } = lines?.metric ?? {};
      assert.equal(name, "namespace_service:log_lines:rate5m");
      // Like scraped series: Prometheus adds cluster and env as external labels.
      assert.deepEqual(labels, { namespace: "ticketing", service: "order-service" });
      assert.equal(Number(lines?.value[1]) * 300, 120);
      const [errors] = await queryPrometheus(url, "namespace_service:log_errors:rate5m");
      assert.equal(errors?.metric["service"], "order-service");
      assert.equal(Number(errors?.value[1]) * 300, 60);
      assert.deepEqual(
        (await queryPrometheus(url, "namespace_service:log_lines:rate5m"))
          .map(({ metric }) => metric["service"])
          .sort(),
        ["auth-service", "order-service"],
      );
    }
  });

  it("are rejected by a Prometheus without the remote write receiver", async () => {
    const closed = await startReplica("closed", []);
    try {
      const response = await fetch(`${closed.url}/api/v1/write`, { method: "POST", body: "" });
      assert.equal(response.status, 404);
      const open = await fetch(`${prometheus[0]?.url}/api/v1/write`, { method: "POST", body: "" });
      assert.notEqual(open.status, 404);
    } finally {
      await closed.stop();
    }
  });
});
