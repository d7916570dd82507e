import {
  LokiStack,
  MonitoredServices,
  PrometheusStack,
  SlackAlerting,
} from "@ticketing/observability";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const monitoring = new kubernetes.core.v1.Namespace("monitoring");
const namespace = monitoring.metadata.name;
const cluster = {
  cluster: config.require("cluster"),
  environment: pulumi.getStack(),
  namespace,
};

const slack = new SlackAlerting("slack", {
  namespace,
  channel: "#checkout-alerts",
  webhookUrl: config.requireSecret("slackWebhookUrl"),
});

const prometheus = new PrometheusStack("prometheus", {
  ...cluster,
  retentionDays: 30,
  // Grafana needs this URL before Loki exists, because Loki in turn needs Alertmanager's URL.
  lokiUrl: pulumi.interpolate`http://loki.${namespace}.svc.cluster.local:3100`,
  alertmanager: {
    configSecretName: slack.configSecretName,
    mountedSecretNames: [slack.webhookSecretName],
  },
});

// The Prometheus chart installs the ServiceMonitor and PrometheusRule CRDs.
const afterPrometheus = { dependsOn: prometheus };

const loki = new LokiStack(
  "loki",
  {
    ...cluster,
    bucket: config.require("bucket"),
    alertmanagerUrl: prometheus.alertmanagerUrl,
    logAlerts: [{ namespace: "checkout", service: "checkout-api", errorsPerMinute: 5 }],
  },
  afterPrometheus,
);

new MonitoredServices(
  "checkout",
  {
    namespace: "checkout",
    services: [{ name: "checkout-api", language: "go", slo: { availabilityPercent: 99.9 } }],
  },
  afterPrometheus,
);

export const grafanaUrl = prometheus.grafanaUrl;
export const grafanaAdminPassword = prometheus.grafanaAdminPassword;
export const lokiUrl = loki.url;
