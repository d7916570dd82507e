import * as assert from "node:assert/strict";
import { noPlaintextCredentials } from "../../../policies/access/noPlaintextCredentials";
import { limits } from "../../../policies/limits/limits";
import { problems, release } from "../../policies/subjects";
import { valuesFor } from "./valuesFor";

const prometheusSpec = (args?: object): any => valuesFor(args)["prometheus"].prometheusSpec;
const alertmanagerSpec = (args?: object): any => valuesFor(args)["alertmanager"].alertmanagerSpec;
const grafana = (args?: object): any => valuesFor(args)["grafana"];

describe("prometheusValues", () => {
  it("groups the chart's own Alertmanager configuration by alertname, and no other", () => {
    assert.ok(valuesFor({})["alertmanager"].config.route.group_by.includes("alertname"));
    const alertmanager = { configSecretName: "own" };
    assert.equal(valuesFor({ alertmanager })["alertmanager"].config, undefined);
  });

  it("applies settings of single alerts of the chart, and enables a replaced one again", () => {
    const { defaultRules, customRules } = valuesFor({
      alertRules: {
        KubeJobFailed: { enabled: false },
        KubePersistentVolumeFillingUp: { enabled: true },
        KubePodNotReady: { forMinutes: 30, severity: "critical" },
        MonitoringDown: { enabled: false },
      },
    });
    assert.equal(defaultRules.disabled.KubeJobFailed, true);
    assert.equal(defaultRules.disabled.KubePersistentVolumeFillingUp, false);
    assert.equal(defaultRules.disabled.MonitoringDown, undefined);
    assert.deepEqual(customRules, { KubePodNotReady: { for: "30m", severity: "critical" } });
    assert.equal(valuesFor()["customRules"], undefined);
  });

  describe("Prometheus", () => {
    it("retains samples for 15 days and scrapes every 30 seconds by default", () => {
      const spec = prometheusSpec();
      assert.equal(spec.retention, "15d");
      assert.equal(spec.scrapeInterval, "30s");
      assert.equal(spec.evaluationInterval, "30s");
      const configured = prometheusSpec({ retentionDays: 30, scrapeIntervalSeconds: 15 });
      assert.deepEqual([configured.retention, configured.scrapeInterval], ["30d", "15s"]);
    });

    it("deletes its oldest blocks when they fill 85% of the volume", () => {
      assert.equal(prometheusSpec({ storageGb: 100 }).retentionSize, "87040MiB");
      for (const storageGb of [1, 2, 3, 7, 50, 99, 1001, 65536]) {
        const mebibytes = /^(\d+)MiB$/.exec(prometheusSpec({ storageGb }).retentionSize)?.[1];
        const filled = Number(mebibytes) / (storageGb * 1024);
        assert.ok(filled <= limits.retentionSizeRatio, `${storageGb} GiB: ${filled}`);
        assert.ok(filled > limits.retentionSizeRatio - 0.01, `${storageGb} GiB: ${filled}`);
      }
    });

    it("stores its samples on a gp3 volume", () => {
      const { spec } = prometheusSpec({ storageGb: 100 }).storageSpec.volumeClaimTemplate;
      assert.equal(spec.storageClassName, "gp3");
      assert.equal(spec.resources.requests.storage, "100Gi");
      assert.deepEqual(spec.accessModes, ["ReadWriteOnce"]);
    });

    it("accepts remote writes only if configured", () => {
      assert.equal("enableRemoteWriteReceiver" in prometheusSpec(), false);
      assert.equal(prometheusSpec({ remoteWriteReceiver: true }).enableRemoteWriteReceiver, true);
    });

    it("labels every series and alert with cluster and env", () => {
      assert.deepEqual(prometheusSpec().externalLabels, { cluster: "ticketing-prod", env: "prod" });
    });

    it("selects all monitors, probes, rules and scrape configs, whatever their labels", () => {
      const spec = prometheusSpec();
      for (const kind of ["serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig"]) {
        assert.equal(spec[`${kind}SelectorNilUsesHelmValues`], false, kind);
      }
    });
  });

  it("has no disruption budget for a single replica, which would block every drain", () => {
    const { prometheus, alertmanager } = valuesFor();
    assert.equal(prometheus.prometheusSpec.replicas, 1);
    assert.equal(alertmanager.alertmanagerSpec.replicas, 1);
    assert.deepEqual(prometheus.podDisruptionBudget, { enabled: false });
    assert.deepEqual(alertmanager.podDisruptionBudget, { enabled: false });
    assert.equal(prometheus.prometheusSpec.podAntiAffinity, "soft");
  });

  it("spreads several replicas over nodes and stops them one at a time", () => {
    const { prometheus, alertmanager } = valuesFor({ replicas: 2, alertmanager: { replicas: 3 } });
    assert.equal(prometheus.prometheusSpec.replicas, 2);
    assert.equal(prometheus.prometheusSpec.podAntiAffinity, "hard");
    assert.deepEqual(prometheus.podDisruptionBudget, { enabled: true });
    assert.equal(alertmanager.alertmanagerSpec.replicas, 3);
    assert.equal(alertmanager.alertmanagerSpec.podAntiAffinity, "hard");
    assert.deepEqual(alertmanager.podDisruptionBudget, { enabled: true });
  });

  it("derives each disruption budget from the replicas of its workload", () => {
    const { prometheus, alertmanager } = valuesFor({ replicas: 2 });
    assert.deepEqual(prometheus.podDisruptionBudget, { enabled: true });
    assert.deepEqual(alertmanager.podDisruptionBudget, { enabled: false });
  });

  it("keeps volumes when the stack is deleted or scaled, unless the caller permits to delete data", () => {
    for (const [protectData, deleteDataOnDestroy, whenDeleted] of [
      [true, false, "Retain"],
      [false, false, "Retain"],
      [false, true, "Delete"],
    ] as const) {
      const data = { protectData, deleteDataOnDestroy };
      const expected = { whenDeleted, whenScaled: "Retain" };
      const { persistentVolumeClaimRetentionPolicy: ofPrometheus } = prometheusSpec(data);
      const { persistentVolumeClaimRetentionPolicy: ofAlerts } = alertmanagerSpec(data);
      assert.deepEqual([ofPrometheus, ofAlerts], [expected, expected]);
    }
  });

  it("omits the StorageClass if the cluster's default is selected", () => {
    const { storageSpec } = prometheusSpec({ storageClassName: "" });
    assert.ok(!("storageClassName" in storageSpec.volumeClaimTemplate.spec));
    const { storage } = alertmanagerSpec({ storageClassName: "" });
    assert.ok(!("storageClassName" in storage.volumeClaimTemplate.spec));
  });

  describe("Alertmanager", () => {
    it("reads the configured Secret and mounts the Secrets that it refers to", () => {
      const spec = alertmanagerSpec({
        alertmanager: {
          configSecretName: "alertmanager-config",
          mountedSecretNames: ["alertmanager-slack"],
        },
      });
      assert.equal(spec.useExistingSecret, true);
      assert.equal(spec.configSecret, "alertmanager-config");
      assert.deepEqual(spec.secrets, ["alertmanager-slack"]);
    });

    it("uses the configuration of the chart by default", () => {
      const spec = alertmanagerSpec();
      assert.ok(!("useExistingSecret" in spec) && !("configSecret" in spec));
    });

    it("stores silences on a volume", () => {
      const { spec } = alertmanagerSpec({ alertmanager: { storageGb: 7 } }).storage
        .volumeClaimTemplate;
      assert.equal(spec.resources.requests.storage, "7Gi");
      assert.equal(spec.storageClassName, "gp3");
    });
  });

  it("does not scrape the control plane of EKS, or alert on it", () => {
    const values = valuesFor();
    for (const part of ["kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"]) {
      assert.deepEqual(values[part], { enabled: false }, part);
    }
  });

  it("upgrades the custom resource definitions, with pinned images", () => {
    const { upgradeJob } = valuesFor()["crds"];
    assert.equal(upgradeJob.enabled, true);
    for (const image of ["busybox", "kubectl"]) {
      assert.match(upgradeJob.image[image].tag, /^v?\d+\.\d+\.\d+$/, image);
    }
  });

  describe("Grafana", () => {
    it("is stateless and reads its password from an existing Secret", () => {
      assert.deepEqual(grafana().persistence, { enabled: false });
      assert.deepEqual(grafana().admin, {
        existingSecret: "grafana-admin",
        userKey: "admin-user",
        passwordKey: "admin-password",
      });
      assert.ok(!("adminPassword" in grafana()));
    });

    it("disables anonymous access, sign-up and usage reports", () => {
      const ini = grafana()["grafana.ini"];
      assert.equal(ini["auth.anonymous"].enabled, false);
      assert.equal(ini.users.allow_sign_up, false);
      assert.equal(ini.analytics.reporting_enabled, false);
    });

    it("loads the dashboards of all namespaces into the folders of their annotations", () => {
      const { dashboards } = grafana().sidecar;
      assert.equal(dashboards.enabled, true);
      assert.equal(dashboards.searchNamespace, "ALL");
      assert.equal(dashboards.folderAnnotation, "grafana_folder");
      assert.equal(dashboards.provider.foldersFromFilesStructure, true);
    });

    it("has Loki as a data source only if Loki is deployed", () => {
      assert.ok(!("additionalDataSources" in grafana()));
      const lokiUrl = "http://loki.monitoring.svc.cluster.local:3100";
      const [{ jsonData, ...source }] = grafana({ lokiUrl }).additionalDataSources;
      assert.deepEqual(source, {
        ...{ name: "Loki", uid: "loki", type: "loki", access: "proxy", url: lokiUrl },
      });
      const [{ matcherRegex, datasourceUid, url }] = jsonData.derivedFields;
      assert.deepEqual([matcherRegex, datasourceUid], ["trace_id", "loki"]);
      assert.match(url, /\| trace_id="\$\$\{__value\.raw\}"$/);
    });

    it("adds the data sources of the settings to Loki", () => {
      const lokiUrl = "http://loki.monitoring.svc.cluster.local:3100";
      const tempo = { name: "Tempo", type: "tempo", url: "http://tempo:3200" };
      const names = (args: object) =>
        grafana(args).additionalDataSources.map(({ name }: { name: string }) => name);
      assert.deepEqual(names({ lokiUrl, grafana: { dataSources: [tempo] } }), ["Loki", "Tempo"]);
      assert.deepEqual(names({ grafana: { dataSources: [tempo] } }), ["Tempo"]);
    });

    it("reads the credentials of data sources from Secrets", () => {
      const password = { name: "tempo-credentials", key: "password" };
      const tempo = { name: "Tempo", type: "tempo", url: "https://tempo.example.com" };
      const dataSources = [
        { name: "Metrics", type: "prometheus" },
        {
          ...tempo,
          basicAuth: true,
          basicAuthUser: "grafana",
          secureJsonData: { own: "$OWN" },
          secrets: { basicAuthPassword: password },
        },
      ];
      const { additionalDataSources, envValueFrom } = grafana({ grafana: { dataSources } });
      assert.deepEqual(additionalDataSources[1], {
        ...tempo,
        basicAuth: true,
        basicAuthUser: "grafana",
        secureJsonData: {
          own: "$OWN",
          basicAuthPassword: "$DATA_SOURCE_1_BASICAUTHPASSWORD",
        },
      });
      assert.deepEqual(envValueFrom, {
        DATA_SOURCE_1_BASICAUTHPASSWORD: { secretKeyRef: password },
      });
      assert.deepEqual(additionalDataSources[0], dataSources[0]);
      const subject = release(
        "kube-prometheus-stack",
        valuesFor({ grafana: { dataSources: dataSources.slice(1) } }),
      );
      assert.deepEqual(problems(noPlaintextCredentials, subject), []);
    });

    it("keeps what people change on a volume, which one pod at a time can use", () => {
      const settings = { grafana: { storageGb: 10 } };
      const { persistence, deploymentStrategy, initChownData } = grafana(settings);
      assert.deepEqual(persistence, {
        enabled: true,
        size: "10Gi",
        accessModes: ["ReadWriteOnce"],
        storageClassName: "gp3",
        annotations: { "helm.sh/resource-policy": "keep" },
      });
      assert.deepEqual(deploymentStrategy, { type: "Recreate" });
      assert.deepEqual(initChownData, { enabled: false }, "no container as root");
      assert.equal(grafana().deploymentStrategy, undefined);
      const data = { protectData: false, deleteDataOnDestroy: true };
      assert.equal(grafana({ ...settings, ...data }).persistence.annotations, undefined);
      const byDefault = grafana({ ...settings, storageClassName: "" });
      assert.ok(!("storageClassName" in byDefault.persistence));
    });

    it("links a log line to its trace if the URL of traces is configured", () => {
      const lokiUrl = "http://loki.monitoring.svc.cluster.local:3100";
      const fields = (args: object) =>
        grafana({ lokiUrl, ...args }).additionalDataSources[0].jsonData.derivedFields;
      assert.equal(fields({}).length, 1);
      const [, trace] = fields({ traceUrl: "https://app.datadoghq.eu/apm/trace/{traceId}" });
      assert.deepEqual(trace, {
        name: "trace",
        matcherType: "label",
        matcherRegex: "trace_id",
        url: "https://app.datadoghq.eu/apm/trace/$${__value.raw}",
        urlDisplayLabel: "This trace",
      });
    });

    it("downloads pinned revisions of community dashboards, over verified TLS", () => {
      const { dashboards, dashboardProviders, defaultCurlOptions } = grafana();
      const [provider, ...others] = dashboardProviders["dashboardproviders.yaml"].providers;
      assert.deepEqual(others, []);
      assert.deepEqual(Object.keys(dashboards), [provider.name]);
      const downloads = Object.values<any>(dashboards[provider.name]);
      assert.deepEqual(
        downloads.map(({ gnetId }) => gnetId).sort((a, b) => a - b),
        [6417, 7249, 10826],
      );
      for (const { revision, datasource } of downloads) {
        assert.ok(Number.isInteger(revision) && revision >= 1);
        assert.deepEqual(datasource, [{ name: "DS_PROMETHEUS", value: "prometheus" }]);
      }
      assert.ok(!/k|--insecure/.test(defaultCurlOptions), defaultCurlOptions);
      assert.match(defaultCurlOptions, /f/, "an error page is not a dashboard");
    });

    it("downloads nothing without community dashboards", () => {
      const values = grafana({ grafana: { communityDashboards: [] } });
      assert.ok(!("dashboards" in values) && !("dashboardProviders" in values));
    });
  });

  it("runs node-exporter on every node, whatever its taints, and updates a quarter of the pods at a time", () => {
    const exporter = valuesFor()["prometheus-node-exporter"];
    assert.deepEqual(exporter.tolerations, [{ operator: "Exists" }]);
    assert.equal(exporter.priorityClassName, "system-node-critical");
    assert.equal(exporter.updateStrategy.rollingUpdate.maxUnavailable, "25%");
  });

  it("links to the external URLs", () => {
    const values = valuesFor({
      externalUrl: "https://prometheus.example.com",
      alertmanager: { externalUrl: "https://alertmanager.example.com" },
      grafana: { externalUrl: "https://grafana.example.com" },
    });
    assert.equal(values["prometheus"].prometheusSpec.externalUrl, "https://prometheus.example.com");
    assert.equal(
      values["alertmanager"].alertmanagerSpec.externalUrl,
      "https://alertmanager.example.com",
    );
    assert.equal(values["grafana"]["grafana.ini"].server.root_url, "https://grafana.example.com");
    assert.ok(!("externalUrl" in prometheusSpec()));
  });

  it("sets a CPU request and equal memory requests and limits for every workload", () => {
    for (const size of ["small", "medium", "large"]) {
      for (const [workload, resources] of Object.entries(workloadsOf(valuesFor({ size })))) {
        assert.match(resources?.requests?.cpu ?? "", /^\d+m?$/, `${size} ${workload}`);
        assert.match(resources?.limits?.memory ?? "", /^\d+[MG]i$/, `${size} ${workload}`);
        assert.equal(resources.requests.memory, resources.limits.memory, `${size} ${workload}`);
        assert.ok(!("cpu" in resources.limits), `${size} ${workload}`);
      }
    }
  });

  it("sizes the workloads that grow with the cluster by the preset", () => {
    const memory = (size: string): number[] => {
      const workloads = workloadsOf(valuesFor({ size }));
      return ["prometheus", "alertmanager", "grafana", "kube-state-metrics"].map((workload) =>
        mebibytes(workloads[workload].limits.memory),
      );
    };
    const [small, medium, large] = ["small", "medium", "large"].map(memory);
    small?.forEach((amount, index) => assert.ok(amount < (medium?.[index] ?? 0)));
    medium?.forEach((amount, index) => assert.ok(amount < (large?.[index] ?? 0)));
  });

  it("pulls images from a mirror and labels every object", () => {
    assert.ok(!("global" in valuesFor()));
    const values = valuesFor({ imageRegistry: "mirror.example.com", labels: { team: "sre" } });
    assert.deepEqual(values["global"], { imageRegistry: "mirror.example.com" });
    assert.deepEqual(values["commonLabels"], { team: "sre" });
  });

  it("is deterministic", () => {
    assert.deepEqual(valuesFor(), valuesFor());
  });
});

/** The resources of every workload of the release, by a readable name. */
function workloadsOf(values: Record<string, any>): Record<string, any> {
  return {
    prometheus: values["prometheus"].prometheusSpec.resources,
    alertmanager: values["alertmanager"].alertmanagerSpec.resources,
    grafana: values["grafana"].resources,
    "grafana sidecars": values["grafana"].sidecar.resources,
    "grafana downloads": values["grafana"].downloadDashboards.resources,
    "kube-state-metrics": values["kube-state-metrics"].resources,
    "node-exporter": values["prometheus-node-exporter"].resources,
    operator: values["prometheusOperator"].resources,
    "config reloader": values["prometheusOperator"].prometheusConfigReloader.resources,
    "webhook jobs": values["prometheusOperator"].admissionWebhooks.patch.resources,
    "CRD upgrade job": values["crds"].upgradeJob.resources,
  };
}

function mebibytes(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith("Gi") ? 1024 : 1);
}
