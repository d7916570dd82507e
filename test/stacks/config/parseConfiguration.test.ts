import * as assert from "node:assert/strict";
import {
  RawConfiguration,
  SettingsWithPrometheus,
  parseConfiguration,
} from "../../../stacks/config/parseConfiguration";
import { formatConfigurationProblems } from "../../../stacks/config/formatProblems";
import { configuration } from "../../support/stackConfig";

type Changes = Record<string, unknown>;

function settingsOf(raw: RawConfiguration): SettingsWithPrometheus {
  const { settings, problems } = parseConfiguration(raw);
  if (settings === undefined) {
    assert.fail(formatConfigurationProblems("prod", problems));
  }
  const { prometheus } = settings;
  assert.ok(prometheus, "the stack deploys Prometheus");
  return { ...settings, prometheus };
}

describe("parseConfiguration", () => {
  describe("of the shipped stack files", () => {
    it("reads prod as documented", () => {
      const settings = settingsOf(configuration("prod"));
      assert.equal(settings.preset, "prod");
      assert.deepEqual(settings.cluster, { name: "ticketing-prod", mode: "existing" });
      const { prometheus, loki, datadog, slack, services } = settings;
      assert.equal(prometheus.retentionDays, 15);
      assert.equal(prometheus.scrapeIntervalSeconds, 30);
      assert.equal(prometheus.storageGb, 100);
      assert.equal(prometheus.replicas, 2);
      assert.deepEqual(prometheus.grafana.communityDashboards, [
        { id: 7249, revision: 1 },
        { id: 6417, revision: 1 },
        { id: 10826, revision: 1 },
      ]);
      assert.equal(prometheus.grafana.dashboardsFolder, "dashboards");
      assert.equal(loki?.retentionDays, 15);
      assert.equal(loki?.bucket, "ticketing-loki-chunks");
      assert.equal(loki?.region, "us-east-1");
      assert.equal(loki?.collector, "alloy");
      assert.equal(datadog?.site, "datadoghq.com");
      assert.deepEqual([datadog?.apm, datadog?.logs, datadog?.processes], [true, true, true]);
      assert.equal(slack?.channel, "#ticketing-alerts");
      assert.deepEqual(slack?.groupBy, ["alertname", "cluster", "service"]);
      assert.deepEqual(
        services[0].services.map(({ name, language }) => [name, language]),
        [
          ["inventory-service", "go"],
          ["auth-service", "python"],
          ["api-gateway", "go"],
        ],
      );
      assert.deepEqual(services[0].services[0]?.slo, { availabilityPercent: 99.9 });
      for (const [name, value] of Object.entries({
        errorRatePercent: 5,
        p99LatencyMs: 500,
        memoryPercent: 90,
        cpuPercent: 85,
        dynamodbThrottlesPerSecond: 10,
        minimumRequestsPerSecond: 0.2,
      })) {
        assert.equal(services[0].alerts[name as keyof (typeof services)[0]["alerts"]], value, name);
      }
    });

    it("reads dev as documented", () => {
      const { preset, cluster, loki, slack, services } = settingsOf(configuration("dev"));
      assert.equal(preset, "dev");
      assert.equal(cluster.name, "ticketing-dev");
      assert.equal(loki?.bucket, "ticketing-loki-chunks-dev");
      assert.equal(slack?.channel, "#ticketing-alerts-dev");
      assert.equal(services[0].services.length, 3);
    });

    it("labels every part with the cluster and the environment", () => {
      const { prometheus, loki, datadog } = settingsOf(configuration("prod"));
      for (const part of [prometheus, loki, datadog]) {
        assert.equal(part?.cluster, "ticketing-prod");
        assert.equal(part?.environment, "prod");
      }
    });
  });

  describe("with the presets", () => {
    const bare: Changes = { prometheus: undefined, alertmanager: undefined, loki: {}, alerts: {} };

    it("survives the loss of a node in prod, and has one replica of everything in dev", () => {
      const prod = settingsOf(configuration("prod", bare));
      const dev = settingsOf(configuration("dev", bare));
      const replicas = ({ prometheus, loki, datadog }: SettingsWithPrometheus) => [
        prometheus.replicas,
        prometheus.alertmanager.replicas,
        loki?.mode,
        datadog?.clusterAgentReplicas,
      ];
      assert.deepEqual(replicas(prod), [2, 2, "highAvailability", 2]);
      assert.deepEqual(replicas(dev), [1, 1, "singleBinary", 1]);
    });

    it("has bigger volumes and workloads in prod", () => {
      const volumes = ({ prometheus, loki }: SettingsWithPrometheus) => [
        prometheus.storageGb,
        prometheus.alertmanager.storageGb,
        loki?.volumeGb,
      ];
      const sizes = ({ prometheus, loki, datadog }: SettingsWithPrometheus) => [
        prometheus.size,
        loki?.size,
        datadog?.size,
      ];
      const prod = settingsOf(configuration("prod", bare));
      const dev = settingsOf(configuration("dev", bare));
      assert.deepEqual(
        [volumes(prod), volumes(dev)],
        [
          [100, 5, 50],
          [50, 2, 10],
        ],
      );
      assert.deepEqual(sizes(prod), ["medium", "medium", "medium"]);
      assert.deepEqual(sizes(dev), ["small", "small", "small"]);
    });

    it("protects data in prod only", () => {
      const prod = settingsOf(configuration("prod", bare));
      const dev = settingsOf(configuration("dev", bare));
      const protectedParts = (settings: SettingsWithPrometheus) => [
        settings.protectData,
        settings.prometheus.protectData,
        settings.loki?.protectData,
      ];
      assert.deepEqual(protectedParts(prod), [true, true, true]);
      assert.deepEqual(protectedParts(dev), [false, false, false]);
    });

    it("lets the user's own values win", () => {
      const { prometheus, loki } = settingsOf(
        configuration("prod", {
          prometheus: { replicas: 1, storageGb: 20, protectData: false },
          loki: { mode: "singleBinary" },
        }),
      );
      assert.deepEqual(
        [prometheus.replicas, prometheus.storageGb, loki?.mode],
        [1, 20, "singleBinary"],
      );
      assert.equal(prometheus.size, "medium");
    });

    it("keeps the preset when the environment has another name", () => {
      const settings = settingsOf(configuration("prod", { environmentName: "staging" }));
      assert.equal(settings.preset, "prod");
      assert.equal(settings.prometheus.environment, "staging");
      assert.equal(settings.prometheus.replicas, 2);
    });
  });

  describe("omits what is not configured:", () => {
    it("Loki, and with it Grafana's data source", () => {
      const settings = settingsOf(configuration("prod", { loki: undefined }));
      assert.equal(settings.loki, undefined);
      assert.equal(settings.prometheus.lokiUrl, undefined);
    });

    it("Datadog, and with it its keys", () => {
      const raw = configuration("prod", { datadog: undefined, datadogApiKey: undefined });
      assert.equal(settingsOf(raw).datadog, undefined);
    });

    it("Slack, and with it Alertmanager's configuration", () => {
      const raw = configuration("prod", { slack: undefined, slackWebhookUrl: undefined });
      const { slack, prometheus } = settingsOf(raw);
      assert.equal(slack, undefined);
      assert.equal(prometheus.alertmanager.configSecretName, undefined);
      assert.deepEqual(prometheus.alertmanager.mountedSecretNames, []);
    });

    it("but not a part that is configured with an empty map", () => {
      const { loki, datadog, slack } = settingsOf(
        configuration("dev", { loki: {}, datadog: {}, slack: {} }),
      );
      assert.equal(loki?.retentionDays, 15);
      assert.equal(datadog?.apm, true);
      assert.deepEqual(slack?.routes, []);
    });
  });

  describe("wires", () => {
    it("Grafana to Loki, and Loki's ruler to Alertmanager", () => {
      const { prometheus, loki } = settingsOf(
        configuration("dev", { namespaces: { monitoring: "observe" } }),
      );
      assert.equal(prometheus.lokiUrl, "http://loki.observe.svc.cluster.local:3100");
      assert.equal(
        loki?.alertmanagerUrl,
        "http://prometheus-kube-prometheus-alertmanager.observe.svc.cluster.local:9093",
      );
    });

    it("log metrics to every replica of Prometheus, which accepts writes only then", () => {
      const { prometheus, loki } = settingsOf(
        configuration("prod", { loki: { logMetricNamespaces: ["ticketing"] } }),
      );
      assert.equal(prometheus.remoteWriteReceiver, true);
      assert.equal(loki?.remoteWriteUrls.length, prometheus.replicas);
      const without = settingsOf(configuration("prod"));
      assert.equal(without.prometheus.remoteWriteReceiver, false);
      assert.deepEqual(without.loki?.remoteWriteUrls, []);
    });

    it("the settings of single alerts to the component that has them", () => {
      const off = { enabled: false };
      const { services, prometheus, loki } = settingsOf(
        configuration("prod", {
          alerts: { rules: { HighCPU: off, MonitoringDown: off, KubeJobFailed: off, NoLogs: off } },
        }),
      );
      assert.deepEqual(services[0].alerts.rules, { HighCPU: off });
      assert.deepEqual(prometheus.alertRules, { MonitoringDown: off, KubeJobFailed: off });
      assert.deepEqual(loki?.alertRules, { NoLogs: off });
    });

    it("the links of log alerts to the URLs of all alert links", () => {
      const { loki } = settingsOf(
        configuration("prod", {
          grafana: { externalUrl: "https://grafana.example.com" },
          alerts: { runbookBaseUrl: "https://wiki.example.com/runbooks" },
        }),
      );
      assert.equal(loki?.runbookBaseUrl, "https://wiki.example.com/runbooks");
      assert.equal(loki?.dashboardBaseUrl, "https://grafana.example.com");
    });

    it("the links in messages to the external URLs", () => {
      const { slack } = settingsOf(
        configuration("dev", {
          prometheus: { externalUrl: "https://prometheus.example.com" },
          alertmanager: { externalUrl: "https://alertmanager.example.com" },
          grafana: { externalUrl: "https://grafana.example.com" },
        }),
      );
      assert.equal(slack?.prometheusUrl, "https://prometheus.example.com");
      assert.equal(slack?.alertmanagerUrl, "https://alertmanager.example.com");
      assert.equal(slack?.grafanaUrl, "https://grafana.example.com");
      const withoutLogs = settingsOf(
        configuration("dev", {
          loki: undefined,
          grafana: { externalUrl: "https://grafana.example.com" },
        }),
      );
      assert.equal(withoutLogs.slack?.grafanaUrl, undefined);
    });

    it("all links to the ingress of Grafana, unless it has another external URL", () => {
      const ingress = { host: "grafana.example.com", className: "alb" };
      const urlsOf = (grafana: object) => {
        const { slack, loki, services } = settingsOf(configuration("dev", { grafana }));
        return [slack?.grafanaUrl, loki?.dashboardBaseUrl, services[0].alerts.dashboardBaseUrl];
      };
      assert.deepEqual(urlsOf({ ingress }), Array(3).fill("https://grafana.example.com"));
      const externalUrl = "https://cdn.example.com";
      assert.deepEqual(urlsOf({ ingress, externalUrl }), Array(3).fill(externalUrl));
    });

    it("channels to their webhooks, without the values of the webhooks", () => {
      const webhook = "https://hooks.example.com/critical";
      const raw = configuration("dev", {
        slack: { channels: { critical: "#critical" } },
        slackWebhookUrls: { "#critical": webhook },
      });
      assert.ok(!JSON.stringify(raw).includes(webhook));
      assert.deepEqual(settingsOf(raw).slack?.webhookUrls, { "#critical": true });
    });

    it("receivers without Slack, and their credentials without the values", () => {
      const receivers = { pager: { kind: "pagerduty" } };
      const raw = configuration("dev", {
        slack: undefined,
        slackWebhookUrl: undefined,
        receivers,
        receiverSecrets: { pager: "planted" },
      });
      assert.ok(!JSON.stringify(raw).includes("planted"));
      const { slack, prometheus } = settingsOf(raw);
      assert.deepEqual(slack?.receiverSecrets, { pager: true });
      assert.equal(slack?.channel, undefined);
      assert.equal(prometheus.alertmanager.configSecretName, "alertmanager-config");
    });

    it("features that their secret enables", () => {
      const raw = configuration("dev", {
        slackWebhookUrl: undefined,
        slackBotToken: "x",
        heartbeatUrl: "x",
        pagerDutyRoutingKey: "x",
        criticalWebhookUrl: "x",
      });
      const { botToken, heartbeatUrl, pagerDutyRoutingKey, criticalWebhookUrl } =
        settingsOf(raw).slack ?? {};
      const given = [botToken, heartbeatUrl, pagerDutyRoutingKey, criticalWebhookUrl];
      assert.deepEqual(given, [true, true, true, true]);
    });

    it("Alertmanager to the Secrets of Slack, own or existing", () => {
      const own = settingsOf(configuration("dev")).prometheus.alertmanager;
      assert.equal(own.configSecretName, "alertmanager-config");
      assert.deepEqual(own.mountedSecretNames, ["alertmanager-slack"]);
      const raw = configuration("dev", {
        slack: { existingSecret: "our-webhook" },
        slackWebhookUrl: undefined,
      });
      const existing = settingsOf(raw).prometheus.alertmanager;
      assert.deepEqual(existing.mountedSecretNames, ["our-webhook"]);
    });

    it("the namespaces to the parts that are deployed into them", () => {
      const { prometheus, loki, slack, datadog, services } = settingsOf(
        configuration("dev", { namespaces: { monitoring: "observe", application: "shop" } }),
      );
      assert.deepEqual(
        [prometheus.namespace, loki?.namespace, slack?.namespace],
        Array(3).fill("observe"),
      );
      assert.deepEqual([datadog?.namespace, services[0].namespace], ["shop", "shop"]);
    });

    it("a separate namespace to the Datadog Agent, which then instruments the services", () => {
      const { datadog } = settingsOf(configuration("dev", { namespaces: { datadog: "datadog" } }));
      assert.equal(datadog?.namespace, "datadog");
      assert.deepEqual(datadog?.instrumentedNamespaces, ["ticketing"]);
    });

    it("the nodes of a new cluster, which is in Auto Mode, to the Datadog Agent", () => {
      const created = { cluster: { name: "c", mode: "create" } };
      const { datadog } = settingsOf(configuration("dev", created));
      assert.deepEqual([datadog?.nodeOs, datadog?.hostnameSource], ["bottlerocket", "nodeFile"]);
      const own = { ...created, datadog: { hostnameSource: "instanceMetadata" } };
      assert.equal(
        settingsOf(configuration("dev", own)).datadog?.hostnameSource,
        "instanceMetadata",
      );
      assert.equal(settingsOf(configuration("dev")).datadog?.nodeOs, "amazonLinux");
    });

    it("the services, their thresholds and their runbooks to Datadog's monitors", () => {
      const { datadogMonitors, services } = settingsOf(
        configuration("prod", { datadogMonitors: { notify: ["@slack-a"], team: "ticketing" } }),
      );
      assert.deepEqual(datadogMonitors, {
        cluster: "ticketing-prod",
        environment: "prod",
        namespace: services[0].namespace,
        services: services[0].services,
        alerts: services[0].alerts,
        notify: ["@slack-a"],
        team: "ticketing",
        overrides: {},
      });
      assert.equal(settingsOf(configuration("prod")).datadogMonitors, undefined);
    });

    it("the redaction of Loki's collectors to the Datadog Agent, unless that has its own", () => {
      const redactionPatterns = [{ name: "own", expression: "KD-(\\d+)" }];
      const loki = { redactionPatterns, disabledRedactions: ["cardNumber"] };
      const { datadog } = settingsOf(configuration("prod", { loki }));
      assert.deepEqual(datadog?.redactionPatterns, redactionPatterns);
      assert.deepEqual(datadog.disabledRedactions, ["cardNumber"]);
      const own = { loki, datadog: { disabledRedactions: [] } };
      assert.deepEqual(settingsOf(configuration("prod", own)).datadog?.disabledRedactions, []);
    });

    it("log lines to their traces in Datadog, at its site", () => {
      const traceUrl = (datadog: object | undefined) =>
        settingsOf(configuration("prod", { datadog })).prometheus.traceUrl;
      assert.equal(traceUrl({}), "https://app.datadoghq.com/apm/trace/{traceId}");
      assert.equal(
        traceUrl({ site: "us5.datadoghq.com" }),
        "https://us5.datadoghq.com/apm/trace/{traceId}",
      );
      assert.equal(traceUrl({ apm: false }), undefined);
    });

    it("the region of the AWS provider to the bucket, unless Loki names its own", () => {
      const inIreland = { ...configuration("dev"), region: "eu-west-1" };
      assert.equal(settingsOf(inIreland).loki?.region, "eu-west-1");
      const own = {
        ...configuration("dev", { loki: { region: "eu-north-1" } }),
        region: "eu-west-1",
      };
      assert.equal(settingsOf(own).loki?.region, "eu-north-1");
    });

    it("the storage class: gp3 on EKS, the cluster's own default elsewhere", () => {
      const eks = settingsOf(configuration("dev"));
      assert.deepEqual(eks.storage, { className: "gp3", create: false });
      const kind = settingsOf(
        configuration("dev", {
          cluster: { name: "kind", mode: "kubeconfig" },
          loki: { storage: "filesystem" },
        }),
      );
      assert.deepEqual(kind.storage, { className: "", create: false });
      assert.equal(kind.prometheus.storageClassName, "");
      const created = settingsOf(
        configuration("dev", { cluster: { name: "new", mode: "create" } }),
      );
      assert.deepEqual(created.storage, { className: "gp3", create: true });
    });

    it("chart values to the releases, apart from the settings", () => {
      const { chartValues, prometheus } = settingsOf(
        configuration("dev", {
          prometheus: { values: { grafana: { replicas: 2 } } },
          loki: { values: { a: 1 }, collectorValues: { b: 2 } },
        }),
      );
      assert.deepEqual(chartValues, {
        prometheus: { grafana: { replicas: 2 } },
        loki: { a: 1 },
        collector: { b: 2 },
      });
      assert.ok(!("values" in prometheus));
    });
  });

  describe("leaves to the policies what is valid but unwise:", () => {
    for (const [what, changes] of Object.entries<Changes>({
      "400 days of retention": { prometheus: { retentionDays: 400 }, loki: { retentionDays: 400 } },
      "one day of retention": { prometheus: { retentionDays: 1 }, loki: { retentionDays: 1 } },
      "an error rate of 60 %": { alerts: { errorRatePercent: 60 } },
      "one replica in prod": { prometheus: { replicas: 1 } },
      "scrapes every 5 minutes": { prometheus: { scrapeIntervalSeconds: 300 } },
      "unprotected data in prod": { prometheus: { protectData: false } },
    })) {
      it(what, () => assert.ok(settingsOf(configuration("prod", changes))));
    }
  });

  it("reads fractions as the CLI writes them", () => {
    const services = [
      { name: "a", selector: { version: "1.0" }, slo: { availabilityPercent: "99.9" } },
    ];
    const [taken] = settingsOf(
      configuration("prod", { alerts: { errorRatePercent: "2.5" }, services }),
    ).services;
    assert.equal(taken.alerts.errorRatePercent, 2.5);
    assert.deepEqual(taken.services[0]?.slo, { availabilityPercent: 99.9 });
    assert.deepEqual(taken.services[0]?.selector, { version: "1.0" });
  });
});
