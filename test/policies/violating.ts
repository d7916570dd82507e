import { fake } from "./fakes";
import { Resource } from "../../policies/facts/resource";
import {
  access,
  configSecret,
  lokiBucketStack,
  policyDocument,
  routesFirst,
  stack,
  trust,
} from "./platformSubjects";
import { RuleFixture, alerts, baseSignals, serviceMonitor } from "./subjects";
import { prometheusRelease, prometheusRule, release, resource } from "./subjects";

const critical = { severity: "critical" };
const inProd = (...rules: RuleFixture[]): Resource => {
  const subject = prometheusRule(rules);
  return { ...subject, urn: subject.urn.replace(":dev:", ":prod:") };
};
const texts: RuleFixture = {
  alert: "ErrorsHigh",
  expr: 'sum by (job) (rate(errors_total{namespace="ticketing", code=~"5.."}[5m])) > 0.05',
  for: "5m",
  labels: { severity: "critical", team: "payments" },
  annotations: { summary: "s", description: "d", runbook_url: "https://runbooks.acme.io/a" },
};
const rule = (change: Partial<RuleFixture>): Resource => inProd({ ...texts, ...change });
const ratio =
  'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';

/** Of each policy what violates it, in every form of message that it has. */
export const violating: Record<string, (Resource | Resource[])[]> = {
  "prometheus-retention": [
    prometheusRelease("400d"),
    prometheusRelease("x"),
    release("prometheus", { server: { retention: "1d" } }),
  ],
  "prometheus-retention-covers-rules": [
    [prometheusRelease("15d"), rule({ expr: 'avg_over_time(x{code="a"}[30d]) > 1' })],
    [
      prometheusRelease("15d"),
      prometheusRule([{ record: "slo:x", expr: "avg_over_time(x[30d])" }]),
    ],
  ],
  "prometheus-storage": [
    stack({ prometheus: { prometheusSpec: { storageSpec: undefined } } }),
    stack({ prometheus: { prometheusSpec: { retentionSize: "60GiB" } } }),
    stack({ prometheus: { prometheusSpec: { retention: "90d" } } }),
  ],
  "loki-retention": [
    release("loki", {
      loki: { limits_config: { retention_period: "30h" }, storage: { type: "s3" } },
    }),
    release("loki", { loki: { structuredConfig: { limits_config: { retention_period: "0s" } } } }),
  ],
  "loki-bucket-lifecycle": [
    lokiBucketStack({
      bucketLifecycleConfiguration: {
        rules: [{ id: "all", status: "Enabled", filter: { prefix: "" }, expiration: { days: 10 } }],
      },
    }),
  ],
  "log-group-retention": [
    resource("aws:cloudwatch/logGroup:LogGroup", "logs", {
      name: "/aws/x",
      kmsKeyId: "k",
      tags: { a: "b" },
    }),
  ],
  "required-alerts": [[serviceMonitor("inventory-service"), alerts(baseSignals.cpu)]],
  "alert-thresholds": [
    rule({ expr: `${ratio} > 0.5` }),
    rule({
      expr: `${ratio} > 0.05 and sum(rate(http_requests_total{namespace="ticketing"}[5m])) > 50`,
    }),
  ],
  "promql-valid": [
    rule({ expr: 'x{code="a"' }),
    rule({ expr: 'x{code=~"plain"} > 1' }),
    rule({ expr: 'x{code="a"}' }),
    rule({ expr: 'topk(5, x{code="a"}) > 1' }),
  ],
  "promql-units": [
    rule({ expr: 'hit_ratio{code="a"} > 5' }),
    rule({ expr: 'sum(rate(x_seconds_sum{code="a"}[5m])) > 500m' }),
    rule({ expr: 'histogram_quantile(99, sum by (le) (rate(x_bucket{code="a"}[5m]))) > 1' }),
    rule({ expr: 'histogram_quantile(0.9, sum by (job) (rate(x_bucket{code="a"}[5m]))) > 1' }),
  ],
  "records-exist": [
    [
      stack({}),
      prometheusRule([
        { record: "cart:errors:rate5m", expr: "x" },
        { alert: "A", expr: "cart:error:rate5m > 1" },
      ]),
    ],
  ],
  "rate-window": [rule({ expr: 'rate(x{code="a"}[30s]) > 1' })],
  "alert-severity": [
    rule({ labels: { severity: "page" } }),
    rule({ labels: { ...critical, team: "{{ $value }}" } }),
    rule({ labels: { team: "payments" } }),
  ],
  "alert-for": [rule({ for: "3h" }), rule({ for: "soon" })],
  "alert-annotations": [
    rule({ annotations: { summary: "s" } }),
    rule({ annotations: { ...texts.annotations, runbook_url: "https://example.com/todo" } }),
    rule({ annotations: { ...texts.annotations, runbook_url: "http://runbooks.acme.io/a" } }),
  ],
  "absent-coverage": [[rule({})]],
  "rules-are-loaded": [
    [
      release("kube-prometheus-stack", {
        prometheus: { prometheusSpec: { ruleSelector: { matchLabels: { team: "shop", a: "b" } } } },
      }),
      rule({}),
      serviceMonitor("inventory-service"),
    ],
  ],
  "duplicate-rules": [
    [rule({}), inProd({ ...texts })],
    [release("kube-prometheus-stack", {}), rule({ alert: "KubePodCrashLooping" })],
  ],
  "watchdog-routed": [
    [stack(), configSecret(routesFirst({ matchers: ['alertname="Watchdog"'], receiver: "null" }))],
    [stack({ defaultRules: { create: false } }), configSecret()],
  ],
  "severities-delivered": [
    [
      stack(),
      configSecret(
        routesFirst({ matchers: ['severity="critical"', 'team="payments"'], receiver: "null" }),
      ),
    ],
    [
      stack(),
      configSecret({
        receivers: [{ name: "slack", slack_configs: [{ channel: "#a", send_resolved: false }] }],
      }),
    ],
    [stack(), configSecret({ route: { receiver: "missing" } })],
    [stack()],
  ],
  inhibition: [
    configSecret({
      inhibit_rules: [
        {
          source_matchers: ['severity="critical"'],
          target_matchers: ['severity="warning"'],
          equal: [],
        },
      ],
    }),
    configSecret({ inhibit_rules: [] }),
  ],
  grouping: [
    configSecret({ route: { group_by: ["cluster"], group_wait: "1h", repeat_interval: "5s" } }),
  ],
  "no-plaintext-credentials": [
    resource("kubernetes:core/v1:ConfigMap", "config", {
      data: { url: fake.slackWebhook, password: "a" },
      metadata: { name: "c", annotations: { a: "b" } },
    }),
  ],
  "loki-bucket-hardened": [
    lokiBucketStack({
      bucketPublicAccessBlock: { blockPublicAcls: false },
      bucketPolicy: {
        policy: policyDocument({
          Sid: "a",
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: "*",
        }),
      },
      bucketServerSideEncryptionConfiguration: {
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "none" } }],
      },
      bucketOwnershipControls: { rule: { objectOwnership: "ObjectWriter" } },
      bucket: { forceDestroy: true, acl: "public-read" },
    }),
  ],
  "loki-iam-least-privilege": [
    access({
      Sid: "a",
      Effect: "Allow",
      Action: ["s3:*"],
      Resource: ["*"],
      Condition: { StringLike: { a: "b" } },
    }),
    access({ Effect: "Allow", NotAction: ["iam:*"], NotResource: ["arn:aws:s3:::a"] }),
    trust({
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "sts:AssumeRole",
    }),
    resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "loki", {
      role: "loki",
      policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    }),
  ],
  "grafana-exposure": [
    stack({
      grafana: {
        adminPassword: "hunter",
        "grafana.ini": {
          "auth.anonymous": { enabled: true, org_role: "Admin" },
          security: { admin_password: "b" },
        },
        ingress: { enabled: true, hosts: ["grafana.acme.io"], annotations: { a: "b" } },
        env: { GF_SECURITY_ADMIN_PASSWORD: "c" },
      },
    }),
  ],
  "grafana-provisioning": [
    [
      stack({
        grafana: {
          additionalDataSources: [
            { name: "Loki", type: "loki", url: "http://localhost:3100", isDefault: true },
          ],
        },
      }),
      resource("kubernetes:core/v1:ConfigMap", "dashboard", {
        metadata: { name: "dashboard", namespace: "shop", labels: { team: "payments" } },
        data: { "a.json": '{"title": "A", "panels": []}' },
      }),
      resource("kubernetes:core/v1:ConfigMap", "imported", {
        metadata: { name: "imported", labels: { grafana_dashboard: "1" } },
        data: {
          "a.json": '{"title": "A", "panels": [{"datasource": "${DS_PROMETHEUS}"}]}',
        },
      }),
    ],
  ],
  "loki-limits": [
    release("loki", { loki: { limits_config: { max_line_size: "0KB", ingestion_rate_mb: 9999 } } }),
  ],
  "pod-security": [stack({ grafana: { containerSecurityContext: { privileged: true } } })],
  "collector-pipelines": [
    release("fluent-bit", { config: { outputs: "[OUTPUT]\n    Name loki\n    Match app.*\n" } }),
  ],
  "scrape-cost": [
    stack({
      prometheus: { prometheusSpec: { scrapeInterval: "1s", scrapeTimeout: "2s", sampleLimit: 0 } },
    }),
    serviceMonitor("inventory-service", "ticketing", {
      endpoints: [{ port: "m", interval: "1s", scrapeTimeout: "10s" }],
    }),
  ],
  "external-labels": [
    release("prometheus", { server: { remoteWrite: [{ url: "https://mimir.shop.io" }] } }),
  ],
  "resource-requests": [stack({ prometheus: { prometheusSpec: { resources: undefined } } })],
  "prod-high-availability": [
    stack({
      prometheus: { prometheusSpec: { replicas: 1 } },
      alertmanager: { podDisruptionBudget: { enabled: false } },
    }),
    release(
      "loki",
      { deploymentMode: "SingleBinary", loki: { commonConfig: { replication_factor: 1 } } },
      "prod",
    ),
  ],
  "pinned-charts": [
    resource("kubernetes:helm.sh/v3:Release", "loki", {
      chart: "loki",
      name: "loki",
      version: "^1",
      repositoryOpts: { repo: "https://charts.acme.io", username: "u", password: "p" },
    }),
    resource("kubernetes:helm.sh/v4:Chart", "loki", {
      chart: "oci://registry.acme.io/loki",
      name: "loki",
      version: ">1",
    }),
  ],
};
