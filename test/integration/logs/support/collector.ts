import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KubernetesApi, Pod } from "./kubernetesApi";
import { Loki } from "./loki";
import { Server, eventually } from "../../../support/server";

/** Test environment of a collector, in place of a node and a cluster. */
export interface CollectorEnvironment {
  /** Folder for its configuration and read positions. */
  folder: string;
  /** Folder in place of `/var/log/pods`. */
  podLogs: string;
  /** Name of the node. */
  node: string;
  kubernetesUrl: string;
  pushUrl: string;
}

/** Starts a collector; a second start continues at the last read position. */
export type StartCollector = (environment: CollectorEnvironment) => Promise<Server>;

/** A pod of a service, on the node of the collector. */
export const pod: Pod = {
  namespace: "ticketing",
  name: "order-service-5d8f7c9b44-abcde",
  uid: "0b6ed0a5-3c8b-4f5e-9c46-0f4d5a9e1d11",
  node: os.hostname(),
  container: "app",
  replicaSet: "order-service-5d8f7c9b44",
  labels: { "app.kubernetes.io/version": "1.2.3" },
};

/** A pod on another node, whose logs the collector must ignore. */
const podOfOtherNode: Pod = {
  ...pod,
  name: "order-service-5d8f7c9b44-fghij",
  uid: "6f0c1c56-9a0e-4f0a-8a43-5f2f4d8f2c22",
  node: "another-node",
};

/** Length of the Loki outage. */
const outageSeconds = Number(process.env["OUTAGE_SECONDS"] ?? 5);

/** Maximum retry delay of a collector after a long outage. */
const maxRetrySeconds = 60;

const python = [
  "Traceback (most recent call last):",
  '  File "/app/main.py", line 10, in reserve',
  "    return stock[item]",
  "KeyError: 'A1'",
  "",
  "During handling of the above exception, another exception occurred:",
  "",
  "Traceback (most recent call last):",
  '  File "/app/main.py", line 12, in reserve',
  "    raise OutOfStock(item) from None",
  "app.errors.OutOfStockError: A1",
];

const go = [
  "panic: runtime error: index out of range [3] with length 3",
  "",
  "goroutine 1 [running]:",
  "main.(*Server).reserve(0xc000012345, {0x1234, 0x2})",
  "\t/app/main.go:42 +0x1d",
  "main.main()",
  "\t/app/main.go:17 +0x25",
  "created by net/http.(*Server).Serve in goroutine 1",
  "\t/usr/local/go/src/net/http/server.go:3285 +0x4b4",
  "exit status 2",
];

/** Creates an empty log of a pod in a folder like `/var/log/pods`, and returns its path. */
export function createLog(podLogs: string, { namespace, name, uid, container }: Pod): string {
  const directory = path.join(podLogs, `${namespace}_${name}_${uid}`, container);
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, "0.log"), "");
  return path.join(directory, "0.log");
}

