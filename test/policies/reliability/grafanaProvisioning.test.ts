import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { grafanaProvisioning } from "../../../policies/reliability/grafanaProvisioning";
import { stack } from "../platformSubjects";
import { problems, resource } from "../subjects";

const configMap = (labels: PlainMap, data: PlainMap, name = "shop") =>
  resource("kubernetes:core/v1:ConfigMap", name, {
    metadata: { name, namespace: "shop", labels },
    data,
  });
const shown = { grafana_dashboard: "1" };
const found = (values: PlainMap, ...maps: ReturnType<typeof configMap>[]) =>
  problems(grafanaProvisioning, [stack({ grafana: values }), ...maps]);

describe("policy grafana-provisioning", () => {
  it("finds data sources that are the default, in values and in ConfigMaps", () => {
    const loki = { name: "Loki", type: "loki", url: "http://loki.loki.svc", isDefault: true };
    const problem = "two data sources are the default, so Grafana does not start";
    assert.deepEqual(found({ additionalDataSources: [loki] }), [problem]);
    const labels = { grafana_datasource: "1" };
    const text = "datasources:\n  - {name: Loki, type: loki, isDefault: yes}\n";
    assert.deepEqual(found({}, configMap(labels, { "loki.yaml": text })), [problem]);
    const own = { sidecar: { datasources: { isDefaultDatasource: false } } };
    assert.deepEqual(found({ ...own, additionalDataSources: [loki] }), []);
    assert.deepEqual(found({ enabled: false, additionalDataSources: [loki] }), []);
  });

  it("finds addresses that Grafana does not reach", () => {
    const at = (url: string) => found({ additionalDataSources: [{ type: "loki", url }] });
    assert.match(at("http://localhost:3100")[0] ?? "", /the pod of Grafana itself/);
    assert.match(at("loki.loki.svc:3100")[0] ?? "", /has no scheme/);
    assert.deepEqual(at("http://loki.loki.svc:3100"), []);
    assert.deepEqual(at("${LOKI_URL}"), []);
  });

  it("finds dashboards that Grafana does not load, or whose panels stay empty", () => {
    const dashboard = '{"title": "Shop", "uid": "shop", "panels": []}';
    const load = (labels: PlainMap, text = dashboard) =>
      found({}, configMap(labels, { "shop.json": text }));
    assert.deepEqual(load(shown), []);
    assert.match(load({})[0] ?? "", /lacks the label/);
    assert.match(load({ grafana_dashboard: "true" })[0] ?? "", /lacks the label/);
    assert.match(load(shown, '{"title": "Shop", "panels": [}')[0] ?? "", /not valid JSON/);
    assert.match(load(shown, dashboard.replace("[]", '["${DS_X}"]'))[0] ?? "", /import by hand/);
  });

  it("finds two dashboards with one uid", () => {
    const text = '{"title": "Shop", "uid": "shop", "panels": []}';
    const maps = ["a", "b"].map((name) => configMap(shown, { "shop.json": text }, name));
    assert.match(found({}, ...maps)[0] ?? "", /one uid/);
  });
});
