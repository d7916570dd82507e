import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { documentedConfig } from "../support/documentedConfig";
import { Recording } from "../support/mocks";
import { runProgram } from "../support/runProgram";
import { projectDirectory } from "../support/stackConfig";

const existing = { namespace: "observability", labels: { release: "platform" } };
const changes = {
  existingPrometheus: existing,
  prometheus: undefined,
  grafana: { externalUrl: "https://grafana.example.com" },
};
const labelsOfSelector = { release: "platform" };

describe("the program with an existing Prometheus", () => {
  let recording: Recording;
  before(async () => {
    recording = await runProgram("prod", changes);
  });

  const objects = (kind: string): any[] =>
    recording.resources.map(({ inputs }) => inputs).filter((inputs) => inputs["kind"] === kind);
  const object = (kind: string, name: string): any => {
    const match = objects(kind).find(({ metadata }) => metadata.name === name);
    assert.ok(match, `${kind} ${name} is registered`);
    return match;
  };
  const values = (release: string): any =>
    recording.resources.find(
      ({ type, name }) => type === "kubernetes:helm.sh/v3:Release" && name === release,
    )?.inputs["values"];

  it("deploys no Prometheus, Alertmanager or Grafana", () => {
    const names = recording.resources.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(
      names.filter((name) => /PrometheusStack| prometheus-/.test(name)),
      [],
    );
    assert.deepEqual(
      recording.resources
        .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
        .map(({ name }) => name)
        .sort(),
      ["datadog", "loki", "loki-alloy"],
    );
  });

  it("labels every monitor and rule as the existing Prometheus selects them", () => {
    const all = ["ServiceMonitor", "PrometheusRule"].flatMap(objects);
    assert.equal(all.length, 5);
    for (const { metadata } of all) assert.equal(metadata.labels.release, "platform");
    assert.deepEqual(values("loki").monitoring.serviceMonitor.labels, labelsOfSelector);
    assert.deepEqual(values("loki-alloy").serviceMonitor.additionalLabels, labelsOfSelector);
  });

  it("labels nothing else with it", () => {
    const others = ["ConfigMap", "Secret", "ServiceAccount", "Namespace"].flatMap(objects);
    for (const { metadata } of others) assert.equal(metadata.labels.release, undefined);
    assert.equal(values("loki").commonLabels.release, undefined);
  });

  it("creates its own namespaces only", () => {
    assert.deepEqual(
      objects("Namespace")
        .map(({ metadata }) => metadata.name)
        .sort(),
      ["monitoring", "ticketing"],
    );
  });

  it("creates the objects that the operator and Grafana read where they read them", () => {
    const namespaceOf = (kind: string, name: string) => object(kind, name).metadata.namespace;
    assert.equal(namespaceOf("Secret", "alertmanager-config"), "observability");
    assert.equal(namespaceOf("Secret", "alertmanager-slack"), "observability");
    assert.equal(namespaceOf("ConfigMap", "dashboard-services-overview"), "observability");
    assert.equal(namespaceOf("ConfigMap", "loki-data-source"), "observability");
    assert.equal(namespaceOf("PrometheusRule", "observability-platform"), "observability");
  });

  it("adds Loki to the data sources of Grafana, under the UID that the dashboards use", () => {
    const { metadata, data } = object("ConfigMap", "loki-data-source");
    assert.equal(metadata.labels.grafana_datasource, "1");
    const [source, ...others] = parse(data["loki.yaml"]).datasources;
    assert.deepEqual(others, []);
    assert.equal(source.uid, "loki");
    assert.equal(source.url, "http://loki.monitoring.svc.cluster.local:3100");
  });

  it("alerts on Loki and on the absence of the metrics of pods, and not on the Prometheus", () => {
    const { spec } = object("PrometheusRule", "observability-platform");
    const rules = spec.groups.flatMap((group: any) => group.rules);
    assert.deepEqual([...new Set(rules.map(({ alert }: any) => alert))].sort(), [
      "LogLinesDropped",
      "LokiCompactionNotRunning",
      "LokiNotIngesting",
      "LokiPanics",
      "LokiRequestErrors",
      "MonitoringDown",
    ]);
    for (const { annotations } of rules) {
      assert.match(annotations.dashboard_url, /^https:\/\/grafana\.example\.com\/d\//);
      assert.match(annotations.runbook_url, /\.md$/);
    }
  });

  it("lets the pods of the existing stack connect to Loki", () => {
    const { spec } = object("NetworkPolicy", "loki-pods");
    const namespaceOf = (name: string) =>
      spec.ingress
        .flatMap(({ from }: any) => from ?? [])
        .filter((peer: any) => peer.podSelector.matchLabels["app.kubernetes.io/name"] === name)
        .map((peer: any) => peer.namespaceSelector?.matchLabels["kubernetes.io/metadata.name"]);
    assert.deepEqual(namespaceOf("prometheus"), ["observability"]);
    assert.deepEqual(namespaceOf("grafana"), ["observability"]);
    assert.deepEqual(namespaceOf("alloy"), [undefined]);
  });

  it("says in an output what the owner of Prometheus has to do, and what is not available", () => {
    const { existingPrometheus, grafanaAdminPassword, chartVersions } = recording.stack.outputs;
    assert.equal(existingPrometheus.namespace, "observability");
    assert.equal(existingPrometheus["selected by"], "{release: platform}");
    assert.match(
      existingPrometheus.Alertmanager,
      /\{useExistingSecret: true, configSecret: alertmanager-config, secrets: \[alertmanager-slack\]\}/,
    );
    assert.match(existingPrometheus["not available"], /keep lists/);
    assert.equal(grafanaAdminPassword, "");
    assert.equal("kube-prometheus-stack" in chartVersions, false);
  });
});

describe("the program with an existing Prometheus and other settings of it", () => {
  it("labels dashboards as the sidecar of Grafana selects them", async () => {
    const grafana = {
      dashboardLabels: { dashboards: "team" },
      folderAnnotation: "k8s-sidecar/folder",
      prometheusUid: "metrics",
    };
    const { resources } = await runProgram("prod", {
      ...changes,
      existingPrometheus: { ...existing, grafana },
    });
    const dashboard: any = resources.find(
      ({ name }) => name === "dashboards-services-overview",
    )?.inputs;
    const { labels, annotations } = dashboard.metadata;
    assert.equal(labels.dashboards, "team");
    assert.equal(labels.grafana_dashboard, undefined);
    assert.deepEqual(annotations, { "k8s-sidecar/folder": "Observability" });
    assert.match(dashboard.data["dashboard-services-overview.json"], /"uid":"metrics"/);
  });

  it("creates no namespace for parts that it does not deploy", async () => {
    const { resources } = await runProgram("prod", { ...changes, loki: undefined });
    const names = resources.map(({ name }) => name);
    assert.ok(!names.includes("monitoring"));
    assert.ok(!names.includes("loki-data-source"));
    assert.ok(names.includes("platform-rules"));
  });

  it("evaluates objectives over at most the retention of the existing Prometheus", async () => {
    const rangesOf = async (retentionDays?: number) => {
      const { resources } = await runProgram("prod", {
        ...changes,
        existingPrometheus: { ...existing, ...(retentionDays && { retentionDays }) },
      });
      const rules = resources.find(({ name }) => name === "services-rules");
      return JSON.stringify(rules?.inputs["spec"]);
    };
    assert.match(await rangesOf(), /\b10d\b/);
    assert.match(await rangesOf(40), /\b30d\b/);
  });

  it("sends the alerts of Loki to the existing Alertmanager, and probes to its exporter", async () => {
    const { resources } = await runProgram("prod", {
      ...changes,
      existingPrometheus: { ...existing, prober: "blackbox.observability.svc:9115" },
      loki: { logAlerts: [{ namespace: "ticketing", service: "api" }] },
      services: [{ name: "shop", kind: "probe", probe: "https://shop.example.com/" }],
    });
    const loki: any = resources.find(
      ({ type, name }) => type === "kubernetes:helm.sh/v3:Release" && name === "loki",
    )?.inputs["values"];
    assert.equal(
      loki.loki.rulerConfig.alertmanager_url,
      "http://alertmanager-operated.observability.svc.cluster.local:9093",
    );
    const probe: any = resources.find(({ name }) => name === "services-shop-probe")?.inputs;
    assert.equal(probe.spec.prober.url, "blackbox.observability.svc:9115");
    assert.equal(probe.metadata.labels.release, "platform");
  });
});

describe("the preview of the documented stack with an existing Prometheus", () => {
  it("passes every policy of production, and lists what no policy judged", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "existing-"));
    try {
      const file = path.join(folder, "stack.yaml");
      fs.writeFileSync(file, documentedConfig());
      const args = ["--stack", "documented", "--config-file", file, "--json"];
      const preview = path.join(projectDirectory, "preview/start.cjs");
      const { status, stdout, stderr } = spawnSync(process.execPath, [preview, ...args], {
        cwd: projectDirectory,
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout + stderr);
      const { facts, policy } = JSON.parse(stdout);
      assert.deepEqual(policy.violations, []);
      assert.deepEqual(
        policy.notEvaluated.map(({ details }: any) => details.policies),
        ["prometheus-retention-covers-rules, rules-are-loaded"],
      );
      const section = facts.find(({ part }: any) => part === "Existing Prometheus");
      assert.equal(section.namespace, "observability");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
