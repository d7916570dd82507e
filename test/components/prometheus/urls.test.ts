import * as assert from "node:assert/strict";
import {
  alertmanagerUrl,
  grafanaUrl,
  prometheusUrl,
  remoteWriteUrls,
  serviceNames,
} from "../../../components/prometheus/urls";

const release = { releaseName: "prometheus", namespace: "monitoring" };

describe("URLs of the Prometheus stack", () => {
  it("have the names that the charts derive from another release", () => {
    const names = (releaseName: string) => Object.values(serviceNames({ releaseName }));
    assert.deepEqual(names("team"), [
      "team-kube-prometheus-stack-prometheus",
      "team-kube-prometheus-stack-alertmanager",
      "team-grafana",
    ]);
    // The chart truncates to 26 characters and removes a final dash.
    assert.deepEqual(names("platform-metrics")[0], "platform-metrics-kube-prom-prometheus");
    assert.deepEqual(names("team-monitoring-of-shops1")[0], "team-monitoring-of-shops1-prometheus");
    assert.deepEqual(names("kube-prometheus-stack"), [
      "kube-prometheus-stack-prometheus",
      "kube-prometheus-stack-alertmanager",
      "kube-prometheus-stack-grafana",
    ]);
    assert.equal(names("grafana-team")[2], "grafana-team");
  });

  it("address the Services of the release prometheus in its namespace", () => {
    assert.equal(
      prometheusUrl(release),
      "http://prometheus-kube-prometheus-prometheus.monitoring.svc.cluster.local:9090",
    );
    assert.equal(
      alertmanagerUrl(release),
      "http://prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local:9093",
    );
    assert.equal(
      grafanaUrl({ ...release, namespace: "observe" }),
      "http://prometheus-grafana.observe.svc.cluster.local",
    );
  });

  it("address each replica for remote writes, because the Service would distribute the samples", () => {
    const pod = "prometheus-prometheus-kube-prometheus-prometheus";
    const service = "prometheus-operated.observe.svc.cluster.local";
    assert.deepEqual(remoteWriteUrls({ ...release, namespace: "observe" }, 2), [
      `http://${pod}-0.${service}:9090/api/v1/write`,
      `http://${pod}-1.${service}:9090/api/v1/write`,
    ]);
  });
});