/** Tests of every collector with a real Loki. */
export function itCollectsLogs(start: StartCollector): void {
  let folder: string;
  let logFile: string;
  let loki: Loki;
  let kubernetes: KubernetesApi;
  let collector: Server;
  const started = Date.now();
  let clock = started - 30 * 60_000;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "collector-"));
    loki = await Loki.start({ recorded: "filesystem", folder: path.join(folder, "loki") });
    kubernetes = await KubernetesApi.start([pod, podOfOtherNode]);
    logFile = createLog(podLogs(), pod);
    const line = `${new Date().toISOString()} stdout F of another node\n`;
    fs.appendFileSync(createLog(podLogs(), podOfOtherNode), line);
    collector = await startCollector();
    // The collector now follows the file, regardless of which test runs first.
    write(["first"]);
    await read('|= "first"', 1);
  });

  after(async () => {
    await collector?.stop();
    await loki?.stop();
    await kubernetes?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function podLogs(): string {
    return path.join(folder, "pods");
  }

  function startCollector(): Promise<Server> {
    return start({
      folder,
      podLogs: podLogs(),
      node: pod.node,
      kubernetesUrl: kubernetes.url,
      pushUrl: `${loki.url}/loki/api/v1/push`,
    });
  }

  /** Writes lines in the format of the container runtime. */
  function write(lines: string[], flag = "F"): void {
    const text = lines.map((line) => `${new Date(clock++).toISOString()} stdout ${flag} ${line}\n`);
    fs.appendFileSync(logFile, text.join(""));
  }

  /** Waits for lines that match a filter. */
  function read(filter: string, count: number) {
    return eventually(
      `${count} lines with ${filter}`,
      async () => {
        const entries = await loki.query(`{namespace="ticketing"} ${filter}`, started - 3600_000);
        return entries.length >= count && entries;
      },
      maxRetrySeconds + 60,
    );
  }

  it("adds a fixed set of labels, and pod UID, version, level and trace ID as structured metadata", async () => {
    write([
      '{"level":"error","msg":"no stock","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}',
      "level=info msg=done dd.trace_id=1234567890123456789",
    ]);
    const [json, logfmt] = await read('|~ "no stock|done"', 2);
    const series = await fetch(
      `${loki.url}/loki/api/v1/series?match[]=${encodeURIComponent('{namespace="ticketing"}')}`,
    );
    const { data } = (await series.json()) as { data: Record<string, string>[] };
    assert.deepEqual(Object.keys(data[0] ?? {}).sort(), [
      ...[
        "app",
        "cluster",
        "container",
        "env",
        "namespace",
        "pod",
        "service",
        "service_name",
        "stream",
      ],
    ]);
    assert.equal(json?.labels["service"], "order-service");
    assert.equal(json?.labels["env"], "prod");
    assert.equal(json?.labels["app"], "order-service");
    assert.equal(json?.labels["pod"], pod.name);
    assert.equal(json?.labels["container"], "app");
    assert.equal(json?.labels["cluster"], "ticketing-prod");
    assert.equal(json?.labels["pod_uid"], pod.uid);
    assert.equal(json?.labels["version"], "1.2.3");
    assert.equal(json?.labels["level"], "error");
    assert.equal(json?.labels["detected_level"], "error");
    assert.equal(json?.labels["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(logfmt?.labels["trace_id"], "1234567890123456789");
  });

  it("joins only the lines of Go and Python stack traces", async () => {
    const error = "ERROR: reservation failed";
    write(["one line", "another line", error, ...python, "after python", ...go, "after go"]);
    const entries = await read('|~ "line|reservation|panic|after"', 6);
    assert.deepEqual(
      entries.map(({ line }) => line),
      [
        "one line",
        "another line",
        [error, ...python].join("\n"),
        "after python",
        go.join("\n"),
        "after go",
      ],
    );
  });

  it("joins lines that the container runtime has split", async () => {
    write(["split ", "in "], "P");
    write(["three"]);
    const [entry] = await read('|= "split"', 1);
    assert.equal(entry?.line, "split in three");
  });

  const secrets: [string, string, string][] = [
    [
      "a bearer token",
      "S1 GET / Authorization: Bearer abc.def-123",
      "S1 GET / Authorization: <redacted>",
    ],
    [
      "basic credentials",
      "S2 authorization=Basic dXNlcjpwYXNz ok",
      "S2 authorization=<redacted> ok",
    ],
    [
      "a header in JSON",
      'S3 {"headers":{"Authorization":"Bearer abcdefgh12345"},"a":1}',
      'S3 {"headers":{"Authorization":"<redacted>"},"a":1}',
    ],
    ["a token without its header", "S4 sent Bearer abcdefgh12345", "S4 sent Bearer <redacted>"],
    ["a card number", "S5 card 4111 1111 1111 1111 declined", "S5 card <redacted> declined"],
    ["an American Express card", 'S6 {"card":"378282246310005"}', 'S6 {"card":"<redacted>"}'],
    [
      "a Slack webhook",
      "S7 https://hooks.slack.com/services/T000/B000/XXXX failed",
      "S7 https://hooks.slack.com/services/<redacted> failed",
    ],
    [
      "a password",
      "S8 connect password=hunter2 user=app",
      "S8 connect password=<redacted> user=app",
    ],
    ["an AWS key", "S9 key AKIAIOSFODNN7EXAMPLE", "S9 key <redacted>"],
    ["a web token", "S10 eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "S10 <redacted>"],
  ];

  it("redacts secrets", async () => {
    write(secrets.map(([, line]) => line));
    const entries = await read('|~ "^S[0-9]+ "', secrets.length);
    secrets.forEach(([description, , expected], index) =>
      assert.equal(entries[index]?.line, expected, description),
    );
  });

  it("does not redact numbers that are not card numbers", async () => {
    const lines = [
      "N1 at 1767225600000000 took 0.4123456789012345",
      "N2 order 41111111111111112222 trace 4bf92f3577b34da6a3ce929d0e0e4736",
      "N3 tokens used: 5, authorized by Ann, secretary: Bob",
    ];
    write(lines);
    const entries = await read('|~ "^N[0-9] "', lines.length);
    assert.deepEqual(
      entries.map(({ line }) => line),
      lines,
    );
  });

  it("neither loses nor duplicates lines if it restarts in the middle of a file", async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `restarted ${index}`);
    write(lines.slice(0, 1000));
    await collector.stop("SIGTERM");
    write(lines.slice(1000));
    collector = await startCollector();
    const entries = await read('|= "restarted"', lines.length);
    assert.deepEqual(
      entries.map(({ line }) => line),
      lines,
    );
  });

  it(`loses nothing while Loki is unavailable for ${outageSeconds} s`, async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `outage ${index}`);
    await loki.stop();
    for (let from = 0; from < lines.length; from += 100) {
      write(lines.slice(from, from + 100));
      await sleep((outageSeconds * 1000) / (lines.length / 100));
    }
    await loki.restart();
    const entries = await read('|= "outage"', lines.length);
    assert.deepEqual(
      entries.map(({ line }) => line),
      lines,
    );
  });

  it("reads only the logs of its own node", async () => {
    assert.deepEqual(await loki.query('{namespace="ticketing"} |= "of another node"'), []);
  });

  it("requests only pods from Kubernetes, as its role allows", () => {
    const paths = kubernetes.requests.map(({ pathname }) => pathname);
    assert.deepEqual([...new Set(paths)], ["/api/v1/pods"]);
  });
}
