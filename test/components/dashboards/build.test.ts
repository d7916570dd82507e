import * as assert from "node:assert/strict";
import type { LRParser } from "@lezer/lr";
import { alertPanelPath, dashboardVariables, linkedPanels } from "../../../components/alerting/dashboardLinks";
import { buildDashboards } from "../../../components/dashboards";
import { dashboardJson } from "../../../components/dashboards/build";
import { isPromql, nodes } from "../alerting/promql";
import { GrafanaPanel, modelsOf, panelsOf, servicesInAllLanguages, settingsOf } from "./grafanaModels";

const everything = { services: [servicesInAllLanguages], logCollector: "alloy" };
const models = modelsOf(everything);

/** A query as the data source gets it, after Grafana has replaced its variables. */
function interpolated(query: string): string {
  return query
    .replaceAll(/\$__(rate_interval|auto)/g, "5m")
    .replaceAll(/\$\{?\w+\}?/g, "x");
}

function isLogql(expr: string): boolean {
  // The package declares types for ES modules only.
  const { parser } = require("@grafana/lezer-logql") as { parser: LRParser };
  let valid = true;
  parser.parse(expr).iterate({ enter: ({ type }) => void (valid &&= !type.isError) });
  return valid;
}

function queriesOf({ datasource, targets = [] }: GrafanaPanel): { type: string; expr: string }[] {
  return targets.map(({ expr }) => ({ type: datasource.type, expr }));
}

