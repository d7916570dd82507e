import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { ServerKind } from "../../../policies/facts/clusterServices";
import { unansweredAddresses } from "../../../policies/facts/unansweredAddresses";
import { judgedByThePack } from "../completePack";
import { resource } from "../subjects";

const installed = (
  chart: string,
  name: unknown,
  namespace: unknown,
  values: unknown = {},
): Resource =>
  resource(
    "kubernetes:helm.sh/v3:Release",
    `${String(name)}-${chart}`,
    { chart, name, namespace, values },
    "prod",
  );
const loki = (values: PlainMap = {}, name = "loki", namespace = "logging") =>
  installed("loki", name, namespace, { deploymentMode: "SingleBinary", ...values });
const stack = (values: PlainMap = {}, name = "prometheus") =>
  installed("kube-prometheus-stack", name, "monitoring", values);
const service = (name: string, namespace: string, port: number, spec: PlainMap = {}): Resource =>
  resource("kubernetes:core/v1:Service", name, {
    metadata: { name, namespace },
    spec: { ports: [{ port }], ...spec },
  });

const judged = (kind: ServerKind, text: string, ...resources: Resource[]) =>
  unansweredAddresses(
    [{ urn: "urn", where: "data source", kind, text, namespace: "monitoring" }],
    resources,
  );

