import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** A valid value of a setting that differs from the one of the stack `prod`. */
export interface Sample {
  value: unknown;
  /** Other settings by path, before and after the change. */
  requires?: Record<string, unknown>;
}

const url = "https://example.com";
const text = "other";
const key = "d".repeat(40);
const create = { cluster: { name: "ticketing-prod", mode: "create" } };
const kubeconfig = {
  cluster: { name: "ticketing-prod", mode: "kubeconfig", kubeconfig: "/kube/config" },
};
const monitors = { datadogMonitors: { notify: ["@slack-a"] } };
const webhook = "https://hooks.slack.com/services/T0/B0";
const botToken = { slackBotToken: "xoxb-1", slackWebhookUrl: undefined };
const pager = { pager: { kind: "opsgenie" } };
const probe = { "services[0].probe": url };
const job = { "services[0].kind": "job", "services[0].slo": undefined };
const existing = {
  existingPrometheus: { namespace: "observability", labels: { release: "platform" } },
  prometheus: undefined,
  grafana: { externalUrl: url },
};
const prober = { ...existing, ...probe, "existingPrometheus.prober": "blackbox.shop.svc:9115" };
const team = { "services[0].team": "payments", "teams.payments": { namespace: "ticketing" } };

const of = (value: unknown, requires?: Record<string, unknown>): Sample => ({
  value,
  ...(requires && { requires }),
});

function folderWithDashboard(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "observability-setting-dashboards-"));
  fs.writeFileSync(path.join(folder, "latency.json"), '{"title":"Latency"}');
  process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Each setting of `docs/configuration.md`, by its key there without `monitoring:`. */
