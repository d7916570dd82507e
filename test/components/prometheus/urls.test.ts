import * as assert from "node:assert/strict";
import {
  alertmanagerUrl,
  grafanaUrl,
  prometheusUrl,
  remoteWriteUrls,
} from "../../../components/prometheus/urls";

describe("URLs of the Prometheus stack", () => {
  it("address the Services of the release prometheus in its namespace", () => {
    assert.equal(
      prometheusUrl("monitoring"),
      "http://prometheus-kube-prometheus-prometheus.monitoring.svc.cluster.local:9090",
    );
    assert.equal(
      alertmanagerUrl("monitoring"),
      "http://prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local:9093",
    );
    assert.equal(grafanaUrl("observe"), "http://prometheus-grafana.observe.svc.cluster.local");
  });

  it("address each replica for remote writes, because the Service would distribute the samples", () => {
    const pod = "prometheus-prometheus-kube-prometheus-prometheus";
    const service = "prometheus-operated.observe.svc.cluster.local";
    assert.deepEqual(remoteWriteUrls("observe", 2), [
      `http://${pod}-0.${service}:9090/api/v1/write`,
      `http://${pod}-1.${service}:9090/api/v1/write`,
    ]);
  });
});
