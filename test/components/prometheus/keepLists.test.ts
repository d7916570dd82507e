import * as assert from "node:assert/strict";
import { dashboardModels } from "../../../components/dashboards/build";
import { expressionsOf, metricsReadByGrafana } from "../../../components/dashboards/expressions";
import { chartMetrics, chartRelabelings } from "../../../components/prometheus/chartMetrics.json";
import {
  keepListValues,
  metricsUsed,
  unreadDashboards,
} from "../../../components/prometheus/keepLists";
import { platformAlerts } from "../../../components/prometheus/platformAlerts";
import { prometheusSettings } from "../../../components/prometheus/settings";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings/settings";
import { at } from "../../../policies/facts/plain";
import { anchoredPattern } from "../../../policies/shared/matcher";
import { metricsRead } from "../../../policies/shared/metricsRead";
import { scrapeTargets, targetsWith } from "../../../policies/shared/scrapeTargets";
import { servicesInAllLanguages, settingsOf } from "../dashboards/grafanaModels";

interface Relabeling {
  action: string;
  sourceLabels: string[];
  regex: string;
}

const nothing = { dashboards: [], values: undefined };

function settingsWith(args: object = {}) {
  const identity = { cluster: "shop", environment: "prod" };
  const { settings } = prometheusSettings({ ...identity, metrics: { keep: "used" }, ...args });
  assert.ok(settings);
  return settings;
}

function relabelingsOf(target: string, args: object = {}, queries: object = {}): Relabeling[] {
  const values = keepListValues(settingsWith(args), { ...nothing, ...queries });
  const { relabelings } = scrapeTargets.find(({ name }) => name === target)!;
  return (at(values, ...relabelings) ?? []) as Relabeling[];
}

/** Whether a target still has a metric, for its own relabelings. */
function keeps(target: string, metric: string, args?: object, queries?: object): boolean {
  const list = relabelingsOf(target, args, queries).at(-1)!;
  return anchoredPattern(list.regex)!.test(metric);
}

/** The metrics of expressions that no target which may expose them keeps. */
function dropped(metrics: string[]): string[] {
  const patterns = new Map(
    scrapeTargets.map(({ name }) => [name, anchoredPattern(relabelingsOf(name).at(-1)!.regex)!]),
  );
  const written = /:|^(up|ALERTS(_FOR_STATE)?|scrape_\w+)$/;
  return [...new Set(metrics)].filter(
    (metric) =>
      !written.test(metric) &&
      !targetsWith(metric).every(({ name }) => patterns.get(name)!.test(metric)),
  );
}

const { settings: services } = servicesSettings(servicesInAllLanguages);

