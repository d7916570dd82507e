import * as assert from "node:assert/strict";
import { accessCommands } from "../../stacks/accessCommands";
import { Settings, parseConfiguration } from "../../stacks/config/parseConfiguration";
import { configuration } from "../support/stackConfig";

function accessOf(changes: Record<string, unknown> = {}): Record<string, string> {
  const { settings } = parseConfiguration(configuration("prod", changes));
  return accessCommands(settings as Settings);
}

describe("accessCommands", () => {
  it("match the documentation", () => {
    assert.deepEqual(accessOf(), {
      grafana:
        "kubectl port-forward -n monitoring svc/prometheus-grafana 3000:80  # http://localhost:3000",
      prometheus:
        "kubectl port-forward -n monitoring svc/prometheus-kube-prometheus-prometheus 9090:9090  # http://localhost:9090",
      alertmanager:
        "kubectl port-forward -n monitoring svc/prometheus-kube-prometheus-alertmanager 9093:9093  # http://localhost:9093",
      loki: "kubectl port-forward -n monitoring svc/loki 3100:3100  # http://localhost:3100",
      datadog: "https://app.datadoghq.com/",
    });
  });

  it("follow the namespace", () => {
    const { grafana } = accessOf({ namespaces: { monitoring: "observe" } });
    assert.match(grafana ?? "", /^kubectl port-forward -n observe svc\/prometheus-grafana /);
  });

  it("omit Loki and Datadog if they are not deployed", () => {
    assert.ok(!("loki" in accessOf({ loki: undefined })));
    assert.ok(!("datadog" in accessOf({ datadog: undefined })));
  });

  it("contain the URL of the Datadog site", () => {
    // Sites of their own have no `app.` before their name.
    assert.equal(
      accessOf({ datadog: { site: "datadoghq.eu" } })["datadog"],
      "https://app.datadoghq.eu/",
    );
    assert.equal(
      accessOf({ datadog: { site: "us5.datadoghq.com" } })["datadog"],
      "https://us5.datadoghq.com/",
    );
  });
});
