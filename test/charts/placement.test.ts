import * as assert from "node:assert/strict";
import { datadogSettings } from "../../components/datadog/settings";
import { datadogValues } from "../../components/datadog/values";
import { alloyValues } from "../../components/logs/alloyValues";
import { promtailValues } from "../../components/logs/promtailValues";
import { LokiSettings, lokiSettings } from "../../components/loki/settings";
import { lokiValues } from "../../components/loki/values";
import { PrometheusSettings, prometheusSettings } from "../../components/prometheus/settings";
import { prometheusValues } from "../../components/prometheus/values";
import { Checked } from "../../components/shared/problems";
import { keysOf, pathOf } from "./keyPaths";
import { readLines } from "./unknownKeys";

const args = {
  cluster: "c",
  environment: "prod",
  nodeSelector: { pool: "monitoring" },
  tolerations: [{ key: "pool", value: "monitoring" }],
  priorityClassName: "important",
};
const chosen = {
  nodeSelector: { "kubernetes.io/os": "linux", pool: "monitoring" },
  tolerations: [{ key: "pool", operator: "Equal", value: "monitoring" }],
  priorityClassName: "important",
};
const everyNode = {
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ operator: "Exists" }],
  priorityClassName: "important",
};

function settled<T>({ settings, problems }: Checked<T>): T {
  assert.deepEqual(problems ?? [], []);
  return settings as T;
}

const loki = (changes: object = {}): LokiSettings =>
  settled(lokiSettings({ ...args, bucket: "logs", region: "eu-west-1", ...changes }));

interface ChartCase {
  chart: string;
  values: Record<string, any>;
  /** Workloads that run on every node. */
  agents?: string[];
  /** Workloads that the values do not deploy, as a pattern of their paths. */
  disabled?: RegExp;
}

const otherModesOfLoki =
  "backend|read|write|bloom.*|patternIngester|overridesExporter|tableManager|lokiCanary|.*Cache\\.l2|.*zone[ABC]";
const partsOfLoki =
  "compactor|distributor|indexGateway|ingester|querier|queryFrontend|queryScheduler|ruler|singleBinary";
const cases: ChartCase[] = [
  {
    chart: "kube-prometheus-stack",
    values: prometheusValues(settled<PrometheusSettings>(prometheusSettings(args))),
    agents: ["prometheus-node-exporter"],
    disabled:
      /^(thanosRuler\.|grafana\.imageRenderer|prometheusOperator\.admissionWebhooks\.deployment|prometheus-windows-exporter)/,
  },
  {
    // The chart applies `defaults` to the parts of Loki itself.
    chart: "loki",
    values: lokiValues(loki({ mode: "distributed" })),
    disabled: new RegExp(`^(${otherModesOfLoki}|${partsOfLoki})$`),
  },
  { chart: "alloy", values: alloyValues(loki()), agents: ["controller"] },
  { chart: "promtail", values: promtailValues(loki(), "http://loki"), agents: [""] },
  {
    chart: "datadog",
    values: datadogValues(settled(datadogSettings({ ...args, apiKey: "x" }))),
    agents: ["agents"],
    disabled:
      /^(clusterChecksRunner|otelAgentGateway|operator|datadog-operator|kube-state-metrics)/,
  },
];

/** Paths of the workloads of a chart: each has a key for the selector of its nodes. */
function workloads(chart: string): string[] {
  const paths = [...readLines(`${chart}.txt`), ...readLines(`${chart}.commented.txt`)].flatMap(
    (line) => {
      const keys = keysOf(line);
      const index = keys.indexOf("nodeSelector");
      return index < 0 ? [] : [pathOf(keys.slice(0, index))];
    },
  );
  return [...new Set(paths)];
}

function valuesAt(values: any, path: string): any {
  return (path === "" ? [] : keysOf(path)).reduce((inner, key) => inner?.[key], values);
}

describe("the placement of pods", () => {
  for (const { chart, values, agents = [], disabled = /^$(?!)/ } of cases) {
    describe(`in the chart ${chart}`, () => {
      const paths = workloads(chart).filter((path) => path === "" || !disabled.test(path));

      it("has workloads", () => {
        assert.ok(paths.length > 0);
      });

      for (const path of paths) {
        it(`applies to ${path || "its only workload"}`, () => {
          const { nodeSelector, tolerations, priorityClassName } = valuesAt(values, path) ?? {};
          const expected: Record<string, unknown> = agents.includes(path) ? everyNode : chosen;
          const actual = { nodeSelector, tolerations, priorityClassName };
          // The chart has no value for the priority of this job.
          const { priorityClassName: _none, ...job } = expected;
          const isJob = path === "crds.upgradeJob";
          assert.deepEqual(isJob ? { nodeSelector, tolerations } : actual, isJob ? job : expected);
        });
      }
    });
  }

  it("is any Linux node by default", () => {
    const { prometheus } = prometheusValues(
      settled<PrometheusSettings>(prometheusSettings({ cluster: "c", environment: "e" })),
    );
    assert.deepEqual(prometheus.prometheusSpec.nodeSelector, { "kubernetes.io/os": "linux" });
    assert.equal(prometheus.prometheusSpec.tolerations, undefined);
    assert.equal(prometheus.prometheusSpec.priorityClassName, undefined);
  });
});
