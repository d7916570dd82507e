import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogAgent,
  DatadogMonitors,
  LokiStack,
  MonitoredServices,
  PrometheusStack,
  SlackAlerting,
} from "../../components";
import { datadogMonitorsSchema } from "../../components/datadog/monitors/settings";
import { datadogSchema } from "../../components/datadog/settings";
import { lokiSchema } from "../../components/loki/settings";
import { prometheusSchema } from "../../components/prometheus/settings";
import { servicesSchema } from "../../components/services/settings/settings";
import { slackSchema } from "../../components/slack/settings";
import { recordProgram } from "../support/mocks";

/** A value that differs from the default, and the arguments that it requires. */
type Sample = [value: unknown, requires?: object];

type Component = new (name: string, args: any, opts?: pulumi.ComponentResourceOptions) => unknown;

const identity = { cluster: "shop", environment: "prod" };
const url = "https://example.com";
const common: Record<string, Sample> = {
  cluster: ["other"],
  environment: ["staging"],
  namespace: ["other"],
  labels: [{ team: "sre" }],
};
const chart: Record<string, Sample> = {
  ...common,
  chartVersion: ["1.2.3"],
  repository: ["https://charts.example.com"],
  imageRegistry: ["mirror.example.com"],
  nodeSelector: [{ pool: "x" }],
  tolerations: [[{ key: "x" }]],
  priorityClassName: ["important"],
  networkPolicies: [true],
  size: ["large"],
};
const { cluster: _cluster, environment: _environment, ...withoutIdentity } = common;
const { labels: _labels, ...withoutLabels } = common;
const webhook = { webhookUrl: "https://hooks.slack.com/services/T0/B0/x" };
const services = [{ name: "cart", slo: { availabilityPercent: 99.9 } }];
const irsa = {
  awsIdentity: "irsa",
  oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com",
  oidcIssuerUrl: "https://oidc.example.com",
};
const alert = { alertmanagerUrl: url, logAlerts: [{ namespace: "a", service: "b" }] };

interface Case {
  component: Component;
  keys: string[];
  base: object;
  samples: Record<string, Sample>;
  /** Arguments that only decide whether others are valid. */
  guards?: string[];
}

