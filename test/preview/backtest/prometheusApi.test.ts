import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import * as http from "node:http";
import { type Series, apiAt } from "../../../preview/backtest/prometheusApi";
import { type Listening, listen } from "../../support/ports";

describe("the API of Prometheus", () => {
  let server: Listening;
  let url: string;
  let requests: { path: string; authorization: string | undefined; fields: URLSearchParams }[];
  let answer: (fields: URLSearchParams) => { status: number; body: unknown };
  let running: number;
  let mostRunning: number;
  /** Decides when a request is answered. Default: at once. */
  let hold: (respond: () => void) => void;

  beforeEach(async () => {
    [requests, running, mostRunning] = [[], 0, 0];
    hold = (respond) => respond();
    answer = () => ({ status: 200, body: { status: "success", data: { result: [] } } });
    const prometheus = http.createServer((request, response) => {
      mostRunning = Math.max(mostRunning, ++running);
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const fields = new URLSearchParams(text);
        const { authorization } = request.headers;
        requests.push({ path: request.url ?? "", authorization, fields });
        const { status, body } = answer(fields);
        hold(() => {
          running--;
          response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
        });
      });
    });
    server = await listen(prometheus);
    url = `http://127.0.0.1:${server.port}`;
  });

  afterEach(() => server.stop());

  const error = (message: string) => ({ status: 422, body: { status: "error", error: message } });

  async function query(to: number, stepMs: number, environment = {}): Promise<Series[][]> {
    const parts: Series[][] = [];
    const span = { from: 0, to, stepMs };
    for await (const part of apiAt(url, environment).queryRange("a > 1", span)) parts.push(part);
    return parts;
  }

  const parts = () =>
    requests.map(({ fields }) => [Number(fields.get("start")), Number(fields.get("end"))]);

  it("returns the labels without the name, and the times of samples and histograms", async () => {
    const result = [
      { metric: { __name__: "a", service: "x" }, values: [[30, "1"]] },
      { metric: {}, histograms: [[60.5, {}]] },
    ];
    answer = () => ({ status: 200, body: { status: "success", data: { result } } });
    deepEqual(await query(90_000, 30_000), [
      [
        { labels: { service: "x" }, times: [30_000] },
        { labels: {}, times: [60_500] },
      ],
    ]);
    equal(requests[0]?.path, "/api/v1/query_range");
    equal(requests[0]?.fields.get("query"), "a > 1");
    equal(requests[0]?.fields.get("step"), "30");
  });

  it("asks for at most 11,000 points at a time, each of them once", async () => {
    await query(25_000 * 30_000, 30_000);
    deepEqual(parts(), [
      [0, 10_999 * 30],
      [11_000 * 30, 21_999 * 30],
      [22_000 * 30, 25_000 * 30],
    ]);
  });

  it("asks for shorter times when a query loads too many samples or takes too long", async () => {
    for (const message of [
      "query processing would load too many samples into memory in query execution",
      "query timed out in expression evaluation",
    ]) {
      requests = [];
      answer = (fields) =>
        Number(fields.get("end")) - Number(fields.get("start")) > 60
          ? error(message)
          : { status: 200, body: { status: "success", data: { result: [] } } };
      await query(150_000, 30_000);
      deepEqual(parts().slice(1), [
        [0, 60],
        [90, 150],
      ]);
    }
  });

  it("runs at most three queries at a time", async () => {
    const api = apiAt(url, {});
    answer = () => ({ status: 200, body: { status: "success", data: [] } });
    // Three queries must run before any is answered, and a fourth one has time to arrive.
    const held: (() => void)[] = [];
    hold = (respond) => {
      if (held.push(respond) < 3) return;
      const three = held.splice(0);
      setTimeout(() => three.forEach((each) => each()), 20);
    };
    const metrics = Array.from({ length: 12 }, (_, index) => `m${index}`);
    await Promise.all(metrics.map((metric) => api.hasSeries(metric, { from: 0, to: 1 })));
    equal(requests.length, 12);
    equal(mostRunning, 3);
  });

  it("sends the credentials of the environment", async () => {
    await query(0, 30_000);
    await query(0, 30_000, { PROMETHEUS_TOKEN: "abc" });
    await query(0, 30_000, { PROMETHEUS_USERNAME: "ann", PROMETHEUS_PASSWORD: "pw" });
    deepEqual(
      requests.map(({ authorization }) => authorization),
      [undefined, "Bearer abc", `Basic ${Buffer.from("ann:pw").toString("base64")}`],
    );
  });

  it("refuses credentials in the URL without repeating them", () => {
    throws(
      () => apiAt("https://ann:secret@prometheus.example", {}),
      (error: Error) =>
        /must not contain credentials\n {2}fix: set PROMETHEUS_USERNAME/.test(error.message) &&
        !error.message.includes("secret"),
    );
  });

  it("passes on why Prometheus refuses a query", async () => {
    answer = () => error("many-to-many matching not allowed");
    await rejects(query(0, 30_000), /^Error: many-to-many matching not allowed$/);
  });

  it("says what to do about refused credentials, another server, and no server", async () => {
    answer = () => ({ status: 401, body: "Unauthorized" });
    await rejects(query(0, 30_000), /rejects the credentials with status 401\n {2}fix: set PROM/);
    answer = () => ({ status: 200, body: "<html>" });
    await rejects(query(0, 30_000), /responds with status 200, but not like the Prometheus API/);
    url = "http://127.0.0.1:1";
    await rejects(query(0, 30_000), /127\.0\.0\.1:1: does not respond: .*\n {2}fix: pass the URL/);
  });
});
