import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { exampleSecrets } from "../support/delivery/fakeSlack";
import { previewInto } from "../support/delivery/pipeline";
import { protobufContentType, protobufPage } from "../support/delivery/protobufExposition";
import { until } from "../support/delivery/processes";
import { type RunningPrometheus, startPrometheus } from "../support/delivery/prometheus";
import { type Listening, listen } from "../support/ports";

/** What the store answers: it accepts samples, does not exist, or limits the rate. */
type Answer = "accepts" | "isDown" | "limits";

/** A fake in front of the receiver: it fails as a store does, and remembers the last headers. */
interface Store {
  url: string;
  answer: Answer;
  refused: number;
  path: string | undefined;
  headers: http.IncomingHttpHeaders;
}

describe("the long-term store", function () {
  this.timeout(180_000);
  // Ten minutes take 20 seconds. Each series then has as many samples as in ten minutes.
  const scale = 30;
  const outage = (10 * 60_000) / scale;
  /** An outage has 20,000 samples, more than a queue of Prometheus holds: the others wait on its disk. */
  const seriesCount = 1_000;

  let folder: string;
  let target: string;
  let receiver: RunningPrometheus;
  let store: Store;
  const servers: Listening[] = [];
  const senders: RunningPrometheus[] = [];

  before("start the target and the receiver", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "long-term-"));
    let scrapes = 0;
    target = await serve((request, response) => {
      scrapes += 1;
      const lines = Array.from(
        { length: seriesCount },
        (_, n) => `work_total{n="${n}"} ${scrapes}`,
      );
      assert.match(request.headers.accept ?? "", /^application\/vnd\.google\.protobuf/);
      const observations = [{ seconds: 0.1, count: scrapes }];
      const latency = { name: "work_seconds", labels: {}, observations };
      response.setHeader("content-type", protobufContentType);
      response.end(protobufPage(lines, [latency]));
    });
    receiver = await startPrometheus(
      path.join(folder, "receiver"),
      {},
      { flags: ["--web.enable-remote-write-receiver"] },
    );
    store = await startStore(`${receiver.url}/api/v1/write`);
  });

  after(async () => {
    await Promise.all([receiver, ...senders].map((tool) => tool?.stop()));
    await Promise.all(servers.map((server) => server.stop()));
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a server, and returns its URL. */
  async function serve(handle: http.RequestListener): Promise<string> {
    const server = await listen(http.createServer(handle));
    servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }

  async function startStore(writeUrl: string): Promise<Store> {
    const started = {
      answer: "accepts",
      refused: 0,
      path: undefined,
      headers: {},
    } as unknown as Store;
    started.url = await serve((request, response) => {
      started.path = request.url;
      started.headers = request.headers;
      if (started.answer === "isDown") return void request.socket.destroy();
      if (started.answer === "limits") {
        started.refused += 1;
        return void response.writeHead(429).end("rate limit");
      }
      const { "content-type": type, "content-encoding": encoding } = request.headers;
      const version = request.headers["x-prometheus-remote-write-version"];
      const forwarded = http.request(
        writeUrl,
        {
          method: "POST",
          headers: {
            "content-type": type,
            "content-encoding": encoding,
            "x-prometheus-remote-write-version": version,
          },
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500);
          answer.pipe(response);
        },
      );
      forwarded.on("error", () => response.destroy());
      request.pipe(forwarded);
    });
    return started;
  }

  /** A Prometheus of the stack with the rendered remote write, which scrapes the target. */
  async function startSender(name: string, longTerm: object, env: Record<string, string> = {}) {
    const own = path.join(folder, `${name}-preview`);
    fs.mkdirSync(own);
    const out = previewInto(own, "prod", {
      "monitoring:prometheus": { replicas: 2, storageGb: 100, longTerm },
      ...exampleSecrets,
    });
    const values = parse(fs.readFileSync(path.join(out, "values", "prometheus.yaml"), "utf8"));
    const { prometheusSpec: spec } = values.prometheus;
    const [write, ...others] = spec.remoteWrite;
    assert.deepEqual(others, []);
    const { pathname } = new URL(write.url);
    const sender = await startPrometheus(
      path.join(folder, name),
      {
        global: {
          scrape_interval: `${spec.scrapeInterval.replace("s", "") / scale}s`,
          // The operator adds the label with the name of the pod.
          external_labels: { ...spec.externalLabels, [spec.replicaExternalLabelName]: `${name}-0` },
        },
        scrape_configs: [
          {
            job_name: "work",
            scrape_native_histograms: true,
            static_configs: [{ targets: [new URL(target).host] }],
          },
        ],
        remote_write: [operatorForm({ ...write, url: `${store.url}${pathname}` })],
      },
      { env },
    );
    senders.push(sender);
    return { ...sender, spec };
  }

  /** Timestamps of the samples of each series in a window. */
  async function samples(url: string, start: number, end: number): Promise<Map<string, number[]>> {
    const query = `work_total[${Math.round((end - start) / 1000)}s]`;
    const parameters = new URLSearchParams({ query, time: String(end / 1000) });
    const response = await fetch(`${url}/api/v1/query?${parameters.toString()}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
    };
    return new Map(
      data.result.map(({ metric, values }) => [metric["n"] ?? "", values.map(([time]) => time)]),
    );
  }

  async function query(url: string, expression: string) {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result;
  }

  const arrived = async (since: number) => {
    const [newer] = await query(receiver.url, `count(timestamp(work_total) > ${since / 1000})`);
    return Number(newer?.value[1] ?? 0) === seriesCount;
  };

  describe("Mimir", () => {
    let sender: Awaited<ReturnType<typeof startSender>>;

    before("send", async () => {
      sender = await startSender("mimir", {
        kind: "mimir",
        url: "https://mimir.example.com/api/v1/push",
        tenant: "shop",
        basicAuth: {
          username: { name: "mimir", key: "username" },
          password: { name: "mimir", key: "password" },
        },
      });
      await until("the first samples", () => arrived(0));
    });

    it("receives the tenant and the credentials", () => {
      assert.equal(store.path, "/api/v1/push");
      assert.equal(store.headers["x-scope-orgid"], "shop");
      const basic = Buffer.from("username of mimir:password of mimir").toString("base64");
      assert.equal(store.headers["authorization"], `Basic ${basic}`);
    });

    it("tells clusters and replicas apart by the labels that it expects", async () => {
      const [series] = await query(receiver.url, 'work_total{n="0"}');
      const { cluster, env, __replica__: replica } = series?.metric ?? {};
      assert.deepEqual([cluster, env, replica], ["ticketing-prod", "prod", "mimir-0"]);
    });

    it("receives native histograms", async () => {
      const [quantile] = await query(receiver.url, "histogram_quantile(1, work_seconds)");
      assert.ok(Math.abs(Number(quantile?.value[1]) - 0.1) < 0.01, JSON.stringify(quantile));
    });

    it("has every sample after an outage of ten minutes and a limit of the rate", async () => {
      const start = Date.now();
      await sleep(2_000);
      store.answer = "isDown";
      await sleep(outage);
      const isBehind = !(await arrived(start + 3_000));
      // Stores limit the rate when a backlog arrives.
      store.answer = "limits";
      await until("the store has refused samples", () => store.refused > 0);
      store.answer = "accepts";
      await sleep(2_000);
      const end = Date.now();
      await until("the backlog has arrived", () => arrived(end), 60);
      const [sent, received] = await Promise.all(
        [sender.url, receiver.url].map((url) => samples(url, start, end)),
      );
      assert.ok(isBehind, "the outage interrupted the delivery");
      assert.equal(sent?.size, seriesCount);
      assert.ok((sent.get("0")?.length ?? 0) >= outage / 1000);
      assert.deepEqual(received, sent);
    });
  });

  describe("Amazon Managed Service for Prometheus", () => {
    it("receives requests that are signed with the role of the pod", async () => {
      const token = path.join(folder, "token");
      fs.writeFileSync(token, "token of the pod");
      let authorization: string | undefined;
      const agent = await serve((request, response) => {
        authorization = request.headers.authorization;
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            AccessKeyId: "ASIAEXAMPLE",
            SecretAccessKey: "example",
            Token: "session",
            Expiration: new Date(Date.now() + 3_600_000).toISOString(),
          }),
        );
      });
      await startSender(
        "amp",
        {
          kind: "amp",
          url: "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd",
        },
        {
          // The webhook of EKS Pod Identity sets these variables.
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent}/v1/credentials`,
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
        },
      );
      await until("a request", () => store.path?.startsWith("/workspaces/") === true);
      assert.equal(authorization, "token of the pod");
      assert.equal(store.path, "/workspaces/ws-1234abcd/api/v1/remote_write");
      assert.match(
        store.headers["authorization"] ?? "",
        /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/\d{8}\/eu-west-1\/aps\/aws4_request, /,
      );
      assert.equal(store.headers["x-amz-security-token"], "session");
    });
  });
});

type SecretKey = { name: string; key: string };

/** The configuration that the operator generates for a remote write, with values of the Secrets. */
function operatorForm({
  basicAuth,
  headers,
  queueConfig,
  sendNativeHistograms,
  ...write
}: Record<string, any>): object {
  const { retryOnRateLimit, ...others } = queueConfig as Record<string, unknown>;
  assert.deepEqual(others, {}, "the test knows every setting of the queue");
  const valueOf = ({ name, key }: SecretKey) => `${key} of ${name}`;
  return {
    ...write,
    send_native_histograms: sendNativeHistograms,
    queue_config: { retry_on_http_429: retryOnRateLimit },
    ...(headers && { headers }),
    ...(basicAuth && {
      basic_auth: {
        username: valueOf(basicAuth.username),
        password: valueOf(basicAuth.password),
      },
    }),
  };
}
