import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Api, sendTo } from "../../verify/cluster/api";
import { runChecks } from "../../verify/checks/check";
import { serviceChecks } from "../../verify/checks/targets";
import {
  type FakeSlack,
  exampleSecrets,
  secretsAt,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import { type Pipeline, previewInto, startPipeline } from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";
import { protobufContentType, protobufPage } from "../support/delivery/protobufExposition";
import { type Listening, listen } from "../support/ports";
import { settingsWithPrometheus } from "../support/stackConfig";

/** Latencies in seconds, evenly distributed from 10 ms to this maximum. */
const maximumSeconds = { "inventory-service": 0.515, "auth-service": 0.49 };
const slow = "inventory-service";
/** No boundary of a bucket: the nearest are 297 ms and 324 ms. */
const objectiveMs = 310;
/** Its image exposes classic histograms only. */
const classic = "api-gateway";
const services = [...Object.keys(maximumSeconds), classic].map((name) => ({
  name,
  metrics: { convention: "opentelemetry", nativeHistograms: true },
  slo: { availabilityPercent: 99, latencyMs: objectiveMs, latencyPercent: 99 },
}));
/** So many that whole numbers of requests for each latency are exact. */
const requestsPerSecond = 10_000_000;

const latenciesUpTo = (maximum: number) =>
  Array.from({ length: Math.round((maximum - 0.01) * 1000) }, (_, index) => 0.0105 + index / 1000);

describe("native histograms in the real Prometheus", function () {
  this.timeout(120_000);
  let folder: string;
  let server: Listening;
  let slack: FakeSlack;
  let pipeline: Pipeline;

  before("start services of which one exposes classic histograms", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "native-"));
    const out = previewInto(folder, "prod", {
      "monitoring:services": services,
      "monitoring:slack": { channel: "#ticketing-alerts" },
      ...exampleSecrets,
    });
    slack = await startFakeSlack();
    const startedAt = Date.now();
    const target = http.createServer((request, response) => {
      const name = request.url?.split("/")[2] ?? "";
      const maximum = Object.entries(maximumSeconds).find(([key]) => key === name)?.[1];
      if (maximum === undefined) {
        response.setHeader("content-type", "text/plain; version=0.0.4");
        const series = ['_bucket{le="0.5"}', '_bucket{le="+Inf"}', "_sum", "_count"];
        response.end(
          series.map((part) => `http_server_request_duration_seconds${part} 1\n`).join(""),
        );
        return;
      }
      const requests = ((Date.now() - startedAt) / 1000) * requestsPerSecond;
      const latencies = latenciesUpTo(maximum);
      const histogram = (status: string, share: number) => ({
        name: "http_server_request_duration_seconds",
        labels: { http_response_status_code: status },
        observations: latencies.map((seconds) => ({
          seconds,
          count: (requests * share) / latencies.length,
        })),
      });
      response.setHeader("content-type", protobufContentType);
      response.end(protobufPage([], [histogram("200", 0.9), histogram("500", 0.1)]));
    });
    server = await listen(target);
    pipeline = await startPipeline({
      out,
      folder,
      services: { address: `127.0.0.1:${server.port}`, names: services.map(({ name }) => name) },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
    });
  });

  after(async () => {
    await pipeline?.stop();
    await slack?.stop();
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function values(query: string): Promise<Map<string, number>> {
    const url = `${pipeline.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(
      data.result.map(({ metric, value }) => [metric["service"] ?? "", Number(value[1])]),
    );
  }

  const firing = (alert: string) => values(`ALERTS{alertname="${alert}", alertstate="firing"}`);

  it("stores a series for each histogram", async () => {
    const series = 'count by (service) ({__name__=~"http_server_request_duration_seconds.*"})';
    await until("a series for each status, and four of the classic histogram", async () => {
      const counts = await values(series);
      return services.map(({ name }) => counts.get(name)).join() === "2,2,4";
    });
  });

  it("lets npm run verify tell which services expose them", async () => {
    const settings = settingsWithPrometheus("prod", { services });
    const unused = () => Promise.reject(new Error("this test has no such server"));
    const prometheus = new Api("prometheus", sendTo(pipeline.prometheusUrl));
    const apis = {
      kubernetes: new Api("the Kubernetes API", unused),
      prometheus: () => Promise.resolve(prometheus),
      alertmanager: unused,
      grafana: unused,
      loki: unused,
    };
    const results = await runChecks(serviceChecks(settings), apis, settings);
    const found = new Map(results.map(({ name, evidence }) => [name, evidence]));
    for (const name of Object.keys(maximumSeconds)) {
      assert.equal(
        found.get(`service ${name}`),
        "1 of 1 targets are up; http_server_request_duration_seconds",
      );
    }
    assert.match(found.get(`service ${classic}`) ?? "", /its histograms are classic/);
  });

  it("fires the alert on latency above the threshold only", async () => {
    await until("HighLatencyP99", async () => (await firing("HighLatencyP99")).size > 0, 60);
    await sleep(2_000);
    assert.deepEqual([...(await firing("HighLatencyP99")).keys()], [slow]);
  });

  it("measures an objective within a bucket to 1%", async () => {
    const measured = await values(
      "namespace_service:slo_latency_bad_requests:rate5m / namespace_service:slo_latency_requests:rate5m",
    );
    for (const [name, maximum] of Object.entries(maximumSeconds)) {
      const latencies = latenciesUpTo(maximum);
      const slower = latencies.filter((seconds) => seconds > objectiveMs / 1000);
      const error = (measured.get(name) ?? NaN) / (slower.length / latencies.length) - 1;
      assert.ok(Math.abs(error) < 0.01, `${name}: ${error}`);
    }
    await until("budgets burn", async () => (await firing("LatencyBudgetBurn")).size === 2);
  });

  it("counts requests and errors", async () => {
    const errors = await values(
      "namespace_service:http_requests_failed:rate5m / namespace_service:http_requests:rate5m",
    );
    for (const name of Object.keys(maximumSeconds)) {
      assert.ok(Math.abs((errors.get(name) ?? NaN) - 0.1) < 0.001, String(errors.get(name)));
    }
    await until("errors", async () => (await firing("HighErrorRate")).size === 2);
    assert.deepEqual([...(await firing("MetricsMissing")).keys()], []);
  });
});