describe("the dashboards of this library", () => {
  it("have unique UIDs and titles, and are smaller than a ConfigMap", () => {
    for (const key of ["uid", "title"] as const) {
      assert.equal(new Set(models.map((model) => model[key])).size, models.length);
    }
    for (const [uid, json] of dashboardJson(settingsOf(everything))) {
      assert.ok(Buffer.byteLength(json) < 1_000_000, uid);
    }
  });

  it("stay smaller than a ConfigMap with 1,000 services that all have their own thresholds", () => {
    const services = Array.from({ length: 1000 }, (_, index) => ({
      name: `service-with-a-long-name-${index}`,
      alerts: { p99LatencyMs: 500 + index },
    }));
    const args = { services: [{ ...servicesInAllLanguages, services }], logCollector: "alloy" };
    for (const [uid, json] of dashboardJson(settingsOf(args))) {
      assert.ok(Buffer.byteLength(json) < 1_000_000, uid);
    }
  });

  it("read each service under its own names of metrics", () => {
    const metrics = {
      httpRequests: "proxy_responses_total",
      httpStatusLabel: "response_code",
      redisDuration: "cache_call_seconds",
    };
    const queriesWith = (services: object[]) => {
      const built = modelsOf({ services });
      const detail = built.find(({ uid }) => uid === "service-detail");
      assert.ok(detail !== undefined);
      return panelsOf(detail).flatMap((panel) => queriesOf(panel).map(({ expr }) => expr));
    };
    const shop = { namespace: "shop", services: [{ name: "image", metrics }, { name: "usual" }] };
    const other = { namespace: "other", services: [{ name: "image" }] };
    const usual = queriesWith([{ ...shop, services: [{ name: "image" }, { name: "usual" }] }, other]);
    const requests = (metric: string, matchers: string, label: string) =>
      `sum by (${label}) (rate(${metric}{${matchers}namespace="$namespace", service="$service"}[$__rate_interval]))`;
    assert.ok(usual.includes(requests("http_requests_total", "", "status")));
    const queries = queriesWith([shop, other]);
    for (const query of [
      requests("http_requests_total", 'namespace="shop", service!="image", ', "status"),
      requests("proxy_responses_total", 'namespace="shop", service="image", ', "response_code"),
      requests("http_requests_total", 'namespace="other", ', "status"),
    ]) {
      assert.ok(queries.includes(query), query);
    }
    // Other queries than those of requests and Redis, with its threshold of 0.05 s, stay the same.
    const changed = queries.filter((query) => !usual.includes(query));
    assert.deepEqual(changed.filter((query) => !/http_requests_total|proxy_|redis_c|cache_|\+ 0\.05$/.test(query)), []);
  });

  it("are in the table of links, with the variables that links set", () => {
    assert.deepEqual(
      Object.fromEntries(
        models.map(({ uid, templating }) => [uid, templating.list.map(({ name }) => name)]),
      ),
      dashboardVariables,
    );
  });

  it("have a panel for each alert", () => {
    const panels = new Set(
      models.flatMap((model) => panelsOf(model).map(({ id }) => `${model.uid} ${id}`)),
    );
    for (const [name, { dashboard, id }] of Object.entries(linkedPanels)) {
      assert.ok(panels.has(`${dashboard} ${id}`), name);
    }
  });

  for (const model of models) {
    describe(model.uid, () => {
      it("has queries that parse", () => {
        for (const panel of panelsOf(model)) {
          assert.ok(panel.targets?.length, panel.title);
          for (const { type, expr } of queriesOf(panel)) {
            const isValid = type === "loki" ? isLogql : isPromql;
            assert.ok(isValid(interpolated(expr)), expr);
          }
        }
        for (const { query } of model.templating.list) {
          const [, series = ""] = /^label_values\((.+), \w+\)$/s.exec(query.query) ?? [];
          assert.ok(isPromql(interpolated(series)), query.query);
        }
        for (const { expr } of model.annotations?.list ?? []) {
          assert.ok(isPromql(interpolated(expr)), expr);
        }
      });

      it("has panels with a unique ID, a title and a unit", () => {
        const ids = model.panels.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        for (const { title, type, fieldConfig } of panelsOf(model)) {
          assert.ok(title !== "");
          if (type !== "logs") assert.ok(fieldConfig?.defaults.unit, title);
        }
      });

      it("uses $__rate_interval, or says why a panel has another window", () => {
        for (const panel of panelsOf(model)) {
          for (const { expr } of queriesOf(panel)) {
            if (/\[\d+[smhd]\]/.test(expr)) assert.ok(panel.description, `${panel.title}: ${expr}`);
          }
        }
      });

      it("uses only variables that it defines, and each of them", () => {
        const defined = model.templating.list.map(({ name }) => name);
        const used = new Set(
          [...JSON.stringify(model).matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name),
        );
        assert.deepEqual([...used].sort(), [...defined].sort());
      });

      it("has no overlapping panels", () => {
        const cells = model.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
          Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
        );
        assert.equal(new Set(cells).size, cells.length);
        for (const { title, gridPos } of model.panels) assert.ok(gridPos.x + gridPos.w <= 24, title);
      });
    });
  }

  it("query the series that the names of metrics in the settings select", () => {
    const metrics = { httpRequests: "app_calls_total", containerSelector: 'job="cadvisor"' };
    const text = JSON.stringify(
      modelsOf({ services: [{ ...servicesInAllLanguages, alerts: { metrics } }] }),
    );
    assert.ok(text.includes("app_calls_total"));
    assert.ok(!text.includes("http_requests_total"));
    assert.ok(text.includes('job=\\"cadvisor\\"'));
  });

  it("query native histograms of the services that have them", () => {
    const [first, ...others] = servicesInAllLanguages.services;
    const native = { ...first, metrics: { nativeHistograms: true } };
    const services = [{ ...servicesInAllLanguages, services: [native, ...others] }];
    const detail = modelsOf({ services }).find(({ uid }) => uid === "service-detail");
    const latency = detail && panelsOf(detail).find(({ title }) => title === "Latency");
    const exprs = (latency?.targets ?? []).map(({ expr }) => expr).filter((expr) => expr.includes("quantile(0.99"));
    const of = 'namespace="$namespace", service="$service"}[$__rate_interval])))';
    const inTicketing = 'namespace="ticketing", service';
    assert.deepEqual(
      exprs,
      ["http_request_duration_seconds", "grpc_server_handling_seconds"].flatMap((name) => [
        `histogram_quantile(0.99, sum by (le) (rate(${name}_bucket{${inTicketing}!="inventory-service", ${of}`,
        `histogram_quantile(0.99, sum (rate(${name}{${inTicketing}="inventory-service", ${of}`,
      ]),
    );
  });

  it("draw the threshold of each service's alert", () => {
    const service = models.find(({ uid }) => uid === "service-detail");
    const latency = service && panelsOf(service).find(({ title }) => title === "Latency");
    const line = latency?.targets?.find(({ legendFormat }) => legendFormat === "alert threshold");
    assert.match(line?.expr ?? "", /service!="auth-service".*\+ 0\.5\nor\n.*service="auth-service".*\+ 0\.4$/s);
  });

  it("show the services and thresholds of several namespaces", () => {
    const payments = { namespace: "payments", services: [{ name: "billing", language: "go" }] };
    const alerts = { errorRatePercent: 1 };
    const services = [servicesInAllLanguages, { ...payments, alerts }];
    const detail = modelsOf({ services }).find(({ uid }) => uid === "service-detail");
    const errors = detail && panelsOf(detail).findLast(({ title }) => title === "Failing requests");
    const line = errors?.targets?.find(({ legendFormat }) => legendFormat === "alert threshold");
    assert.match(line?.expr ?? "", /namespace="ticketing".*\+ 0\.05\nor\n.*namespace="payments".*\+ 0\.01$/s);
  });

  it("show the runtimes of the languages that the services use", () => {
    const metricsOf = (language: string) =>
      modelsOf({
        services: [{ ...servicesInAllLanguages, services: [{ name: "a", language }] }],
      }).flatMap((model) =>
        panelsOf(model).flatMap(({ targets = [] }) =>
          targets.flatMap(({ expr }) => nodes(interpolated(expr), "Identifier")),
        ),
      );
    const prefixes = { go: "go_", java: "jvm_", node: "nodejs_" };
    for (const [language, prefix] of Object.entries(prefixes)) {
      for (const other of [...Object.keys(prefixes), "python", "other"]) {
        const uses = metricsOf(other).some((name) => name.startsWith(prefix));
        assert.equal(uses, other === language, `${prefix} for ${other}`);
      }
    }
  });

  it("show nothing of parts that are not deployed", () => {
    assert.deepEqual(
      modelsOf({}).map(({ uid }) => uid),
      ["kubernetes-cluster", "kubernetes-nodes", "kubernetes-pods", "prometheus-health", "alert-delivery"],
    );
    const services = { ...servicesInAllLanguages, services: [{ name: "a" }] };
    const withoutLogs = modelsOf({ services: [services] });
    assert.ok(!withoutLogs.some(({ uid }) => ["loki-health", "service-jobs", "service-objectives"].includes(uid)));
    assert.ok(!JSON.stringify(withoutLogs).includes('"type":"loki"'));
  });
});

