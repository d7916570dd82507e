import * as assert from "node:assert/strict";
import {
  datadogExclusion,
  datadogLabels,
  openMetricsAnnotations,
} from "../../../components/datadog/workload";
import { containerEnvironment } from "../../support/kubelet";

const workload = { service: "inventory-service", version: "1.4.2", environment: "prod" };

const resolve = (args: typeof workload & { profiling?: boolean }) =>
  containerEnvironment(args, { nodeAddress: "10.0.1.7", uid: "7c1f" });

describe("datadogEnv and datadogLabels", () => {
  it("connect the tracer to the agent on the pod's node", () => {
    const env = resolve(workload);
    assert.equal(env.DD_AGENT_HOST, "10.0.1.7");
    assert.equal(env.DD_TRACE_AGENT_PORT, "8126");
    assert.equal(env.DD_DOGSTATSD_PORT, "8125");
    assert.equal(env.DD_ENTITY_ID, "7c1f");
  });

  it("read service, version and environment from the labels that also tag logs and metrics", () => {
    assert.deepEqual(datadogLabels(workload), {
      "tags.datadoghq.com/env": "prod",
      "tags.datadoghq.com/service": "inventory-service",
      "tags.datadoghq.com/version": "1.4.2",
    });
    const env = resolve(workload);
    assert.deepEqual(
      [env.DD_ENV, env.DD_SERVICE, env.DD_VERSION],
      ["prod", "inventory-service", "1.4.2"],
    );
  });

  it("inject trace ids into logs, report runtime metrics, and profile only if configured", () => {
    const env = resolve(workload);
    assert.equal(env.DD_LOGS_INJECTION, "true");
    assert.equal(env.DD_RUNTIME_METRICS_ENABLED, "true");
    assert.equal(env.DD_PROFILING_ENABLED, "false");
    assert.equal(resolve({ ...workload, profiling: true }).DD_PROFILING_ENABLED, "true");
  });
});

describe("datadogExclusion", () => {
  it("excludes a pod from metrics, logs or both", () => {
    assert.deepEqual(datadogExclusion({ metrics: true }), {
      "ad.datadoghq.com/metrics_exclude": "true",
    });
    assert.deepEqual(datadogExclusion({ logs: true }), { "ad.datadoghq.com/logs_exclude": "true" });
    assert.deepEqual(datadogExclusion({ metrics: true, logs: true }), {
      "ad.datadoghq.com/exclude": "true",
    });
    assert.deepEqual(datadogExclusion({}), {});
  });

  it("excludes one container of a pod", () => {
    assert.deepEqual(datadogExclusion({ container: "proxy", logs: true }), {
      "ad.datadoghq.com/proxy.logs_exclude": "true",
    });
  });
});

describe("openMetricsAnnotations", () => {
  it("names the endpoint and the metrics in the format of Autodiscovery", () => {
    const annotations = openMetricsAnnotations({
      container: "inventory",
      port: 9090,
      namespace: "inventory",
      metrics: ["stock_reservations", "^cache_"],
    });
    assert.deepEqual(Object.keys(annotations), ["ad.datadoghq.com/inventory.checks"]);
    assert.deepEqual(JSON.parse(annotations["ad.datadoghq.com/inventory.checks"] ?? ""), {
      openmetrics: {
        instances: [
          {
            openmetrics_endpoint: "http://%%host%%:9090/metrics",
            namespace: "inventory",
            metrics: ["stock_reservations", "^cache_"],
          },
        ],
      },
    });
  });

  it("accepts another path", () => {
    const [annotation] = Object.values(
      openMetricsAnnotations({
        container: "a",
        port: 1,
        path: "/m",
        namespace: "a",
        metrics: ["b"],
      }),
    );
    assert.match(annotation ?? "", /:1\/m"/);
  });
});
