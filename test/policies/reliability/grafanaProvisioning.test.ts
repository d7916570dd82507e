import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { grafanaProvisioning } from "../../../policies/reliability/grafanaProvisioning";
import { stack, configSecret } from "../platformSubjects";
import { problems, resource } from "../subjects";
import { bucketParts, grafana, itJudges, loki, manifests, pinned } from "../stacks/subjects";

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
    const problem = "two data sources are marked as the default, so Grafana does not start";
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
    assert.match(at("http://localhost:3100")[0] ?? "", /Grafana's own pod/);
    assert.match(at("http://127.0.1.1:3100")[0] ?? "", /Grafana's own pod/);
    assert.match(at("loki.loki.svc:3100")[0] ?? "", /has no scheme/);
    assert.deepEqual(at("http://loki.loki.svc:3100"), []);
    assert.deepEqual(at("${LOKI_URL}"), []);
  });

  it("finds dashboards that Grafana does not load, or whose panels stay empty", () => {
    const dashboard = '{"title": "Shop", "uid": "shop", "panels": []}';
    const load = (labels: PlainMap, text = dashboard) =>
      found({}, configMap(labels, { "shop.json": text }));
    assert.deepEqual(load(shown), []);
    assert.match(load({})[0] ?? "", /does not have the sidecar's label/);
    assert.match(load({ grafana_dashboard: "true" })[0] ?? "", /does not have the sidecar's label/);
    assert.match(load(shown, '{"title": "Shop", "panels": [}')[0] ?? "", /not valid JSON/);
    assert.match(load(shown, dashboard.replace("[]", '["${DS_X}"]'))[0] ?? "", /manual import/);
  });

  it("finds two dashboards with one uid", () => {
    const text = '{"title": "Shop", "uid": "shop", "panels": []}';
    const maps = ["a", "b"].map((name) => configMap(shown, { "shop.json": text }, name));
    assert.match(found({}, ...maps)[0] ?? "", /the same uid/);
  });
});

describe("contact points, and data sources of another Grafana", () => {
  const notifying = (receiver: string, nested = receiver) => [
    grafana({
      envFromSecret: "grafana-alerting",
      alerting: {
        "contactpoints.yaml": {
          contactPoints: [
            { name: "slack", receivers: [{ type: "slack", settings: { url: "$SLACK_WEBHOOK" } }] },
          ],
        },
        "policies.yaml": { policies: [{ receiver, routes: [{ receiver: nested }] }] },
      },
    }),
  ];
  const reading = (uid: string, values: PlainMap = {}) => [
    pinned(values),
    configSecret(),
    configMap(shown, {
      "orders.json": JSON.stringify({
        title: "Orders",
        panels: [{ datasource: { type: "prometheus", uid } }],
        templating: { list: [{ name: "datasource", type: "datasource" }] },
      }),
    }),
  ];
  const ofPrometheus = "PBFA97CFB590B2093";
  const ofAlertmanager = "P7647F508D5F54FCB";
  const grafanaValues = (value: PlainMap) => ({ grafana: value });

  itJudges(
    {
      "a contact point that is missing": ["grafana-provisioning", notifying("slack-oncall")],
      "one that is missing below": ["grafana-provisioning", notifying("slack", "oncall")],
      "the uid of Prometheus in another Grafana": ["grafana-provisioning", reading(ofPrometheus)],
      "the uid of Alertmanager in another Grafana": [
        "grafana-provisioning",
        reading(ofAlertmanager),
      ],
    },
    {
      "a contact point that exists": notifying("slack"),
      "the contact point of Grafana itself": notifying("grafana-default-email"),
      "the uid of the chart": reading("prometheus"),
      "a variable": reading("${datasource}"),
      "a uid that a data source states": reading(
        ofPrometheus,
        grafanaValues({
          additionalDataSources: [
            { name: "Thanos", type: "prometheus", uid: ofPrometheus, url: "http://thanos-query" },
          ],
        }),
      ),
      "the computed uid of a data source without one": reading(
        ofPrometheus,
        grafanaValues({
          sidecar: { datasources: { defaultDatasourceEnabled: false } },
          additionalDataSources: [{ name: "Prometheus", type: "prometheus", url: "http://thanos" }],
        }),
      ),
    },
  );
});

describe("a data source of the operator of Grafana", () => {
  const source = (url: string) => [
    loki(),
    ...bucketParts({}),
    ...manifests(`
apiVersion: grafana.integreatly.org/v1beta1
kind: GrafanaDatasource
metadata: {name: loki, namespace: monitoring}
spec: {datasource: {name: Loki, type: loki, access: proxy, url: "${url}"}}
`),
  ];
  itJudges(
    {
      "another port": ["grafana-provisioning", source("http://loki-gateway.monitoring.svc:3100")],
      "another namespace": ["grafana-provisioning", source("http://loki-gateway.logging.svc")],
    },
    { "the gateway of Loki": source("http://loki-gateway.monitoring.svc") },
  );
});
