import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { scrapeCost } from "../../../policies/reliability/scrapeCost";
import { base, chart, itJudges, pinned } from "../stacks/subjects";
import { problems } from "../subjects";

const server = (prometheusSpec: PlainMap) => [
  pinned({ prometheus: { prometheusSpec } }),
  ...base().slice(1),
];
const job = (settings: PlainMap) =>
  server({ additionalScrapeConfigs: [{ job_name: "edge", ...settings }] });
const prometheus = (values: PlainMap) => [chart("prometheus", values)];
const pods = { kubernetes_sd_configs: [{ role: "pod" }] };
const step = (settings: PlainMap) => job({ ...pods, relabel_configs: [settings] });
const federated = (params?: PlainMap) =>
  job({
    metrics_path: "/federate",
    honor_labels: true,
    static_configs: [{ targets: ["prometheus.edge:9090"] }],
    ...(params && { params }),
  });
const annotation = "__meta_kubernetes_pod_annotation_prometheus_io_scrape";
const policy = "scrape-cost";

describe("jobs in the notation of Prometheus", () => {
  itJudges(
    {
      "an action that does not exist": [
        policy,
        step({ source_labels: [annotation], action: "keeep", regex: "true" }),
      ],
      "the label of an annotation as it is written": [
        policy,
        step({
          source_labels: ["__meta_kubernetes_pod_annotation_prometheus.io/scrape"],
          action: "keep",
          regex: "true",
        }),
      ],
      "labels that are renamed without a group": [
        policy,
        step({ action: "labelmap", regex: "__meta_kubernetes_pod_label_.+" }),
      ],
      "a replacement without a group": [
        policy,
        step({
          source_labels: ["__address__"],
          regex: "[^:]+:.*",
          target_label: "host",
          replacement: "$1",
        }),
      ],
      "a parenthesis that is not closed": [
        policy,
        step({ source_labels: [annotation], action: "keep", regex: "(true|yes" }),
      ],
      "a role that does not exist": [policy, job({ kubernetes_sd_configs: [{ role: "pods" }] })],
      "a federation of nothing": [policy, federated()],
      "a federation with another parameter": [policy, federated({ match: ["up"] })],
      "a job of the chart prometheus, every second": [
        policy,
        prometheus({ scrapeConfigs: { edge: { ...pods, scrape_interval: "1s" } } }),
      ],
      "a role that does not exist, in a file of the chart prometheus": [
        policy,
        prometheus({
          serverFiles: {
            "prometheus.yml": {
              scrape_configs: [{ job_name: "edge", kubernetes_sd_configs: [{ role: "pods" }] }],
            },
          },
        }),
      ],
      "two jobs with one name, in a text of the chart prometheus": [
        policy,
        prometheus({ extraScrapeConfigs: "- {job_name: edge}\n- {job_name: edge}\n" }),
      ],
      "a query that looks back for half an interval": [
        policy,
        server({ query: { lookbackDelta: "15s" } }),
      ],
      "a query that looks back for one interval": [
        policy,
        server({ scrapeInterval: "60s", query: { lookbackDelta: "1m" } }),
      ],
    },
    {
      "an annotation": step({ source_labels: [annotation], action: "Keep", regex: "true" }),
      "labels that are renamed": step({
        action: "labelmap",
        regex: "__meta_kubernetes_pod_label_(.+)",
      }),
      "labels that are removed": step({ action: "labeldrop", regex: "pod_template_hash" }),
      "a replacement with a group": step({
        source_labels: ["__address__"],
        regex: "([^:]+)(?::\\d+)?",
        target_label: "host",
        replacement: "$1",
      }),
      "a replacement of the whole value": step({
        source_labels: ["__meta_kubernetes_namespace"],
        target_label: "namespace",
        replacement: "$1",
      }),
      "a constant": step({ target_label: "cluster", replacement: "edge" }),
      services: job({ kubernetes_sd_configs: [{ role: "endpointslice" }] }),
      "a federation": federated({ "match[]": ['{__name__=~"job:.*"}'] }),
      "a query that looks back for minutes": server({ query: { lookbackDelta: "2m" } }),
    },
  );

  it("do not include a job that null removes", () => {
    const [release] = prometheus({
      scrapeConfigs: { edge: null },
      extraScrapeConfigs: "- {job_name: edge}\n",
    });
    assert.deepEqual(problems(scrapeCost, release!), []);
  });

  it("do not include the jobs of a Prometheus that is not installed", () => {
    const jobs = { additionalScrapeConfigs: [{ job_name: "edge", scrape_interval: "1s" }] };
    const values = { enabled: false, agentMode: true, prometheusSpec: jobs };
    assert.deepEqual(problems(scrapeCost, pinned({ prometheus: values })), []);
  });
});
