import * as assert from "node:assert/strict";
import { charts } from "../../../components/charts/charts";
import { Problem } from "../../../components/shared/problems";
import { formatPath } from "../../../policies/shared/path";
import {
  PrometheusSettings,
  droppedDataSources,
  prometheusSettings,
} from "../../../components/prometheus/settings";
import { limits } from "../../../policies/limits/limits";

const identity = { cluster: "ticketing-prod", environment: "prod" };

function settingsOf(args: object): PrometheusSettings {
  const checked = prometheusSettings({ ...identity, ...args });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

function problemsOf(args: object): Problem[] {
  return prometheusSettings({ ...identity, ...args }).problems ?? [];
}

function described(args: object): string[] {
  return problemsOf(args).map(({ path, rule }) => `${formatPath(path)} ${rule}`);
}

describe("prometheusSettings", () => {
  it("fills in every default", () => {
    assert.deepEqual(settingsOf({}), {
      ...identity,
      labels: {},
      namespace: "monitoring",
      chartVersion: charts.kubePrometheusStack.version,
      repository: charts.kubePrometheusStack.repository,
      retentionDays: 15,
      scrapeIntervalSeconds: 30,
      storageGb: 50,
      storageClassName: "gp3",
      replicas: 1,
      size: "small",
      protectData: true,
      networkPolicies: false,
      releaseName: "prometheus",
      nodeSelector: {},
      tolerations: [],
      alertRules: {},
      clusterMonitoring: true,
      deleteDataOnDestroy: false,
      remoteWriteReceiver: false,
      blackboxExporter: false,
      alertmanager: { replicas: 1, storageGb: 5, mountedSecretNames: [] },
      grafana: {
        communityDashboards: [
          { id: 6417, revision: 1 },
          { id: 7249, revision: 1 },
          { id: 10826, revision: 1 },
        ],
        dataSources: [],
      },
    });
  });

  it("has defaults that the policies accept", () => {
    const { retentionDays, scrapeIntervalSeconds } = settingsOf({});
    const { min, max, minInProd } = limits.prometheusRetentionDays;
    assert.ok(retentionDays >= min && retentionDays >= minInProd && retentionDays <= max);
    assert.ok(scrapeIntervalSeconds >= limits.scrapeIntervalSeconds.min);
    assert.ok(scrapeIntervalSeconds <= limits.scrapeIntervalSeconds.max);
  });

  it("accepts unwise values, which the policies judge", () => {
    assert.equal(settingsOf({ retentionDays: 1 }).retentionDays, 1);
    assert.equal(settingsOf({ retentionDays: 400 }).retentionDays, 400);
    assert.equal(settingsOf({ scrapeIntervalSeconds: 300 }).scrapeIntervalSeconds, 300);
  });

  it("protects the data in every environment, unless the caller says otherwise", () => {
    for (const environment of ["prod", "production", "dev"]) {
      assert.equal(settingsOf({ environment }).protectData, true, environment);
    }
    assert.equal(settingsOf({ protectData: false }).protectData, false);
    assert.equal(settingsOf({ protectData: false }).deleteDataOnDestroy, false);
    assert.deepEqual(
      problemsOf({ deleteDataOnDestroy: true }).map(({ path, rule }) => [path, rule]),
      [[["deleteDataOnDestroy"], "must be false while protectData is true"]],
    );
  });

  it("keeps the other defaults of a part with one setting", () => {
    assert.deepEqual(settingsOf({ alertmanager: { replicas: 3 } }).alertmanager, {
      replicas: 3,
      storageGb: 5,
      mountedSecretNames: [],
    });
    const { grafana } = settingsOf({ grafana: { externalUrl: "https://grafana.example.com" } });
    assert.equal(grafana.communityDashboards.length, 3);
  });

  it("accepts an empty list of community dashboards", () => {
    assert.deepEqual(
      settingsOf({ grafana: { communityDashboards: [] } }).grafana.communityDashboards,
      [],
    );
  });

  it("refuses data sources that replace another one", () => {
    const dataSource = { name: "Tempo", type: "tempo", uid: "tempo" };
    const problemsOf = (...dataSources: object[]) => described({ grafana: { dataSources } });
    assert.deepEqual(problemsOf(dataSource), []);
    assert.deepEqual(problemsOf({ ...dataSource, name: "Loki", uid: "prometheus" }, dataSource), [
      "grafana.dataSources[0].name must not be the name of another data source",
      "grafana.dataSources[0].uid must not be the uid of another data source",
    ]);
    assert.equal(problemsOf(dataSource, dataSource).length, 2);
  });

  it("refuses credentials of data sources that refer to no key of a Secret", () => {
    const problemsWith = (secrets: unknown) =>
      described({ grafana: { dataSources: [{ name: "Tempo", type: "tempo", secrets }] } });
    assert.deepEqual(problemsWith({ password: { name: "tempo" } }), [
      "grafana.dataSources[0].secrets.password.key is required",
    ]);
    assert.equal(problemsWith({ password: "plain text" }).length, 1);
  });

  describe("with data sources in chart values", () => {
    const additionalDataSources = [{ name: "Tempo", type: "tempo" }];
    const lokiUrl = "http://loki:3100";
    const found = (args: object, list: unknown = additionalDataSources) =>
      droppedDataSources({ ...args, values: { grafana: { additionalDataSources: list } } });
    const dataSources = [{ name: "Metrics", type: "prometheus" }];

    it("refuses a list that drops those of the settings", () => {
      const [problem] = found({ lokiUrl, grafana: { dataSources } });
      assert.match(problem?.rule ?? "", /^would drop the data sources Loki, Metrics,/);
      assert.equal(formatPath(problem?.path ?? []), "values.grafana.additionalDataSources");
      assert.deepEqual(problem?.fix, {
        kind: "do",
        text: "move these data sources to grafana.dataSources",
      });
    });

    it("accepts a list that contains them, or that replaces none", () => {
      assert.deepEqual(found({}), []);
      assert.deepEqual(found({ lokiUrl }, [...additionalDataSources, { name: "Loki" }]), []);
      assert.deepEqual(droppedDataSources({ lokiUrl, grafana: { dataSources } }), []);
    });

    it("says nothing about values that are unknown", () => {
      const unknown = Promise.resolve([]);
      assert.deepEqual(found({ lokiUrl }, unknown), []);
      assert.deepEqual(found({ lokiUrl }, [unknown]), []);
      assert.deepEqual(droppedDataSources({ lokiUrl, values: unknown }), []);
    });
  });

  it("keeps all metrics, or those that are used and further ones", () => {
    assert.equal(settingsOf({}).metrics, undefined);
    assert.deepEqual(settingsOf({ metrics: {} }).metrics, { keep: "all", also: [] });
    const metrics = { keep: "used", also: ["kube_pod_created", "node_hwmon_.+"] };
    assert.deepEqual(settingsOf({ metrics }).metrics, metrics);
  });

  it("refuses further metrics without a list, and patterns that Prometheus or the chart cannot read", () => {
    assert.deepEqual(described({ metrics: { also: ["kube_pod_created"] } }), [
      "metrics.keep must be used if also is set, because otherwise every metric is kept",
    ]);
    for (const pattern of ["", "node_(", "node_{{1}}"]) {
      assert.equal(described({ metrics: { keep: "used", also: [pattern] } }).length, 1, pattern);
    }
    assert.equal(described({ metrics: { keep: "some" } }).length, 1);
  });

  it("reports an empty block, which YAML reads as null", () => {
    assert.deepEqual(described({ metrics: null }), ["metrics must be a map"]);
  });

  it("uses the reviewed or the configured revision, and requires one otherwise", () => {
    const communityDashboards = [{ id: 7249, revision: 3 }, { id: 10826 }];
    assert.deepEqual(settingsOf({ grafana: { communityDashboards } }).grafana.communityDashboards, [
      { id: 7249, revision: 3 },
      { id: 10826, revision: 1 },
    ]);
    assert.deepEqual(described({ grafana: { communityDashboards: [{ id: 1860 }] } }), [
      "grafana.communityDashboards[0].revision is required: only 6417, 7249, 10826 have a reviewed revision",
    ]);
  });

  it("accepts an empty name for the default storage class", () => {
    assert.equal(settingsOf({ storageClassName: "" }).storageClassName, "");
  });

  it("refuses mounted secrets that no configuration reads", () => {
    assert.deepEqual(described({ alertmanager: { mountedSecretNames: ["alertmanager-slack"] } }), [
      "alertmanager.configSecretName is required if secrets are mounted, because nothing else reads them",
    ]);
    settingsOf({
      alertmanager: {
        configSecretName: "alertmanager-config",
        mountedSecretNames: ["alertmanager-slack"],
      },
    });
  });

  it("requires a chart version, not a range", () => {
    assert.equal(settingsOf({ chartVersion: "88.6.0" }).chartVersion, "88.6.0");
    for (const chartVersion of ["latest", "^88.5.3", "88.x", ""]) {
      assert.deepEqual(described({ chartVersion }), [
        "chartVersion must be an exact version, like 1.2.3, not a range",
      ]);
    }
  });

  it("requires repositories and registries in the form of Helm and of images", () => {
    settingsOf({ repository: "oci://registry.example.com/charts" });
    settingsOf({ imageRegistry: "registry.example.com:5000/mirror" });
    assert.equal(described({ repository: "prometheus-community" }).length, 1);
    assert.equal(described({ imageRegistry: "https://registry.example.com" }).length, 1);
  });

  it("requires URLs with a scheme that browsers open", () => {
    const where = { externalUrl: "prometheus.example.com", lokiUrl: "ftp://loki" };
    assert.deepEqual(described({ ...where, grafana: { externalUrl: "grafana" } }), [
      "lokiUrl must be a URL that starts with https:// or http://",
      "grafana.externalUrl must be a URL that starts with https:// or http://",
      "externalUrl must be a URL that starts with https:// or http://",
    ]);
  });

  it("reports all problems of all parts at once", () => {
    const problems = problemsOf({
      cluster: "Ticketing prod",
      environment: undefined,
      retentionDays: 0,
      scrapeIntervalSeconds: "30s",
      storageGb: "100Gi",
      replicas: 0,
      size: "huge",
      alertmanager: { storageGB: 5, mountedSecretNames: ["a"] },
      grafana: "none",
      retention: "15d",
    });
    assert.deepEqual(problems.map(({ path }) => formatPath(path)).sort(), [
      "alertmanager.configSecretName",
      "alertmanager.storageGB",
      "cluster",
      "environment",
      "grafana",
      "replicas",
      "retention",
      "retentionDays",
      "scrapeIntervalSeconds",
      "size",
      "storageGb",
    ]);
  });
});
