import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";
import { configSecret } from "../platformSubjects";
import {
  Mistakes,
  base,
  grafana,
  grafanaHost,
  itJudges,
  kube,
  manifests,
  pinned,
  selectsAll,
  withValues,
} from "./subjects";

const ordersDashboard = JSON.stringify({
  title: "Orders",
  schemaVersion: 39,
  panels: [{ type: "timeseries", title: "Requests" }],
});
const dashboardJson = (uid: string, title: string): string =>
  JSON.stringify({ uid, title, schemaVersion: 39, panels: [{ type: "timeseries" }] });
const dashboardMap = (name: string, text: string): Resource =>
  kube(
    "core/v1:ConfigMap",
    name,
    { data: { [`${name}.json`]: text } },
    { labels: { grafana_dashboard: "1" } },
  );
const dashboardObject = (uid: string) =>
  kube(
    "core/v1:ConfigMap",
    "orders-dashboard",
    {
      data: {
        "orders.json": JSON.stringify({
          title: "Orders",
          uid: "orders",
          schemaVersion: 39,
          panels: [
            {
              type: "timeseries",
              datasource: { type: "prometheus", uid },
              targets: [{ expr: "up" }],
            },
          ],
        }),
      },
    },
    { labels: { grafana_dashboard: "1" } },
  );
const dataSource = (url: string, type = "loki") =>
  withValues(`grafana: {additionalDataSources: [{name: Logs, type: ${type}, url: "${url}"}]}`);

const mistakes: Mistakes = {
  "Loki as the default data source too": [
    "grafana-provisioning",
    [
      ...base(),
      ...manifests(`
apiVersion: v1
kind: ConfigMap
metadata: {name: loki-datasource, namespace: monitoring, labels: {grafana_datasource: "1"}}
data:
  loki.yaml: |
    apiVersion: 1
    datasources:
      - {name: Loki, type: loki, access: proxy, url: "http://loki-gateway.monitoring.svc", isDefault: true}
`),
    ],
  ],
  "a dashboard with a hyphen in its label": [
    "grafana-provisioning",
    [
      ...base(),
      kube(
        "core/v1:ConfigMap",
        "orders-dashboard",
        { data: { "orders.json": ordersDashboard } },
        { labels: { "grafana-dashboard": "1" } },
      ),
    ],
  ],
  "a dashboard in the namespace of the service": [
    "grafana-provisioning",
    [
      grafana({ sidecar: { dashboards: { enabled: true } } }),
      kube(
        "core/v1:ConfigMap",
        "orders-dashboard",
        { data: { "orders.json": ordersDashboard } },
        { labels: { grafana_dashboard: "1" } },
      ),
    ],
  ],
  "a data source without a scheme": [
    "grafana-provisioning",
    withValues(
      'grafana: {additionalDataSources: [{name: Loki, type: loki, uid: loki, url: "loki-gateway.loki.svc:80"}]}',
    ),
  ],
  "a copy of a dashboard with the same uid": [
    "grafana-provisioning",
    [
      ...base(),
      dashboardMap("orders", dashboardJson("orders", "Orders")),
      dashboardMap("payments", dashboardJson("orders", "Payments")),
    ],
  ],
  "a dashboard of grafana.com with ${DS_PROMETHEUS}": [
    "grafana-provisioning",
    [
      pinned(selectsAll),
      configSecret(),
      kube(
        "core/v1:ConfigMap",
        "node-exporter-full",
        {
          data: {
            "node-exporter-full.json": JSON.stringify({
              __inputs: [
                {
                  name: "DS_PROMETHEUS",
                  label: "Prometheus",
                  type: "datasource",
                  pluginId: "prometheus",
                },
              ],
              uid: "rYdddlPWk",
              title: "Node Exporter Full",
              schemaVersion: 39,
              panels: [
                {
                  type: "timeseries",
                  title: "CPU",
                  datasource: "${DS_PROMETHEUS}",
                  targets: [{ expr: "rate(node_cpu_seconds_total[5m])" }],
                },
              ],
            }),
          },
        },
        { namespace: "monitoring", labels: { grafana_dashboard: "1" } },
      ),
    ],
  ],
  "dashboards without a provider": [
    "grafana-provisioning",
    [
      grafana({
        dashboards: { default: { node: { gnetId: 1860, revision: 37, datasource: "Prometheus" } } },
      }),
    ],
  ],
  "a data source that browsers would have to reach": [
    "grafana-provisioning",
    withValues(
      `grafana: {additionalDataSources: [{name: Loki, type: loki, access: direct, url: "http://loki-gateway.monitoring.svc"}]}`,
    ),
  ],
  "the method of Loki in the address of a data source": [
    "grafana-provisioning",
    dataSource("http://loki-gateway.monitoring.svc/loki/api/v1/push"),
  ],
  "the method of Prometheus in the address of a data source": [
    "grafana-provisioning",
    dataSource("http://thanos-query.monitoring.svc:9090/api/v1/query", "prometheus"),
  ],
};