describe("addresses of Services", () => {
  const mistakes: Record<string, [ServerKind, string, Resource[], fix: string]> = {
    "the gateway of Loki on the port of Loki": [
      "loki",
      "http://loki-gateway.logging.svc:3100",
      [loki()],
      "use port 80",
    ],
    "Loki on the port of the gateway": ["loki", "http://loki.logging", [loki()], "use port 3100"],
    "Loki behind TLS that the gateway lacks": [
      "loki",
      "https://loki-gateway.logging.svc.cluster.local",
      [loki()],
      "use port 80",
    ],
    "a port of the gateway that the values change": [
      "loki",
      "http://loki-gateway.logging.svc",
      [loki({ gateway: { service: { port: 8080 } } })],
      "use port 8080",
    ],
    "Loki in the namespace of Grafana": [
      "loki",
      "http://loki-gateway",
      [loki()],
      "use loki-gateway.logging.svc",
    ],
    "Loki in a namespace without it": [
      "loki",
      "http://loki-gateway.loki.svc.cluster.local/loki/api/v1/push",
      [loki()],
      "use loki-gateway.logging.svc",
    ],
    "a gateway that is disabled": [
      "loki",
      "http://loki-gateway.logging.svc",
      [loki({ gateway: { enabled: false } })],
      "use loki, port 3100",
    ],
    "a release with another name": [
      "loki",
      "http://loki-gateway.logging.svc",
      [loki({}, "logs")],
      "use logs-loki-gateway, port 80",
    ],
    "the name of the release alone": [
      "loki",
      "http://logs.logging.svc:3100",
      [loki({}, "logs")],
      "use logs-loki-gateway, port 80",
    ],
    "one process in a mode with several": [
      "loki",
      "http://loki.logging.svc:3100",
      [loki({ deploymentMode: "Distributed" })],
      "use loki-gateway, port 80",
    ],
    "an old name of the Service of Prometheus": [
      "prometheus",
      "http://prometheus-server.monitoring.svc",
      [stack()],
      "use prometheus-kube-prometheus-prometheus, port 9090",
    ],
    "Prometheus by a short name": [
      "prometheus",
      "http://prometheus:9090",
      [stack({}, "kube-prometheus-stack")],
      "use kube-prometheus-stack-prometheus, port 9090",
    ],
    "a name without the release": [
      "prometheus",
      "http://kube-prometheus-stack-prometheus.monitoring:9090",
      [stack()],
      "use prometheus-kube-prometheus-prometheus, port 9090",
    ],
    "the chart prometheus on the port of its pods": [
      "prometheus",
      "http://prometheus-server.monitoring.svc:9090",
      [installed("prometheus", "prometheus", "monitoring")],
      "use port 80",
    ],
    "Alertmanager on the port of Prometheus": [
      "alertmanager",
      "http://alertmanager-operated.monitoring.svc:9090",
      [stack()],
      "use port 9093",
    ],
    "an object of a Service on another port": [
      "prometheus",
      "http://thanos-query.monitoring:9090",
      [service("thanos-query", "monitoring", 10902)],
      "use port 10902",
    ],
  };
  for (const [name, [kind, text, resources, fix]] of Object.entries(mistakes)) {
    it(`finds ${name}, and the fix clears it`, () => {
      const findings = judged(kind, text, ...resources);
      assert.deepEqual(
        findings.map((finding) => "fix" in finding && finding.fix),
        [fix],
      );
      const [, host = "", port] =
        /^use (?!port)([\w.-]+)(?:, port (\d+))?$/.exec(fix) ??
        /^use (port) (\d+)$/.exec(fix) ??
        [];
      const [, old = "", path = ""] = /^https?:\/\/([^:/]+)(?::\d+)?(\/.*)?$/.exec(text) ?? [];
      const [, ...suffix] = old.split(".");
      const named = host === "port" ? old : host.includes(".") ? host : [host, ...suffix].join(".");
      const fixed = `http://${named}${port === undefined ? "" : `:${port}`}${path}`;
      assert.deepEqual(judged(kind, fixed, ...resources), [], fixed);
    });
  }

  const sound: Record<string, [ServerKind, string, Resource[]]> = {
    "the gateway of Loki": ["loki", "http://loki-gateway.logging.svc", [loki()]],
    "Loki itself": ["loki", "http://loki.logging.svc.cluster.local:3100", [loki()]],
    "the pods of Loki": ["loki", "http://loki-headless.logging:3100", [loki()]],
    "a part of Loki": [
      "loki",
      "http://loki-read.logging:3100",
      [loki({ deploymentMode: "SimpleScalable" })],
    ],
    "Loki in the mode of an older chart": [
      "loki",
      "http://loki.logging:3100",
      [loki({ deploymentMode: undefined })],
    ],
    "a release that has the name of the chart": [
      "loki",
      "http://my-loki-gateway.logging",
      [loki({}, "my-loki")],
    ],
    "a name of its own": [
      "loki",
      "http://logs-gateway.logging",
      [loki({ fullnameOverride: "logs" })],
    ],
    "a namespace of its own": [
      "loki",
      "http://loki-gateway.central",
      [loki({ namespaceOverride: "central" })],
    ],
    "a release whose name is not a valid pattern": [
      "loki",
      "http://logs-proxy.logging",
      [loki({ fullnameOverride: "logs" }, "logs(")],
    ],
    "a name from a template": [
      "loki",
      "http://loki-gateway.logging:3100",
      [loki({ fullnameOverride: "{{ .Release.Name }}" })],
    ],
    "a generated name": ["loki", "http://loki.logging", [installed("loki", undefined, "logging")]],
    "an unknown namespace": ["loki", "http://loki-gateway", [installed("loki", "loki", UNKNOWN)]],
    "unknown values": [
      "loki",
      "http://loki.logging",
      [installed("loki", "loki", "logging", UNKNOWN)],
    ],
    "a Loki of another stack": ["loki", "http://loki-gateway.loki.svc:3100", []],
    "a Loki outside the cluster": ["loki", "https://loki.internal", [loki()]],
    "an address from the environment": ["loki", "http://${LOKI_HOST}:3100", [loki()]],
    "a proxy in front of Loki": ["loki", "http://loki-auth-proxy.logging:8080", [loki()]],
    "a Service that passes on to Loki": [
      "loki",
      "http://loki-gateway:80",
      [loki(), service("loki-gateway", "monitoring", 80)],
    ],
    "a Service without an address of its own": [
      "prometheus",
      "http://prometheus-shop.monitoring:9090",
      [service("prometheus-shop", "monitoring", 80, { clusterIP: "None" })],
    ],
    "Prometheus by the operator's Service": [
      "prometheus",
      "http://prometheus-operated:9090",
      [stack()],
    ],
    "a name that the chart shortens": [
      "prometheus",
      "http://monitoring-kube-prometheus-prometheus:9090",
      [stack({}, "monitoring")],
    ],
    "another port of Prometheus": [
      "prometheus",
      "http://kube-prometheus-stack-prometheus",
      [stack({ prometheus: { service: { port: 80 } } }, "kube-prometheus-stack")],
    ],
    "the chart prometheus": [
      "prometheus",
      "http://metrics-prometheus-server.monitoring",
      [installed("prometheus", "metrics", "monitoring")],
    ],
    "Alertmanager of the chart prometheus": [
      "alertmanager",
      "metrics-alertmanager.monitoring:9093",
      [installed("prometheus", "metrics", "monitoring")],
    ],
    "Thanos next to Prometheus": ["prometheus", "http://thanos-query:10902", [stack()]],
    "a Prometheus that an object describes": [
      "prometheus",
      "http://prometheus:9090",
      [stack(), resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "shop", {})],
    ],
  };
  for (const [name, [kind, text, resources]] of Object.entries(sound)) {
    it(`leaves alone ${name}`, () => assert.deepEqual(judged(kind, text, ...resources), []));
  }

  it("leaves alone a second Loki that has the same name in another namespace", () => {
    const urls = ["http://loki-gateway.logging.svc", "http://loki-gateway.team-b.svc"];
    const addresses = urls.map((text) => ({
      urn: "urn",
      where: "data source",
      kind: "loki" as const,
      text,
      namespace: "monitoring",
    }));
    assert.deepEqual(unansweredAddresses(addresses, [loki()]), []);
  });

  const policies = async (...resources: Resource[]) =>
    (await judgedByThePack(resources))
      .filter(({ message }) => message.includes("nothing answers at the address"))
      .map(({ policy }) => policy);
  const single = loki({ loki: { auth_enabled: false } });

  it("judges data sources, collectors, and the Alertmanagers of Prometheus and Loki", async () => {
    const source = { name: "Loki", type: "loki", url: "http://loki-gateway:3100" };
    const grafana = installed("grafana", "grafana", "monitoring", {
      datasources: { "loki.yaml": { datasources: [source] } },
    });
    assert.deepEqual(await policies(single, grafana), ["grafana-provisioning"]);
    const promtail = installed("promtail", "promtail", "logging", {
      config: { clients: [{ url: "http://loki-gateway:3100/loki/api/v1/push" }] },
    });
    assert.deepEqual(await policies(single, promtail), ["loki-limits"]);
    const prometheus = installed("prometheus", "prometheus", "monitoring", {
      server: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] },
    });
    assert.deepEqual(await policies(prometheus), ["severities-delivered"]);
    const rulerConfig = { alertmanager_url: "http://prometheus-alertmanager.monitoring:80" };
    assert.deepEqual(
      await policies(
        installed("prometheus", "prometheus", "monitoring"),
        loki({ loki: { auth_enabled: false, rulerConfig } }),
      ),
      ["severities-delivered"],
    );
  });

  it("judges addresses in the namespace that the values of their client set", async () => {
    const alertmanager = installed("prometheus", "prometheus", "monitoring");
    const rulerConfig = { alertmanager_url: "http://prometheus-alertmanager:9093" };
    const ruler = loki({
      namespaceOverride: "monitoring",
      loki: { auth_enabled: false, rulerConfig },
    });
    assert.deepEqual(await policies(alertmanager, ruler), []);
    const source = { name: "Loki", type: "loki", url: "http://loki-gateway" };
    const grafana = installed("grafana", "grafana", "monitoring", {
      namespaceOverride: "logging",
      datasources: { "loki.yaml": { datasources: [source] } },
    });
    assert.deepEqual(await policies(single, grafana), []);
    const alloy = installed("alloy", "alloy", "monitoring", {
      namespaceOverride: "logging",
      alloy: {
        configMap: {
          content:
            'loki.write "default" { endpoint { url = "http://loki-gateway/loki/api/v1/push" } }',
        },
      },
    });
    assert.deepEqual(await policies(single, alloy), []);
  });
});

