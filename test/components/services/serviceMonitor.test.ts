import * as assert from "node:assert/strict";
import {
  type MonitoredServicesSettings,
  type ServiceSettings,
  servicesSettings,
} from "../../../components/services/settings/settings";
import { monitorKind, monitorSpec } from "../../../components/services/serviceMonitor";

function specFor(service: object, alerts: object = {}): any {
  const settings = allSettings(service, alerts);
  assert.ok(settings.services[0]);
  return monitorSpec(settings.services[0], settings);
}

function settingsOf(service: object): ServiceSettings {
  const [settings] = allSettings(service, {}).services;
  assert.ok(settings);
  return settings;
}

function allSettings(service: object, alerts: object): MonitoredServicesSettings {
  const { settings, problems } = servicesSettings({
    namespace: "ticketing",
    services: [{ name: "auth-service", ...service }],
    alerts,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return settings;
}

describe("the monitor of a service", () => {
  it("scrapes /metrics on the port metrics of the Service with the label app", () => {
    const { selector, endpoints } = specFor({});
    assert.deepEqual(selector, { matchLabels: { app: "auth-service" } });
    assert.equal(endpoints.length, 1);
    assert.equal(endpoints[0].port, "metrics");
    assert.equal(endpoints[0].path, "/metrics");
  });

  it("uses the port, path and selector of the service", () => {
    const selector = { "app.kubernetes.io/name": "auth" };
    const spec = specFor({ selector, port: "http", path: "/internal/metrics" });
    assert.deepEqual(spec.selector, { matchLabels: selector });
    assert.equal(spec.endpoints[0].port, "http");
    assert.equal(spec.endpoints[0].path, "/internal/metrics");
  });

  it("selects the port of the container by its number", () => {
    const [endpoint] = specFor({ portNumber: 8443 }).endpoints;
    assert.equal(endpoint.targetPort, 8443);
    assert.ok(!("port" in endpoint));
    const [ofPods] = specFor({ kind: "pods", portNumber: 8443 }).podMetricsEndpoints;
    assert.equal(ofPods.portNumber, 8443);
    assert.ok(!("port" in ofPods) && !("targetPort" in ofPods));
  });

  it("scrapes over HTTP without credentials, unless the service requires others", () => {
    const [endpoint] = specFor({}).endpoints;
    for (const field of ["scheme", "tlsConfig", "authorization"]) assert.ok(!(field in endpoint));
  });

  it("verifies the certificate of the service, with its own authority if it has one", () => {
    const serverName = "auth.ticketing.svc";
    const caSecret = { name: "auth-tls", key: "ca.crt" };
    const [endpoint] = specFor({ https: { serverName } }).endpoints;
    assert.equal(endpoint.scheme, "https");
    assert.deepEqual(endpoint.tlsConfig, { serverName });
    const [internal] = specFor({ https: { serverName, caSecret } }).endpoints;
    assert.deepEqual(internal.tlsConfig, { serverName, ca: { secret: caSecret } });
  });

  it("reads the token of a service from its Secret", () => {
    const secret = { name: "auth-metrics", key: "token" };
    const [endpoint] = specFor({ authorization: { secret } }).endpoints;
    assert.deepEqual(endpoint.authorization, { type: "Bearer", credentials: secret });
  });

  it("uses the scrape interval of Prometheus, unless the service sets one", () => {
    assert.ok(!("interval" in specFor({}).endpoints[0]));
    assert.equal(specFor({ scrapeIntervalSeconds: 15 }).endpoints[0].interval, "15s");
  });

  it("limits what one scrape may cost, if the service says so", () => {
    const limitsOf = ({ sampleLimit, labelLimit, labelValueLengthLimit }: any) => ({
      sampleLimit,
      labelLimit,
      labelValueLengthLimit,
    });
    const scrapeLimits = { samples: 5000, labels: 30, labelValueCharacters: 200 };
    const expected = { sampleLimit: 5000, labelLimit: 30, labelValueLengthLimit: 200 };
    assert.deepEqual(limitsOf(specFor({ scrapeLimits })), expected);
    assert.deepEqual(limitsOf(specFor({ scrapeLimits, kind: "pods" })), expected);
    assert.deepEqual(Object.keys(specFor({})), ["selector", "endpoints"]);
  });

  it("scrapes native histograms with bounded buckets, if the service or all services have them", () => {
    const native = { scrapeNativeHistograms: true, nativeHistogramBucketLimit: 160 };
    const of = ({ scrapeNativeHistograms, nativeHistogramBucketLimit }: any) => ({
      scrapeNativeHistograms,
      nativeHistogramBucketLimit,
    });
    const metrics = { nativeHistograms: true };
    assert.deepEqual(of(specFor({ metrics })), native);
    assert.deepEqual(of(specFor({ metrics, kind: "pods" })), native);
    assert.deepEqual(of(specFor({}, { metrics })), native);
    const classic = specFor({ metrics: { nativeHistograms: false } }, { metrics });
    assert.deepEqual(Object.keys(classic), ["selector", "endpoints"]);
  });

  it("sets the label service of the series to the configured name", () => {
    const { relabelings } = specFor({}).endpoints[0];
    assert.deepEqual(relabelings[0], { targetLabel: "service", replacement: "auth-service" });
  });

  it("sets the label version of the series to the version of their pod", () => {
    const { relabelings } = specFor({}).endpoints[0];
    assert.deepEqual(
      relabelings.map(({ targetLabel }: { targetLabel: string }) => targetLabel),
      ["service", "version"],
    );
    assert.deepEqual(relabelings[1].sourceLabels, [
      "__meta_kubernetes_pod_label_tags_datadoghq_com_version",
      "__meta_kubernetes_pod_label_app_kubernetes_io_version",
    ]);
  });

  it("selects only Services in its namespace", () => {
    assert.ok(!("namespaceSelector" in specFor({})));
  });

  it("is a PodMonitor with the same endpoint for pods without a Service", () => {
    const worker = { kind: "pods", port: "http", path: "/internal/metrics" };
    assert.equal(monitorKind(settingsOf({})), "ServiceMonitor");
    assert.equal(monitorKind(settingsOf(worker)), "PodMonitor");
    const { endpoints, ...service } = specFor({ ...worker, kind: "service" });
    assert.deepEqual(specFor(worker), { ...service, podMetricsEndpoints: endpoints });
  });
});