describe("keep lists", () => {
  it("contain each metric that a rule reads", () => {
    const options = { namespace: "ops", releaseName: "p", loki: true, clusterMonitoring: true };
    const groups = [...platformAlerts(options), ...serviceAlerts(services!, "services")];
    const metrics = groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => metricsRead(expr)));
    assert.ok(new Set(metrics).size > 60, String(new Set(metrics).size));
    assert.deepEqual(dropped(metrics), []);
  });

  for (const logCollector of ["alloy", "promtail"]) {
    it(`contain each metric that a dashboard reads, with ${logCollector}`, () => {
      const models = dashboardModels(
        settingsOf({ services: [servicesInAllLanguages], logCollector }),
      );
      const metrics = models.flatMap(expressionsOf).flatMap(metricsReadByGrafana);
      assert.ok(new Set(metrics).size > 90, String(new Set(metrics).size));
      // The collector is not a target of the chart of Prometheus.
      assert.deepEqual(
        dropped(metrics).filter((metric) => !/^promtail_/.test(metric)),
        [],
      );
    });
  }

  it("contain each metric that the rules and dashboards of the chart read", () => {
    assert.ok(chartMetrics.length > 200);
    assert.deepEqual(dropped(chartMetrics), []);
  });

  for (const target of scrapeTargets.map(({ name }) => name)) {
    it(`drop what nothing reads, of ${target}`, () => {
      const list = relabelingsOf(target).at(-1)!;
      assert.equal(list.action, "keep");
      assert.deepEqual(list.sourceLabels, ["__name__"]);
      for (const unread of [
        "http_requests_in_flight",
        "kube_pod_tolerations",
        "node_cooling_device",
      ]) {
        assert.equal(anchoredPattern(list.regex)!.test(unread), false, unread);
      }
    });
  }

  it("follow the relabelings that the chart has for the target", () => {
    const recorded = Object.entries(chartRelabelings);
    assert.equal(recorded.length, 3);
    for (const [path, relabelings] of recorded) {
      const target = scrapeTargets.find((each) => each.relabelings.join(".") === path)!;
      assert.deepEqual(relabelingsOf(target.name).slice(0, -1), relabelings);
    }
    assert.equal(relabelingsOf("node-exporter").length, 1);
  });

  it("contain series that nothing scrapes in no case", () => {
    const used = metricsUsed(settingsWith(), nothing);
    assert.deepEqual(
      used.filter((metric) => /^(up|ALERTS.*|scrape_.*|[^(]*:.*|\.[*+])$/.test(metric)),
      [],
    );
  });

  it("contain what a dashboard of the caller reads", () => {
    const targets = [{ expr: "rate(node_softnet_dropped_total[$__rate_interval])" }];
    const dashboards = [JSON.stringify({ title: "Network", panels: [{ targets }] })];
    assert.equal(keeps("node-exporter", "node_softnet_dropped_total"), false);
    assert.equal(keeps("node-exporter", "node_softnet_dropped_total", {}, { dashboards }), true);
  });

  it("contain what rules and dashboards in the values of the caller read", () => {
    const rules = [{ alert: "A", expr: "kube_pod_created > 1" }];
    const json = JSON.stringify({ panels: [{ targets: [{ expr: "kube_pod_start_time" }] }] });
    const values = {
      additionalPrometheusRulesMap: { own: { groups: [{ name: "own", rules }] } },
      grafana: { dashboards: { own: { pods: { json } } } },
    };
    for (const metric of ["kube_pod_created", "kube_pod_start_time"]) {
      assert.equal(keeps("kube-state-metrics", metric), false);
      assert.equal(keeps("kube-state-metrics", metric, {}, { values }), true);
    }
  });

  it("ignore text in the values of the caller that is not a dashboard", () => {
    const values = { grafana: { dashboards: { own: { pods: { json: "$file" } } } } };
    assert.deepEqual(
      metricsUsed(settingsWith(), { ...nothing, values }),
      metricsUsed(settingsWith(), nothing),
    );
  });

  it("contain further metrics by name and by pattern", () => {
    const metrics = { keep: "used", also: ["kube_pod_created", "node_hwmon_.+"] };
    assert.equal(keeps("kube-state-metrics", "kube_pod_created", { metrics }), true);
    assert.equal(keeps("node-exporter", "node_hwmon_temp_celsius", { metrics }), true);
    assert.equal(keeps("node-exporter", "kube_pod_created", { metrics }), false);
  });

  it("contain what a community dashboard reads, if it is installed", () => {
    const grafana = { communityDashboards: [] };
    assert.equal(keeps("kube-state-metrics", "kube_pod_container_status_running"), true);
    assert.equal(
      keeps("kube-state-metrics", "kube_pod_container_status_running", { grafana }),
      false,
    );
  });

  it("apply only to its own pods in a stack without cluster monitoring", () => {
    const values = keepListValues(settingsWith({ clusterMonitoring: false }), nothing);
    assert.deepEqual(Object.keys(values).sort(), ["alertmanager", "grafana", "prometheus"]);
  });

  it("are incomplete for a community dashboard that is not recorded", () => {
    const communityDashboards = [{ id: 7249 }, { id: 1860, revision: 37 }];
    assert.deepEqual(unreadDashboards(settingsWith({ grafana: { communityDashboards } }), []), [
      { field: "grafana.communityDashboards[1]", rule: "= 1860 reads unknown metrics" },
    ]);
  });

  it("are incomplete for a dashboard whose variable names the metric", () => {
    const json = JSON.stringify({ panels: [{ targets: [{ expr: "sum($metric)" }] }] });
    assert.deepEqual(
      unreadDashboards(settingsWith(), [
        { file: "explorer.json", name: "dashboard-explorer", folder: "Services", json },
      ]),
      [
        {
          field: "grafana.dashboardsFolder",
          rule: "(explorer.json) gets a metric name from a variable: sum($metric)",
        },
      ],
    );
  });
});