describe("addresses of Services of releases that other tools install", () => {
  const values = { deploymentMode: "SingleBinary" };
  const flux = (spec: PlainMap): Resource =>
    resource("kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease", "loki", {
      metadata: { name: "loki", namespace: "flux-system" },
      spec: { chart: { spec: { chart: "loki", version: "6.30.0" } }, values, ...spec },
    });
  const argo = (namespace: string): Resource =>
    resource("kubernetes:argoproj.io/v1alpha1:Application", "loki", {
      metadata: { name: "loki", namespace: "argocd" },
      spec: {
        destination: { namespace },
        source: {
          chart: "loki",
          repoURL: "https://x",
          targetRevision: "6.30.0",
          helm: { valuesObject: values },
        },
      },
    });
  const terraform = (namespace: string): Resource =>
    resource("helm:index/release:Release", "loki", {
      name: "loki",
      namespace,
      chart: "loki",
      values: [JSON.stringify(values)],
    });
  const grafana = (url: string): Resource =>
    installed("grafana", "grafana", "monitoring", {
      datasources: { "x.yaml": { datasources: [{ name: "Loki", type: "loki", url }] } },
    });
  const found = async (url: string, release: Resource) =>
    (await judgedByThePack([grafana(url), release]))
      .filter(({ policy }) => policy === "grafana-provisioning")
      .map(({ message }) => /fix: +(.*)/.exec(message)?.[1]);

  for (const [name, url, release, fix] of [
    [
      "Flux",
      "http://loki-gateway.logging.svc:3100",
      flux({ targetNamespace: "logging", releaseName: "loki" }),
      "use port 80",
    ],
    [
      "Flux without a name",
      "http://loki-gateway.logging.svc",
      flux({ targetNamespace: "logging" }),
      "use logging-loki-gateway, port 80",
    ],
    [
      "Flux in its own namespace",
      "http://loki-gateway.loki.svc",
      flux({}),
      "use loki-gateway.flux-system.svc",
    ],
    ["Argo CD", "http://loki-gateway.logging.svc:3100", argo("logging"), "use port 80"],
    ["Terraform", "http://loki.monitoring.svc:3100", terraform("logging"), "use loki.logging.svc"],
  ] as const) {
    it(`finds one of ${name}`, async () => assert.deepEqual(await found(url, release), [fix]));
  }

  for (const [name, url, release] of [
    ["Flux", "http://logging-loki-gateway.logging.svc", flux({ targetNamespace: "logging" })],
    ["Argo CD", "http://loki-gateway.logging.svc", argo("logging")],
    ["Terraform", "http://loki.logging.svc:3100", terraform("logging")],
  ] as const) {
    it(`accepts one of ${name}`, async () => assert.deepEqual(await found(url, release), []));
  }
});