export const settingSamples: Record<string, Sample> = {
  environment: of("dev"),
  environmentName: of("staging"),
  labels: of({ team: "sre" }),
  imageRegistry: of("mirror.example.com"),
  networkPolicies: of(false),
  runbookBaseUrl: of(url),
  "cluster.name": of("other-cluster"),
  "cluster.mode": of("create"),
  "cluster.version": of("1.35", create),
  "cluster.vpcId": of("vpc-0a1b2c3d", create),
  "cluster.subnetIds": of(["subnet-0a1b2c3d", "subnet-0a1b2c3e"], create),
  "cluster.publicAccessCidrs": of(["203.0.113.0/24"], create),
  "cluster.kubeconfig": of("/other/config", kubeconfig),
  "cluster.context": of(text, kubeconfig),
  "namespaces.monitoring": of(text),
  "namespaces.application": of(text),
  "namespaces.datadog": of("datadog"),
  "namespaces.existing": of(["ticketing"]),
  "storage.className": of("fast"),
  "storage.create": of(true),
  "placement.nodeSelector": of({ pool: "monitoring" }),
  "placement.tolerations": of([{ key: "monitoring" }]),
  "placement.priorityClassName": of("important"),
  "existingPrometheus.namespace": of(text, existing),
  "existingPrometheus.labels": of({ release: "other" }, existing),
  "existingPrometheus.ampWorkspaceArn": of(
    "arn:aws:aps:us-east-1:123456789012:workspace/ws-1234abcd",
    { ...existing, slack: undefined, slackWebhookUrl: undefined, heartbeatUrl: undefined },
  ),
  "existingPrometheus.retentionDays": of(15, existing),
  "existingPrometheus.prober": of("other.shop.svc:9115", prober),
  "existingPrometheus.grafana.dashboardLabels": of({ dashboards: "1" }, existing),
  "existingPrometheus.grafana.dataSourceLabels": of({ sources: "1" }, existing),
  "existingPrometheus.grafana.folderAnnotation": of("folder", existing),
  "existingPrometheus.grafana.prometheusUid": of("metrics", existing),
  "prometheus.chartVersion": of("88.5.4"),
  "prometheus.repository": of("https://charts.example.com"),
  "prometheus.releaseName": of(text),
  "prometheus.clusterMonitoring": of(false),
  "prometheus.retentionDays": of(30),
  "prometheus.scrapeIntervalSeconds": of(15),
  "prometheus.storageGb": of(200),
  "prometheus.replicas": of(3),
  "prometheus.size": of("large"),
  "prometheus.protectData": of(false),
  "prometheus.deleteDataOnDestroy": of(true, { "prometheus.protectData": false }),
  "prometheus.metrics": of({ keep: "used" }),
  "prometheus.longTerm": of({ kind: "mimir", url: `${url}/api/v1/push` }),
  "prometheus.externalUrl": of(url),
  "alertmanager.replicas": of(3),
  "alertmanager.storageGb": of(10),
  "alertmanager.configSecretName": of(text, { slack: undefined }),
  "alertmanager.mountedSecretNames": of([text], {
    slack: undefined,
    "alertmanager.configSecretName": text,
  }),
  "alertmanager.externalUrl": of(url),
  "grafana.communityDashboards": of([7249]),
  "grafana.dashboardsFolder": of(folderWithDashboard()),
  "grafana.dataSources": of([{ name: "Traces", type: "tempo", url: "http://tempo:3200" }]),
  "grafana.ingress": of({ host: "grafana.example.com", className: "alb" }),
  "grafana.storageGb": of(10),
  "grafana.sso": of(
    {
      provider: "google",
      clientId: "id",
      clientSecret: { name: "grafana-sso", key: "secret" },
      allowedDomains: ["example.com"],
    },
    { "grafana.externalUrl": url },
  ),
  "grafana.externalUrl": of(url),
  "loki.chartVersion": of("18.11.1"),
  "loki.repository": of("https://charts.example.com"),
  "loki.mode": of("distributed"),
  "loki.size": of("large"),
  "loki.retentionDays": of(30),
  "loki.storage": of("filesystem", { "loki.mode": "singleBinary" }),
  "loki.bucket": of("other-bucket"),
  "loki.region": of("eu-west-1"),
  "loki.createBucket": of(false),
  "loki.kmsKeyArn": of("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab"),
  "loki.awsIdentity": of("irsa"),
  "loki.volumeGb": of(100),
  "loki.protectData": of(false),
  "loki.deleteDataOnDestroy": of(true, { "loki.protectData": false }),
  "loki.roleArn": of("arn:aws:iam::123456789012:role/loki"),
  "loki.accessLogBucket": of("access-logs"),
  "loki.logAlerts": of([{ namespace: "ticketing", service: "auth-service" }]),
  "loki.logMetricNamespaces": of(["ticketing"]),
  "loki.disabledRedactions": of(["cardNumber"]),
  "loki.redactionPatterns": of([{ name: "own", expression: "K-(\\d+)" }]),
  "loki.serviceMonitors": of(false),
  "loki.collector": of("promtail"),
  "loki.kubernetesEvents": of(true),
  "loki.collectorChartVersion": of("1.11.2"),
  "loki.collectorRepository": of("https://charts.example.com"),
  datadogApiKey: of("b".repeat(32)),
  datadogAppKey: of("c".repeat(40)),
  "datadog.chartVersion": of("3.240.1"),
  "datadog.repository": of("https://charts.example.com"),
  "datadog.site": of("datadoghq.eu"),
  "datadog.apm": of(false),
  "datadog.profiling": of(false, { "datadog.instrumentedNamespaces": ["shop"] }),
  "datadog.logs": of(false),
  "datadog.processes": of(false),
  "datadog.customMetrics": of(false),
  "datadog.scrapePrometheusAnnotations": of(true),
  "datadog.instrumentedNamespaces": of(["shop"]),
  "datadog.excludedNamespaces": of(["shop"]),
  "datadog.excludedLogNamespaces": of(["shop"]),
  "datadog.excludedMetricNamespaces": of(["shop"]),
  "datadog.nodeOs": of("bottlerocket"),
  "datadog.hostnameSource": of("nodeFile"),
  "datadog.disabledRedactions": of(["cardNumber"]),
  "datadog.redactionPatterns": of([{ name: "own", expression: "K-(\\d+)" }]),
  "datadog.size": of("large"),
  "datadog.clusterAgentReplicas": of(3),
  "datadog.existingSecret": of("datadog", {
    datadogApiKey: undefined,
    datadogAppKey: undefined,
    "datadog.existingSecret": text,
  }),
  "datadog.keyRevision": of("2"),
  "datadogMonitors.notify": of(["@slack-b"], monitors),
  "datadogMonitors.team": of("sre", monitors),
  "datadogMonitors.overrides": of({ "auth-service": { team: "auth" } }, monitors),
  slackWebhookUrl: of(`${webhook}/other`),
  slackWebhookUrls: of(
    { "#pager": `${webhook}/other` },
    {
      "slack.channels": { critical: "#pager" },
      slackWebhookUrls: { "#pager": `${webhook}/pager` },
    },
  ),
  slackBotToken: of("xoxb-2", botToken),
  heartbeatUrl: of("https://heartbeat.example.com/other"),
  pagerDutyRoutingKey: of(key.slice(0, 32)),
  criticalWebhookUrl: of(url),
  receiverSecrets: of({ pager: "y" }, { receivers: pager, receiverSecrets: { pager: "x" } }),
  "slack.channel": of("#others"),
  "slack.channels": of({ info: "#ticketing-alerts" }),
  "slack.routes": of([{ service: "auth-service", channel: "#ticketing-alerts" }]),
  "slack.quietHours": of({ from: "22:00", to: "07:00", timezone: "UTC" }),
  "slack.updateMessages": of(true, botToken),
  "slack.repeatMinutes": of({ critical: 90 }),
  "slack.groupBy": of(["alertname"]),
  "slack.titleTemplate": of("x"),
  "slack.textTemplate": of("x"),
  "slack.existingSecret": of("slack", {
    slackWebhookUrl: undefined,
    heartbeatUrl: undefined,
    "slack.requireHeartbeat": undefined,
    "slack.existingSecret": text,
  }),
  "slack.existingSecretKeys": of(["webhook-url", "heartbeat-url"], {
    slackWebhookUrl: undefined,
    heartbeatUrl: undefined,
    "slack.requireHeartbeat": undefined,
    "slack.existingSecret": text,
  }),
  "slack.requireHeartbeat": of(false),
  receivers: of(
    { pager: { kind: "pagerduty" } },
    { receivers: pager, receiverSecrets: { pager: "x" } },
  ),
  "alerts.errorRatePercent": of(1),
  "alerts.p99LatencyMs": of(400),
  "alerts.memoryPercent": of(80),
  "alerts.cpuPercent": of(80),
  "alerts.cpuThrottlingPercent": of(20),
  "alerts.dynamodbThrottlesPerSecond": of(5),
  "alerts.dynamodbP99Ms": of(50),
  "alerts.redisP99Ms": of(20),
  "alerts.redisPoolPercent": of(80, { "alerts.redisPoolMaximum": 10 }),
  "alerts.droppedRequestsPerSecond": of(2),
  "alerts.minimumRequestsPerSecond": of(1),
  "alerts.jobMaxAgeHours": of(48, job),
  "alerts.jobMaxMinutes": of(30, job),
  "alerts.certificateDays": of(5, probe),
  "alerts.certificateWarningDays": of(30, probe),
  "alerts.redisPoolMaximum": of(10),
  "alerts.warning": of({ errorRatePercent: 1 }),
  "alerts.metrics": of({ httpStatusLabel: "code" }),
  "alerts.rules": of({ HighErrorRate: { enabled: false } }),
  "alerts.runbookBaseUrl": of(url),
  "alerts.dashboardBaseUrl": of(url),
  "services[].name": of("other-service"),
  "services[].team": of("payments"),
  "services[].language": of("python", monitors),
  "services[].kind": of("pods"),
  "services[].probe": of(url),
  "services[].port": of("http"),
  "services[].portNumber": of(9090),
  "services[].https": of({ serverName: "inventory-service.ticketing.svc" }),
  "services[].authorization": of({ secret: { name: "token", key: "token" } }),
  "services[].path": of("/stats"),
  "services[].selector": of({ app: text }),
  "services[].scrapeIntervalSeconds": of(15),
  "services[].scrapeLimits": of({ samples: 5000 }),
  "services[].slo": of({ availabilityPercent: 99 }),
  "services[].maintenance": of([
    { from: "2026-12-24T18:00+09:00", to: "2026-12-24T20:00+09:00", reason: "upgrade" },
  ]),
  "services[].metrics": of({ httpStatusLabel: "code" }),
  "services[].alerts": of({ errorRatePercent: 1 }),
  "services[].namespace": of("shop"),
  "teams.<team>.namespace": of("shop", team),
  "teams.<team>.slo": of({ availabilityPercent: 99 }, { ...team, "services[0].slo": undefined }),
  "teams.<team>.alerts": of({ errorRatePercent: 1 }, team),
  "cost.samplesPerSecond": of(1000),
  "cost.logGbPerDay": of(100),
  "cost.nodes": of(10),
  "cost.bytesPerSample": of(3),
  "cost.logCompression": of(10),
  "cost.prices": of({ bucketGbMonth: 0.03 }),
};
