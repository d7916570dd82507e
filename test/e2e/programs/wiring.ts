/** Another team's program, which passes on outputs wherever it can. `wiring.test.ts` deploys it. */
import * as aws from "@pulumi/aws";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import {
  DatadogAgent,
  DatadogMonitors,
  LokiStack,
  MonitoredServices,
  PrometheusStack,
  SlackAlerting,
} from "../../../components";

const config = new pulumi.Config("wiring");

/** Region of the keys that the fake provider creates. */
const region = "us-east-1";

/** The complete stack in one cluster, connected by outputs alone, and a second one of a team. */
function deploy(cluster: string): void {
  const inCluster = {
    provider: new kubernetes.Provider(`${cluster}-kubernetes`, {
      kubeconfig: JSON.stringify({ "current-context": cluster }),
    }),
  };
  const inRegion = {
    provider: new aws.Provider(`${cluster}-aws`, { region }),
  };
  const withBoth = { providers: [inCluster.provider, inRegion.provider] };
  const namespace = new kubernetes.core.v1.Namespace(
    `${cluster}-monitoring`,
    { metadata: { name: "monitoring" } },
    inCluster,
  );
  const shop = new kubernetes.core.v1.Namespace(
    `${cluster}-shop`,
    { metadata: { name: "shop" } },
    inCluster,
  );
  const key = new aws.kms.Key(`${cluster}-logs`, {}, inRegion);
  const role = new aws.iam.Role(`${cluster}-team-role`, { assumeRolePolicy: "{}" }, inRegion);
  const teamLogs = new aws.s3.Bucket(
    `${cluster}-team-logs`,
    { bucket: `${cluster}-team-logs` },
    inRegion,
  );
  const accessLogs = new aws.s3.Bucket(
    `${cluster}-access`,
    { bucket: `${cluster}-access` },
    inRegion,
  );
  const suffix = new random.RandomString(`${cluster}-suffix`, { length: 12 });
  const storage = new kubernetes.storage.v1.StorageClass(
    `${cluster}-storage`,
    { metadata: { name: "fast" }, provisioner: "ebs.csi.aws.com" },
    inCluster,
  );
  const credentials = new kubernetes.core.v1.Secret(
    `${cluster}-credentials`,
    {
      metadata: { name: "team-datadog", namespace: shop.metadata.name },
      stringData: { "api-key": config.require("apiKey") },
    },
    inCluster,
  );

  const identity = {
    cluster: pulumi.interpolate`${cluster}`, // 1
    environment: pulumi.output("prod"), // 2
  };
  const placement = {
    namespace: namespace.metadata.name, // 3
    labels: { "cost-center": suffix.result }, // 4
    nodeSelector: { pool: suffix.result },
    imageRegistry: pulumi.interpolate`registry.example.com/${cluster}`,
  };
  const url = (host: string) =>
    pulumi.interpolate`https://${host}.${namespace.metadata.name}.example.com`;

  const slack = new SlackAlerting(
    `${cluster}-slack`,
    {
      namespace: placement.namespace,
      labels: placement.labels,
      channel: "#alerts",
      channels: { critical: "#critical" },
      webhookUrl: config.requireSecret("webhookUrl"),
      webhookUrls: config.requireSecretObject<Record<string, string>>("webhookUrls"), // 5
      grafanaUrl: url("grafana"), // 6
      prometheusUrl: url("prometheus"),
      alertmanagerUrl: url("alertmanager"),
    },
    inCluster,
  );
  const prometheus = new PrometheusStack(
    `${cluster}-prometheus`,
    {
      ...identity,
      ...placement,
      remoteWriteReceiver: true,
      replicas: 2,
      storageClassName: storage.metadata.name, // 7
      alertmanager: {
        configSecretName: slack.configSecretName, // 8
        mountedSecretNames: [slack.webhookSecretName], // 9
        externalUrl: url("alertmanager"),
      },
      grafana: { externalUrl: url("grafana") },
      values: { grafana: { adminUser: suffix.result } }, // 10
    },
    inCluster,
  );
  const loki = new LokiStack(
    `${cluster}-loki`,
    {
      ...identity,
      ...placement,
      bucket: config.get("bucket")
        ? pulumi.output(config.require("bucket"))
        : pulumi.interpolate`${cluster}-logs-${suffix.result}`, // 11
      region: inRegion.provider.region.apply((name) => name ?? ""),
      kmsKeyArn: key.arn, // 12
      accessLogBucket: accessLogs.bucket,
      protectData: false,
      storageClassName: storage.metadata.name,
      alertmanagerUrl: prometheus.alertmanagerUrl, // 13
      remoteWriteUrls: prometheus.remoteWriteUrls, // 14
      dashboardBaseUrl: url("grafana"),
      logAlerts: [{ namespace: shop.metadata.name, service: "checkout-api" }],
      logMetricNamespaces: [shop.metadata.name],
    },
    withBoth,
  );
  new aws.s3.BucketObject(
    `${cluster}-marker`,
    { bucket: loki.bucketName, key: "marker" },
    inRegion,
  );
  new kubernetes.core.v1.ConfigMap(
    `${cluster}-client`,
    { metadata: { namespace: shop.metadata.name }, data: { url: loki.pushUrl } },
    inCluster,
  );
  // In the other direction: Prometheus waits for this Loki, which uses no output of Prometheus.
  const teamLoki = new LokiStack(
    `${cluster}-team-loki`,
    {
      ...identity,
      namespace: shop.metadata.name,
      createBucket: false,
      bucket: teamLogs.bucket,
      region: inRegion.provider.region.apply((name) => name ?? ""),
      roleArn: role.arn,
    },
    withBoth,
  );
  const teamSlack = new SlackAlerting(
    `${cluster}-team-slack`,
    {
      namespace: shop.metadata.name,
      channel: "#shop",
      existingSecret: credentials.metadata.name,
    },
    inCluster,
  );
  new PrometheusStack(
    `${cluster}-team-prometheus`,
    {
      ...identity,
      namespace: shop.metadata.name,
      lokiUrl: teamLoki.url,
      releaseName: pulumi.interpolate`team-${suffix.result}`,
      clusterMonitoring: false,
      alertmanager: {
        configSecretName: teamSlack.configSecretName,
        mountedSecretNames: [teamSlack.webhookSecretName],
      },
    },
    inCluster,
  );
  const services = [{ name: "checkout-api" }];
  const alerts = { dashboardBaseUrl: url("grafana") };
  new MonitoredServices(
    `${cluster}-services`,
    { namespace: shop.metadata.name, services, alerts },
    inCluster,
  );
  new MonitoredServices(
    `${cluster}-team`,
    { namespace: shop.metadata.name, services: [{ name: "cart" }], alerts },
    inCluster,
  );
  new DatadogAgent(
    `${cluster}-datadog`,
    {
      ...identity,
      namespace: shop.metadata.name,
      existingSecret: credentials.metadata.name,
      excludedLogNamespaces: [namespace.metadata.name],
    },
    inCluster,
  );
  new DatadogMonitors(`${cluster}-monitors`, {
    ...identity,
    namespace: shop.metadata.name,
    services,
    notify: [pulumi.interpolate`@slack-${cluster}`],
  });
}

deploy("shop-a");
deploy("shop-b");