describe("buildDashboards", () => {
  it("queries the data sources of another Grafana", () => {
    const built = buildDashboards({
      ...everything,
      prometheusUid: "metrics",
      lokiUid: "logs",
    } as Parameters<typeof buildDashboards>[0]);
    const sources = new Set(
      built.flatMap(({ json }) => [...json.matchAll(/"datasource":\{[^}]*"uid":"([^"]*)"/g)].map(([, uid]) => uid)),
    );
    assert.deepEqual([...sources].sort(), ["logs", "metrics"]);
  });

  it("throws one error with every problem", () => {
    assert.throws(
      () => buildDashboards({ prometheusUid: "", lokiUid: "a b" }),
      /prometheusUid.*\n.*\n.*lokiUid/,
    );
  });
});

describe("the link of an alert", () => {
  it("opens the panel that shows it, for the service or pod of the alert", () => {
    assert.equal(
      alertPanelPath("HighErrorRate"),
      "/d/service-detail?var-namespace={{ $labels.namespace | urlquery }}&var-service={{ $labels.service | urlquery }}&viewPanel=panel-2",
    );
    assert.match(alertPanelPath("HighMemory"), /^\/d\/kubernetes-pods\?.*var-pod=\{\{ \$labels\.pod /);
  });

  it("requires an entry in the table", () => {
    assert.throws(() => alertPanelPath("NewAlert"), /no panel in linkedPanels shows the alert NewAlert/);
  });
});
