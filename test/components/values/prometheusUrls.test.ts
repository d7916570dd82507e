import * as assert from "node:assert/strict";
import {
  alertmanagerUrl,
  grafanaUrl,
  prometheusUrl,
} from "../../../components/values/prometheusUrls";

describe("URLs of the Prometheus stack", () => {
  it("are those of the services that the release prometheus has in its namespace", () => {
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
});