const sound: Record<string, Resource[]> = {
  "the chart with its own dashboards and rules": [pinned(), configSecret()],
  "dashboards by label, in a folder": [
    ...base(),
    kube(
      "core/v1:ConfigMap",
      "orders-dashboard",
      { data: { "orders.json": ordersDashboard } },
      { labels: { grafana_dashboard: "1" }, annotations: { grafana_folder: "Shop" } },
    ),
  ],
  "additional data sources": withValues(`
grafana:
  additionalDataSources:
    - {name: Loki, type: loki, uid: loki, url: "http://loki-gateway.loki.svc:80", jsonData: {derivedFields: [{name: trace, matcherRegex: "traceID=(\\\\w+)", url: "$\${__value.raw}", datasourceUid: tempo}]}}
    - {name: Tempo, type: tempo, uid: tempo, url: "http://tempo.tempo.svc:3200", isDefault: false}
`),
  "Mimir as the default data source": withValues(
    'grafana:\n  sidecar: {datasources: {isDefaultDatasource: false}}\n  additionalDataSources:\n    - {name: Mimir, type: prometheus, uid: mimir, url: "http://mimir-gateway.mimir.svc/prometheus", isDefault: true, jsonData: {httpHeaderName1: X-Scope-OrgID}, secureJsonData: {httpHeaderValue1: shop}}\n',
  ),
  "a dashboard for each service": [
    ...base(),
    dashboardMap("orders", dashboardJson("orders", "Orders")),
    dashboardMap("payments", dashboardJson("payments", "Payments")),
    kube("core/v1:ConfigMap", "runbooks", { data: { "orders.md": stringify({ a: "b" }) } }),
  ],
  "dashboards of grafana.com by number": [
    grafana({
      ...grafanaHost,
      datasources: {
        "datasources.yaml": {
          apiVersion: 1,
          datasources: [
            {
              name: "Prometheus",
              uid: "prometheus",
              type: "prometheus",
              url: "http://prometheus-operated.monitoring.svc:9090",
              access: "proxy",
              isDefault: true,
            },
          ],
        },
      },
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            {
              name: "default",
              orgId: 1,
              folder: "",
              type: "file",
              disableDeletion: false,
              editable: true,
              options: { path: "/var/lib/grafana/dashboards/default" },
            },
          ],
        },
      },
      dashboards: {
        default: {
          "node-exporter": { gnetId: 1860, revision: 37, datasource: "Prometheus" },
          certs: {
            gnetId: 20842,
            revision: 3,
            datasource: [{ name: "DS_PROMETHEUS", value: "Prometheus" }],
          },
        },
      },
    }),
  ],
  "dashboards of the operator of Grafana": [
    ...base(),
    ...manifests(`
apiVersion: grafana.integreatly.org/v1beta1
kind: Grafana
metadata: {name: main, namespace: monitoring, labels: {dashboards: main}}
spec:
  config:
    auth: {disable_login_form: "true"}
    auth.generic_oauth: {enabled: "true", name: Okta, client_id: "\${OKTA_CLIENT_ID}", client_secret: "\${OKTA_CLIENT_SECRET}", scopes: "openid profile email groups", role_attribute_path: "contains(groups[*], 'platform') && 'Admin' || 'Viewer'"}
---
apiVersion: grafana.integreatly.org/v1beta1
kind: GrafanaDatasource
metadata: {name: prometheus, namespace: monitoring}
spec: {instanceSelector: {matchLabels: {dashboards: main}}, datasource: {name: Prometheus, uid: prometheus, type: prometheus, access: proxy, url: "http://prometheus-operated.monitoring.svc:9090", isDefault: true}}
---
apiVersion: grafana.integreatly.org/v1beta1
kind: GrafanaDashboard
metadata: {name: orders, namespace: shop}
spec: {instanceSelector: {matchLabels: {dashboards: main}}, allowCrossNamespaceImport: true, datasources: [{inputName: DS_PROMETHEUS, datasourceName: Prometheus}], grafanaCom: {id: 1860, revision: 37}}
`),
  ],
  "dashboards with their provider": [
    grafana({
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            {
              name: "default",
              type: "file",
              options: { path: "/var/lib/grafana/dashboards/default" },
            },
          ],
        },
      },
      dashboards: { default: { node: { gnetId: 1860, revision: 37, datasource: "Prometheus" } } },
    }),
  ],
  "a dashboard of the Prometheus of the stack": [
    pinned(),
    configSecret(),
    dashboardObject("prometheus"),
  ],
  "two more data sources": withValues(
    `grafana: {additionalDataSources: [{name: Loki, uid: loki, type: loki, access: proxy, url: "http://loki-gateway.monitoring.svc"}, {name: Tempo, uid: tempo, type: tempo, access: proxy, url: "http://tempo.monitoring.svc:3200"}]}`,
  ),
  "a dashboard of grafana.com with a data source of its own": [
    grafana({
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            { name: "default", type: "file", options: { path: "/var/lib/grafana/dashboards/" } },
          ],
        },
      },
      dashboards: { default: { k8s: { gnetId: 15757, revision: 43 } } },
    }),
  ],
  "a data source below a path": dataSource("https://mimir.acme.io/prometheus", "prometheus"),
};

describe("data sources and dashboards of Grafana", () => {
  itJudges(mistakes, sound);
});
