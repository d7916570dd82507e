import * as assert from "node:assert/strict";
import {
  datadogEnv,
  datadogLabels,
  openMetricsAnnotations,
} from "../../components/datadogWorkload";

const workload = { service: "inventory-service", version: "1.4.2", environment: "prod" };

/** What a container with these labels on its pod would see, as the kubelet resolves it. */
function resolve(env: ReturnType<typeof datadogEnv>): Record<string, string> {
  const pod: Record<string, string> = {
    "status.hostIP": "10.0.1.7",
    "metadata.uid": "7c1f",
    ...Object.fromEntries(
      Object.entries(datadogLabels(workload)).map(([name, label]) => [
        `metadata.labels['${name}']`,
        label,
      ]),
    ),
  };
  return Object.fromEntries(
    (env as any[]).map(({ name, value, valueFrom }) => [
      name,
      value ?? pod[valueFrom.fieldRef.fieldPath],
    ]),
  );
}

describe("datadogEnv and datadogLabels", () => {
  it("lead the tracer to the agent of the pod's node, never to the pod itself", () => {
    const env = resolve(datadogEnv(workload));
    assert.equal(env.DD_AGENT_HOST, "10.0.1.7");
    assert.equal(env.DD_TRACE_AGENT_PORT, "8126");
    assert.equal(env.DD_DOGSTATSD_PORT, "8125");
    assert.equal(env.DD_ENTITY_ID, "7c1f");
  });

  it("give service, version and environment by the labels that tag logs and metrics too", () => {
    assert.deepEqual(datadogLabels(workload), {
      "tags.datadoghq.com/env": "prod",
      "tags.datadoghq.com/service": "inventory-service",
      "tags.datadoghq.com/version": "1.4.2",
    });
    const env = resolve(datadogEnv(workload));
    assert.deepEqual(
      [env.DD_ENV, env.DD_SERVICE, env.DD_VERSION],
      ["prod", "inventory-service", "1.4.2"],
    );
  });

  it("tie logs to traces, report the runtime, and profile when asked", () => {
    const env = resolve(datadogEnv(workload));
    assert.equal(env.DD_LOGS_INJECTION, "true");
    assert.equal(env.DD_RUNTIME_METRICS_ENABLED, "true");
    assert.equal(env.DD_PROFILING_ENABLED, "false");
    assert.equal(
      resolve(datadogEnv({ ...workload, profiling: true })).DD_PROFILING_ENABLED,
      "true",
    );
  });
});

describe("openMetricsAnnotations", () => {
  it("tells the agent where to scrape and what to keep, in Autodiscovery's form", () => {
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

  it("takes another path", () => {
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