const cases: Case[] = [
  {
    component: PrometheusStack,
    keys: Object.keys(prometheusSchema.shape),
    base: identity,
    guards: ["protectData"],
    samples: {
      ...chart,
      releaseName: ["team"],
      clusterMonitoring: [false],
      retentionDays: [30],
      scrapeIntervalSeconds: [15],
      storageGb: [99],
      storageClassName: ["fast"],
      replicas: [2],
      deleteDataOnDestroy: [true, { protectData: false }],
      remoteWriteReceiver: [true],
      blackboxExporter: [true],
      metrics: [{ keep: "used" }],
      longTerm: [{ kind: "remoteWrite", url: `${url}/api/v1/write` }],
      alertRules: [{ MonitoringDown: { enabled: false } }],
      lokiUrl: ["http://loki"],
      traceUrl: ["https://example.com/{traceId}", { lokiUrl: "http://loki" }],
      externalUrl: [url],
      runbookBaseUrl: [url],
      alertmanager: [{ replicas: 2 }],
      grafana: [{ externalUrl: url }],
    },
  },
  {
    component: LokiStack,
    keys: Object.keys(lokiSchema.shape),
    base: { ...identity, bucket: "logs", region: "eu-west-1" },
    samples: {
      ...chart,
      mode: ["highAvailability"],
      retentionDays: [30],
      storage: ["filesystem"],
      bucket: ["other"],
      region: ["us-west-2"],
      createBucket: [false],
      accessLogBucket: ["access-logs"],
      kmsKeyArn: ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab"],
      awsIdentity: ["podIdentity", irsa],
      oidcProviderArn: [`${irsa.oidcProviderArn}/other`, irsa],
      oidcIssuerUrl: [`${irsa.oidcIssuerUrl}/other`, irsa],
      roleArn: ["arn:aws:iam::123456789012:role/loki"],
      volumeGb: [99],
      storageClassName: ["fast"],
      protectData: [false],
      deleteDataOnDestroy: [true, { protectData: false }],
      alertmanagerUrl: [url],
      logAlerts: [alert.logAlerts, { alertmanagerUrl: url }],
      alertRules: [{ NoLogs: { enabled: false } }, alert],
      logMetricNamespaces: [["a"], { remoteWriteUrls: [url] }],
      remoteWriteUrls: [[url]],
      runbookBaseUrl: [url, alert],
      dashboardBaseUrl: [url, alert],
      disabledRedactions: [["cardNumber"]],
      redactionPatterns: [[{ name: "own", expression: "K-(\\d+)" }]],
      serviceMonitors: [false],
      selectorLabels: [{ release: "platform" }],
      prometheusNamespace: ["observability", { networkPolicies: true }],
      collector: ["none"],
      kubernetesEvents: [true],
      collectorChartVersion: ["1.2.3"],
      collectorRepository: ["https://charts.example.com"],
    },
  },
  {
    component: DatadogAgent,
    keys: Object.keys(datadogSchema.shape),
    base: { ...identity, apiKey: "a".repeat(32) },
    samples: {
      ...chart,
      apiKey: ["b".repeat(32)],
      appKey: ["c".repeat(40)],
      existingSecret: ["own", { apiKey: undefined, existingSecret: "datadog" }],
      keyRevision: ["2026-09"],
      site: ["datadoghq.eu"],
      apm: [false],
      profiling: [false, { instrumentedNamespaces: ["shop"] }],
      instrumentedNamespaces: [["shop"]],
      logs: [false],
      disabledRedactions: [["cardNumber"]],
      redactionPatterns: [[{ name: "own", expression: "K-(\\d+)" }]],
      processes: [false],
      customMetrics: [false],
      scrapePrometheusAnnotations: [true],
      excludedNamespaces: [["a"]],
      excludedLogNamespaces: [["a"]],
      excludedMetricNamespaces: [["a"]],
      nodeOs: ["bottlerocket"],
      hostnameSource: ["nodeFile"],
      clusterAgentReplicas: [2],
    },
  },
  {
    component: SlackAlerting,
    keys: Object.keys(slackSchema.shape),
    base: { channel: "#alerts", ...webhook },
    guards: ["requireHeartbeat"],
    samples: {
      ...withoutIdentity,
      channel: ["#others"],
      channels: [{ info: "#alerts" }],
      routes: [[{ service: "cart", channel: "#alerts" }]],
      quietHours: [{ from: "22:00", to: "07:00", timezone: "UTC" }],
      groupBy: [["alertname"]],
      repeatMinutes: [{ critical: 90 }],
      titleTemplate: ["x"],
      textTemplate: ["x"],
      grafanaUrl: [url],
      prometheusUrl: [url],
      alertmanagerUrl: [url],
      existingSecret: ["own", { webhookUrl: undefined, existingSecret: "slack" }],
      existingSecretKeys: [["bot-token"], { webhookUrl: undefined, existingSecret: "slack" }],
      webhookUrl: [`${webhook.webhookUrl}2`],
      webhookUrls: [
        { "#pager": `${webhook.webhookUrl}3` },
        { channels: { critical: "#pager" }, webhookUrls: { "#pager": webhook.webhookUrl } },
      ],
      receivers: [
        { pager: { kind: "opsgenie" } },
        { receivers: { pager: { kind: "pagerduty" } }, receiverSecrets: { pager: "x" } },
      ],
      receiverSecrets: [
        { pager: "y" },
        { receivers: { pager: { kind: "pagerduty" } }, receiverSecrets: { pager: "x" } },
      ],
      updateMessages: [true, { webhookUrl: undefined, botToken: "xoxb-1" }],
      botToken: ["xoxb-2", { webhookUrl: undefined, botToken: "xoxb-1" }],
      heartbeatUrl: [url],
      pagerDutyRoutingKey: ["d".repeat(32)],
      criticalWebhookUrl: [url],
    },
  },
  {
    component: MonitoredServices,
    keys: Object.keys(servicesSchema.shape),
    base: { namespace: "shop", services },
    samples: {
      ...withoutIdentity,
      services: [[{ name: "auth" }]],
      alerts: [{ errorRatePercent: 1 }],
      retentionDays: [40],
      selectorLabels: [{ release: "platform" }],
      ampWorkspaceArn: ["arn:aws:aps:eu-west-1:123456789012:workspace/ws-1234abcd"],
      prober: ["exporter:9115", { services: [{ name: "auth", probe: url }] }],
    },
  },
  {
    component: DatadogMonitors,
    keys: Object.keys(datadogMonitorsSchema.shape),
    base: { ...identity, namespace: "shop", notify: ["@slack-a"], services },
    samples: {
      ...withoutLabels,
      services: [[{ name: "auth" }]],
      alerts: [{ errorRatePercent: 1 }],
      notify: [["@slack-b"]],
      team: ["checkout"],
      overrides: [{ cart: { team: "cart" } }],
    },
  },
];

/** Everything that a component registers, except its own settings. */
async function registered(component: Component, args: object): Promise<string> {
  const { resources } = await recordProgram(() => void new component("it", args));
  return JSON.stringify(
    resources
      .filter(({ custom }) => custom)
      .map(({ type, name, inputs, options }) => [type, name, inputs, options]),
  );
}

for (const { component, keys, base, samples, guards = [] } of cases) {
  describe(`the arguments of ${component.name}`, () => {
    it("have a sample here", () => {
      assert.deepEqual(
        Object.keys(samples).sort(),
        keys.filter((key) => !guards.includes(key)).sort(),
      );
    });

    let unchanged: string;
    before(async () => {
      unchanged = await registered(component, base);
    });

    for (const [key, [value, requires]] of Object.entries(samples)) {
      it(`have an effect: ${key}`, async () => {
        const before =
          requires === undefined
            ? unchanged
            : await registered(component, { ...base, ...requires });
        const after = await registered(component, { ...base, ...requires, [key]: value });
        assert.ok(after !== before, "nothing changes");
      });
    }
  });
}
