import * as assert from "node:assert/strict";
import { checkTargets } from "../../../policies/delivery/scrapedTargets";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { release, resource, serviceMonitor } from "../subjects";

const operator = "kubernetes:monitoring.coreos.com";
const scrape = (spec: PlainMap) => resource(`${operator}/v1alpha1:ScrapeConfig`, "hosts", { spec });
const jobs = (...additionalScrapeConfigs: PlainMap[]) =>
  release("kube-prometheus-stack", { prometheus: { prometheusSpec: { additionalScrapeConfigs } } });
const job = (target: string, change: PlainMap = {}): PlainMap => ({
  job_name: "hosts",
  static_configs: [{ targets: [target] }],
  ...change,
});
const staticConfigs = [{ targets: ["10.0.0.1:9100", "http://10.0.0.2:9100"] }];
const pods = (endpoint: PlainMap) =>
  resource(`${operator}/v1:PodMonitor`, "cart", {
    metadata: { name: "cart", namespace: "shop" },
    spec: { selector: { matchLabels: { app: "cart" } }, podMetricsEndpoints: [endpoint] },
  });
const services = (endpoint: PlainMap) => serviceMonitor("cart", "shop", { endpoints: [endpoint] });
const found = (subject: Resource) =>
  checkTargets([subject], []).map((finding) => ("fix" in finding ? finding.fix : undefined));

describe("static targets", () => {
  for (const [name, subject] of Object.entries({
    "a ScrapeConfig": scrape({ staticConfigs }),
    "an additional job": jobs(job("https://10.0.0.1:9100")),
    "a job of an agent": release("kube-prometheus-stack", {
      prometheus: {
        agentMode: true,
        prometheusSpec: { additionalScrapeConfigs: [job("https://10.0.0.1:9100")] },
      },
    }),
    "a path": jobs(job("10.0.0.1:9100/metrics")),
    "the text of the chart prometheus": release("prometheus", {
      extraScrapeConfigs: "- job_name: a\n  static_configs: [{targets: ['http://a:80']}]\n",
    }),
    "a job of the chart prometheus": release("prometheus", {
      scrapeConfigs: { hosts: job("http://a:80") },
    }),
  })) {
    it(`must be addresses, not URLs: ${name}`, () => assert.equal(found(subject).length, 1));
  }

  for (const [name, subject] of Object.entries({
    addresses: scrape({ staticConfigs: [{ targets: ["10.0.0.1:9100"] }], scheme: "HTTPS" }),
    "a prober, which relabeling sets": jobs(
      job("https://shop.io", {
        relabel_configs: [{ source_labels: ["__address__"], target_label: "__param_target" }],
      }),
    ),
    "a prober of the operator": scrape({ staticConfigs, relabelings: [{ action: "replace" }] }),
    "a template": jobs(job("{{ .Values.host }}/x")),
    "another chart": release("shop", {
      extraScrapeConfigs: "- static_configs: [{targets: [a/b]}]",
    }),
  })) {
    it(`accept ${name}`, () => assert.deepEqual(found(subject), []));
  }
});

describe("ports of monitors", () => {
  it("are not names of digits", () => {
    assert.deepEqual(found(services({ targetPort: "8080" })), ["set targetPort: 8080"]);
    assert.deepEqual(found(pods({ port: "8080" })), ["set portNumber: 8080"]);
  });

  for (const [name, subject] of Object.entries({
    "a number": services({ targetPort: 8080 }),
    "a name": services({ targetPort: "metrics" }),
    "the number of a port of pods": pods({ portNumber: 8080 }),
    // A Service may name its port so.
    "a port of a Service": services({ port: "8080" }),
  })) {
    it(`may be ${name}`, () => assert.deepEqual(found(subject), []));
  }
});
