import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { judgedByThePack } from "./completePack";
import {
  bucketName,
  configSecret,
  configText,
  goodConfig,
  lokiBucketStack,
  podTrust,
  routesFirst,
  policyDocument,
  stack,
  subject,
  webTrust,
} from "./platformSubjects";
import { RuleFixture, prometheusRule, resource, serviceMonitor } from "./subjects";

const operator = "kubernetes:monitoring.coreos.com/v1";
const kube = (type: string, name: string, props: PlainMap): Resource =>
  resource(`kubernetes:${type}`, name, { metadata: { name, namespace: "monitoring" }, ...props });

/** A pinned release of the chart in production. */
function pinned(change: PlainMap = {}): Resource {
  const { props, ...release } = stack(change);
  const repo = "https://prometheus-community.github.io/helm-charts";
  return { ...release, props: { ...(props as PlainMap), repositoryOpts: { repo } } };
}

/** The chart with a change of its values, with the Alertmanager configuration that it loads. */
const server = (spec: PlainMap, change: PlainMap = {}): Resource[] => [
  pinned({ prometheus: { prometheusSpec: spec }, ...change }),
  configSecret(),
];
const grafana = (values: PlainMap): Resource[] => [pinned({ grafana: values }), configSecret()];

const resources = { requests: { memory: "4Gi" } };
const annotations = {
  summary: "The service is affected",
  description: "Users see errors.",
  runbook_url: "https://runbooks.shop.io/service",
};
const rule = (alert: string, severity: string, wait: string | undefined, expr: string) => ({
  alert,
  expr,
  ...(wait === undefined ? {} : { for: wait }),
  labels: { severity },
  annotations,
});
/** Rules in a stack whose Prometheus selects them. */
const rules = (...fixtures: RuleFixture[]): Resource[] => [
  ...server({ ruleSelectorNilUsesHelmValues: false }),
  prometheusRule(fixtures),
];
const warning = (expr: string): Resource[] => rules(rule("Slow", "warning", "10m", expr));

const oncall = {
  name: "oncall",
  pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
};
const delivery = (change: PlainMap): Resource[] => [
  pinned(),
  configSecret({ receivers: [...goodConfig.receivers, oncall], ...change }),
];
const chart = (repo: string | undefined, name: string): Resource =>
  resource(
    "kubernetes:helm.sh/v3:Release",
    name,
    {
      name,
      chart: repo === undefined ? name : (name.split("/").at(-1) ?? name),
      version: "1.2.3",
      ...(repo === undefined ? {} : { repositoryOpts: { repo } }),
      values: {},
    },
    "prod",
  );

const arn = `arn:aws:s3:::${bucketName}`;
const key = "arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-0000-4444-8888-1234567890ab";
const rolePolicy = (name: string, ...statements: object[]): Resource =>
  resource("aws:iam/rolePolicy:RolePolicy", name, { policy: policyDocument(...statements) });
const role = (name: string, ...statements: object[]): Resource =>
  resource("aws:iam/role:Role", name, { name, assumeRolePolicy: policyDocument(...statements) });
const allow = (Action: string[], ...Resources: string[]) => ({
  Effect: "Allow",
  Action,
  Resource: Resources,
});
const logGroup = (name: string, retentionInDays: number): Resource =>
  resource("aws:cloudwatch/logGroup:LogGroup", "log-group", { name, retentionInDays });
const publicAccess = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};

const errors = (service: string) =>
  `sum(rate(http_requests_total{service="${service}", status=~"5.."}[5m])) / sum(rate(http_requests_total{service="${service}"}[5m]))`;

const dashboard = (
  labels: PlainMap,
  text = '{"title": "Shop", "panels": []}',
  namespace = "shop",
) =>
  kube("core/v1:ConfigMap", "shop-dashboard", {
    metadata: { name: "shop-dashboard", namespace, labels },
    data: { "shop.json": text },
  });
const sources = (...additionalDataSources: PlainMap[]): Resource[] =>
  grafana({ additionalDataSources });
const grafanaChart = (values: PlainMap): Resource => {
  const { props, ...release } = chart("https://grafana-community.github.io/helm-charts", "grafana");
  return { ...release, props: { ...(props as PlainMap), namespace: "monitoring", values } };
};
const selecting = {
  ruleSelectorNilUsesHelmValues: false,
  serviceMonitorSelectorNilUsesHelmValues: false,
};
const service = (labels: PlainMap, namespace = "shop", props: PlainMap = {}): Resource =>
  kube("core/v1:Service", "redis-exporter", {
    metadata: { name: "redis-exporter", namespace, labels, ...props },
    spec: { selector: { app: "redis-exporter" }, ports: [{ name: "metrics", port: 9121 }] },
  });
const redisMonitor = (spec: PlainMap = {}, namespace = "shop"): Resource =>
  serviceMonitor("redis-exporter", namespace, spec);
const networkPolicy = (...from: PlainMap[]): Resource =>
  kube("networking.k8s.io/v1:NetworkPolicy", "shop", {
    metadata: { name: "shop", namespace: "shop" },
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from }] },
  });
const redis = { app: "redis-exporter" };

/** Set-ups of experienced teams, by the class of practice. No policy may refuse them. */
const sound: Record<string, Record<string, Resource[]>> = {
  "data sources and dashboards of Grafana": {
    "sources next to that of the chart": sources(
      { name: "Loki", type: "loki", url: "http://loki-gateway.loki.svc" },
      { name: "Tempo", type: "tempo", url: "http://tempo.tempo.svc:3200", isDefault: false },
    ),
    "another default source": grafana({
      sidecar: { datasources: { defaultDatasourceEnabled: false } },
      additionalDataSources: [
        {
          name: "Thanos",
          type: "prometheus",
          url: "http://thanos-query.thanos.svc",
          isDefault: true,
        },
      ],
    }),
    "a default source of each organization": sources(
      { name: "A", type: "loki", url: "http://a.loki.svc", orgId: 2, isDefault: true },
      { name: "B", type: "loki", url: "http://b.loki.svc", orgId: 3, isDefault: true },
    ),
    "a local proxy in a container of the pod": grafana({
      extraContainers: "- name: sigv4\n  image: sigv4-proxy:1.8\n",
      additionalDataSources: [{ name: "AMP", type: "prometheus", url: "http://localhost:8005" }],
    }),
    "a dashboard by label": [...server({}), dashboard({ grafana_dashboard: "1" })],
    "a label of the team's choice": [
      ...grafana({ sidecar: { dashboards: { label: "dashboards", labelValue: "shop" } } }),
      dashboard({ dashboards: "shop" }),
    ],
    "a dashboard that Grafana mounts": [
      grafanaChart({
        admin: { existingSecret: "grafana-admin" },
        sidecar: { dashboards: { enabled: true } },
        dashboardsConfigMaps: { default: "shop-dashboard" },
      }),
      dashboard({}, undefined, "monitoring"),
    ],
    "a dashboard of the operator of Grafana": [
      ...server({}),
      dashboard({}),
      kube("grafana.integreatly.org/v1beta1:GrafanaDashboard", "shop", {
        spec: { configMapRef: { name: "shop-dashboard", key: "shop.json" } },
      }),
    ],
    "a dashboard with a variable for its source": [
      ...server({}),
      dashboard(
        { grafana_dashboard: "1" },
        '{"title": "A", "templating": {"list": [{"name": "DS_PROMETHEUS", "type": "datasource"}]}, "panels": [{"datasource": "${DS_PROMETHEUS}"}]}',
      ),
    ],
    "dashboards without Grafana in the stack": [dashboard({})],
    "a sidecar that searches every namespace": [
      grafanaChart({
        admin: { existingSecret: "grafana-admin" },
        sidecar: { dashboards: { enabled: true, searchNamespace: "ALL" } },
      }),
      dashboard({ grafana_dashboard: "true" }),
    ],
    "a ConfigMap of another kind of JSON": [
      ...server({}),
      kube("core/v1:ConfigMap", "settings", {
        data: { "settings.json": '{"title": "x", "limits": {}}' },
      }),
    ],
  },
  "monitors, and what they scrape": {
    "a monitor of a Service of another stack": [...server(selecting), redisMonitor()],
    "a Service of the same labels elsewhere, with a monitor of its own": [
      ...server(selecting),
      redisMonitor(),
      { ...service(redis, "cart"), name: "other" },
      { ...redisMonitor({}, "cart"), name: "other" },
    ],
    "a namespace that the monitor names": [
      ...server(selecting),
      service(redis),
      redisMonitor({ namespaceSelector: { matchNames: ["shop"] } }, "monitoring"),
    ],
    "any namespace": [
      ...server(selecting),
      service(redis),
      redisMonitor({ namespaceSelector: { any: true } }, "monitoring"),
    ],
    "annotations next to a monitor": [
      ...server(selecting),
      service(redis, "shop", { annotations: { "prometheus.io/scrape": "true" } }),
      redisMonitor(),
    ],
    "annotations with a job for them": [
      ...server({
        additionalScrapeConfigs: [
          { job_name: "annotated", kubernetes_sd_configs: [{ role: "endpoints" }] },
        ],
      }),
      service(redis, "shop", { annotations: { "prometheus.io/scrape": "true" } }),
    ],
    "a network policy for the namespace of Prometheus": [
      ...server(selecting),
      service(redis),
      redisMonitor(),
      networkPolicy({
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
      }),
    ],
    "a network policy by labels that another stack sets": [
      ...server(selecting),
      service(redis),
      redisMonitor(),
      networkPolicy({ namespaceSelector: { matchLabels: { team: "platform" } } }),
    ],
    "steps that drop and keep by name": [
      ...server(selecting),
      redisMonitor({
        endpoints: [
          {
            port: "metrics",
            relabelings: [{ action: "labeldrop", regex: "pod_template_hash" }],
            metricRelabelings: [
              { sourceLabels: ["__name__"], regex: "go_gc_.*|process_.+", action: "drop" },
              { sourceLabels: ["queue"], regex: "q[0-9]*", action: "keep" },
            ],
          },
        ],
      }),
    ],
  },
  "units, types and templates of rules": {
    "patterns for any text": warning(
      'sum(rate(jobs_failed_total{queue=~"mail-.*|push-.+"}[5m])) > 5',
    ),
    "a pattern with a repeated class": warning(
      'sum(rate(jobs_failed_total{queue=~"q[0-9]*"}[5m])) > 5',
    ),
    "the change of a gauge": warning("delta(node_filesystem_avail_bytes[1h]) < -1e9"),
    "the trend of a gauge": warning("deriv(process_resident_memory_bytes[1h]) > 1e5"),
    "the rate of a counter of kube-state-metrics": warning(
      "increase(kube_pod_container_status_restarts_total[15m]) > 3",
    ),
    "memory in bytes": warning("process_resident_memory_bytes > 2 * 1024 ^ 3"),
    "memory in GiB": warning("process_resident_memory_bytes / 1024 ^ 3 > 2"),
    "swap that is used at all": warning(
      "node_memory_SwapTotal_bytes - node_memory_SwapFree_bytes > 0",
    ),
    "days until a certificate expires": warning(
      "(probe_ssl_earliest_cert_expiry - time()) / 86400 < 21",
    ),
    "an expired certificate": warning("probe_ssl_earliest_cert_expiry - time() < 0"),
    "hours since a backup": warning("time() - backup_last_success_timestamp_seconds > 26 * 3600"),
    "a heartbeat of two minutes": warning("time() - max(heartbeat_timestamp_seconds) > 120"),
    "used memory as a ratio": warning(
      "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes > 0.9",
    ),
    "used memory in the other notation": warning(
      "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
    ),
    "a share of the time of a condition": warning(
      "avg_over_time((queue_length > bool 100)[30m:1m]) > 0.8",
    ),
    "a template with variables and a query": rules({
      ...rule("Slow", "warning", "10m", "queue_length > 1000"),
      annotations: {
        ...annotations,
        description:
          '{{ range $i, $s := query "sum by (pod) (up)" }}{{ if gt $i 0 }}, {{ end }}{{ $s.Labels.pod }}{{ end }} {{ with $labels.pod }}{{ . }}{{ end }} {{ printf "%.1f" $value | reReplaceAll "x" "y" }} {{ .ExternalLabels.cluster }}',
      },
    }),
  },
  "routes of several teams": {
    "a copy for each team, and then the default": delivery({
      ...routesFirst(
        { matchers: ['team="shop"'], receiver: "slack", continue: true },
        { matchers: ['team=~"shop|cart"', 'severity="critical"'], receiver: "slack" },
      ),
    }),
    "a narrower route before a wider one": delivery(
      routesFirst(
        { matchers: ['team="shop"', 'severity="critical"'], receiver: "oncall" },
        { matchers: ['team="shop"'], receiver: "slack" },
      ),
    ),
    "a route for an empty label": delivery(
      routesFirst(
        { matchers: ['team=""', 'severity="warning"'], receiver: "slack" },
        { matchers: ['team="shop"'], receiver: "oncall" },
      ),
    ),
    "routes below a route": delivery(
      routesFirst({
        matchers: ['namespace=~"shop-.*"'],
        receiver: "slack",
        routes: [{ matchers: ['severity="critical"', 'namespace="shop-eu"'], receiver: "oncall" }],
      }),
    ),
  },
  "short local retention with long-term storage": {
    "Thanos sidecar": server({
      retention: "24h",
      thanos: { objectStorageConfig: { existingSecret: { name: "thanos", key: "config" } } },
    }),
    "remote write to Mimir": server({
      retention: "6h",
      remoteWrite: [{ url: "http://mimir-gateway.mimir.svc/api/v1/push" }],
    }),
    "a Prometheus object with a Thanos sidecar": [
      kube("monitoring.coreos.com/v1:Prometheus", "k8s", {
        spec: {
          replicas: 2,
          retention: "2d",
          retentionSize: "30GiB",
          resources,
          externalLabels: { cluster: "shop" },
          scrapeInterval: "30s",
          enforcedSampleLimit: 50_000,
          thanos: { objectStorageConfig: { name: "thanos", key: "objstore.yml" } },
          storage: {
            volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } },
          },
        },
      }),
    ],
  },
  "a ruler over long-term storage": {
    "a ThanosRuler with objectives of 30 days": [
      ...server({
        retention: "24h",
        thanos: { objectStorageConfig: { existingSecret: { name: "thanos", key: "config" } } },
        ruleSelector: { matchLabels: { evaluate: "prometheus" } },
      }),
      kube("monitoring.coreos.com/v1:ThanosRuler", "ruler", {
        spec: {
          replicas: 2,
          ruleSelector: { matchLabels: { evaluate: "thanos" } },
          queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"],
          alertmanagersUrl: ["http://alertmanager-operated.monitoring.svc:9093"],
        },
      }),
      resource(`${operator}:PrometheusRule`, "slo", {
        metadata: { name: "slo", namespace: "monitoring", labels: { evaluate: "thanos" } },
        spec: {
          groups: [
            {
              name: "slo",
              rules: [{ record: "slo:availability30d", expr: "avg_over_time(slo[30d])" }],
            },
          ],
        },
      }),
    ],
    "the ruler of the chart": [
      pinned({
        prometheus: {
          prometheusSpec: {
            ruleSelector: { matchLabels: { evaluate: "prometheus" } },
            retention: "24h",
            remoteWrite: [{ url: "http://receive.thanos.svc/api/v1/receive" }],
          },
        },
        thanosRuler: {
          enabled: true,
          thanosRulerSpec: {
            ruleSelector: { matchLabels: { evaluate: "thanos" } },
            queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"],
            alertmanagersUrl: ["http://alertmanager-operated.monitoring.svc:9093"],
          },
        },
      }),
      configSecret(),
      resource(`${operator}:PrometheusRule`, "slo", {
        metadata: { name: "slo", namespace: "monitoring", labels: { evaluate: "thanos" } },
        spec: {
          groups: [
            { name: "slo", rules: [{ record: "slo:errors90d", expr: "avg_over_time(slo[90d])" }] },
          ],
        },
      }),
    ],
  },
  "a second, less strict tier": {
    "a warning at 5% and a page at 20%": rules(
      rule("Errors", "warning", "10m", `${errors("cart")} > 0.05`),
      rule("ManyErrors", "critical", "5m", `${errors("cart")} > 0.2`),
    ),
    "memory at 85% and 95%": rules(
      rule(
        "Memory",
        "warning",
        "15m",
        'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.85',
      ),
      rule(
        "MemoryAlmostFull",
        "critical",
        "5m",
        'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.95',
      ),
    ),
    "a strict tier for all services and another for one of them": rules(
      rule(
        "Latency",
        "warning",
        "10m",
        "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
      ),
      rule(
        "CheckoutVerySlow",
        "critical",
        "5m",
        'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m]))) > 2',
      ),
    ),
  },
  "ratios that may be above 1": {
    fragmentation: warning("redis_mem_fragmentation_ratio > 1.5"),
    "load per CPU, recorded": warning("instance:node_load1_per_cpu:ratio > 2"),
    "load per CPU": warning(
      'node_load5 / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle"}) > 1.5',
    ),
    "replication lag": warning("mysql_replication_lag:heartbeat_ratio > 3"),
    "the busiest shard and the average": warning(
      'max(rate(shard_ops_total{role="primary"}[5m])) / avg(rate(shard_ops_total[5m])) > 3',
    ),
    "a burst": warning(
      'sum(rate(logins_total{outcome="failed"}[5m])) / sum(rate(logins_total[1h])) > 4',
    ),
  },
  "slow conditions that must hold for an hour": {
    "a filesystem that fills up": rules(
      rule(
        "FilesystemFillsUp",
        "critical",
        "1h",
        '(node_filesystem_avail_bytes{fstype!=""} / node_filesystem_size_bytes{fstype!=""} * 100 < 15 and predict_linear(node_filesystem_avail_bytes{fstype!=""}[6h], 4 * 60 * 60) < 0 and node_filesystem_readonly{fstype!=""} == 0)',
      ),
    ),
    "a filesystem without files": rules(
      rule(
        "FilesystemHasNoFiles",
        "critical",
        "1h",
        'node_filesystem_files_free{fstype!=""} / node_filesystem_files{fstype!=""} * 100 < 3',
      ),
    ),
    "a certificate that expires": rules(
      rule(
        "CertificateExpires",
        "critical",
        "1h",
        "certmanager_certificate_expiration_timestamp_seconds - time() < 3 * 86400",
      ),
    ),
    "a backup that is missing": rules(
      rule(
        "BackupIsOld",
        "critical",
        "30m",
        "time() - velero_backup_last_successful_timestamp > 90000",
      ),
    ),
    "a burn rate without `for`": rules(
      rule(
        "BudgetBurns",
        "critical",
        undefined,
        `${errors("cart")} > 14.4 * 0.001 and ${errors("cart").replaceAll("5m", "1h")} > 14.4 * 0.001`,
      ),
    ),
  },
  "shapes of public rules": {
    "duplicates removed before a join": warning(
      "sum by (queue) (rate(jobs_failed_total[5m])) * on (queue) group_left (owner) topk by (queue) (1, max by (queue, owner) (queue_owner)) > 3",
    ),
    "a quotient without duplicates": warning(
      'topk by (tenant) (1, tenant_usage{kind="used"}) / on (tenant) topk by (tenant) (1, tenant_usage{kind="hard"} > 0) > 0.9',
    ),
    "a quantile with the name of its node": warning(
      "histogram_quantile(0.99, sum by (instance, le) (rate(sync_seconds_bucket[5m])) * on (instance) group_left (node) max by (instance, node) (agent_info)) > 10",
    ),
    "a pattern that excludes one route": warning(
      'sum by (job) (rate(requests_failed_total{route!~"ready"}[5m])) > 1',
    ),
    "a daily job that has not run since its start": rules(
      rule("NeverCompacted", "critical", "24h", "compactor_last_success_timestamp_seconds == 0"),
    ),
    "a label that must exist": warning('rate(sends_failed_total{receiver!~""}[5m]) > 1'),
    "members that disagree": rules(
      rule(
        "MembersDisagree",
        "critical",
        "20m",
        'count by (job) (count_values by (job) ("config_hash", alertmanager_config_hash)) != 1',
      ),
    ),
    "a slow burn rate": rules(
      rule(
        "BudgetBurnsSlowly",
        "warning",
        "3h",
        "requests:burnrate6h > 1 * (1 - 0.99) and requests:burnrate4d > 1 * (1 - 0.99)",
      ),
    ),
    "failures over hours": rules(
      rule("CompactionsFail", "warning", "4h", "increase(compactions_failed_total[3h]) > 0"),
    ),
    "a burn rate of recorded ratios": rules(
      { record: "slo:error:ratio_rate5m", expr: errors("cart") },
      { record: "slo:error:ratio_rate1h", expr: errors("cart").replaceAll("5m", "1h") },
      rule(
        "BudgetBurns",
        "critical",
        undefined,
        'max(slo:error:ratio_rate5m{slo="cart"} > 14.4 * 0.001) and max(slo:error:ratio_rate1h{slo="cart"} > 14.4 * 0.001)',
      ),
    ),
  },
  "one-minute ranges at 15 s scrapes": {
    "in a Prometheus that scrapes every 15 s": [
      ...server({ scrapeInterval: "15s", ruleSelectorNilUsesHelmValues: false }),
      prometheusRule([rule("Slow", "warning", "5m", "rate(queue_retries_total[1m]) > 3")]),
    ],
    "on a service that is scraped every 15 s": [
      ...server({
        ruleSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
      }),
      serviceMonitor("redis-exporter", "shop", {
        endpoints: [{ port: "metrics", interval: "15s" }],
      }),
      prometheusRule([
        rule("Slow", "warning", "5m", 'rate(redis_commands_total{job="redis-exporter"}[1m]) > 900'),
      ]),
    ],
    "a recording rule": [
      ...server({ scrapeInterval: "15s", ruleSelectorNilUsesHelmValues: false }),
      prometheusRule([
        { record: "job:requests:rate1m", expr: "sum by (job) (rate(requests_total[1m]))" },
      ]),
    ],
  },
  "roles in AWS": {
    "a role that backs up the bucket": [
      role("loki-backup", {
        Effect: "Allow",
        Principal: { Service: "backup.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
      resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "loki-backup", {
        role: "loki-backup",
        policyArn: "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
      }),
    ],
    "a role that replicates the bucket": [
      role("loki-replication", {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
      rolePolicy(
        "loki-replication",
        allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], arn),
        allow(["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"], `${arn}/*`),
        allow(["s3:ReplicateObject", "s3:ReplicateDelete"], `${arn}-replica/*`),
      ),
    ],
    "a prefix in a shared bucket": [
      rolePolicy(
        "loki",
        {
          ...allow(["s3:ListBucket"], "arn:aws:s3:::observability"),
          Condition: { StringLike: { "s3:prefix": ["loki/*"] } },
        },
        allow(
          ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
          "arn:aws:s3:::observability/loki/*",
        ),
      ),
    ],
    "the service accounts of Loki's targets": [
      role(
        "loki",
        webTrust({
          StringLike: { [subject]: "system:serviceaccount:monitoring:loki-*" },
          StringEquals: { [subject.replace(":sub", ":aud")]: "sts.amazonaws.com" },
        }),
      ),
    ],
    "a key": [
      rolePolicy(
        "loki",
        allow(["s3:ListBucket", "s3:GetBucketLocation"], arn),
        allow(
          ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
          `${arn}/*`,
        ),
        allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], key),
      ),
    ],
    "a key by its alias": [
      rolePolicy("loki", {
        ...allow(["kms:Decrypt", "kms:GenerateDataKey"], key.replace(/[^/]*$/, "*")),
        Condition: { StringEquals: { "kms:ResourceAliases": "alias/loki" } },
      }),
    ],
    "one bucket for chunks and one for rules": [
      rolePolicy(
        "loki",
        allow(["s3:ListBucket"], "arn:aws:s3:::shop-loki-chunks", "arn:aws:s3:::shop-loki-ruler"),
        allow(
          ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
          "arn:aws:s3:::shop-loki-chunks/*",
          "arn:aws:s3:::shop-loki-ruler/*",
        ),
      ),
    ],
    "Pod Identity": [role("loki", podTrust)],
  },
  "public access": {
    "blocked for the account": [
      ...lokiBucketStack({ bucketPublicAccessBlock: undefined }).slice(1),
      resource("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", publicAccess),
    ],
  },
  "access to Grafana": {
    "a load balancer that discovers its certificate": grafana({
      ingress: {
        enabled: true,
        ingressClassName: "alb",
        hosts: ["grafana.shop.io"],
        annotations: { "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS": 443}]' },
      },
    }),
    "a load balancer that redirects": [
      kube("networking.k8s.io/v1:Ingress", "grafana", {
        metadata: {
          name: "grafana",
          namespace: "monitoring",
          annotations: {
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
            "alb.ingress.kubernetes.io/ssl-redirect": "443",
          },
        },
        spec: {
          rules: [
            {
              host: "grafana.shop.io",
              http: { paths: [{ path: "/", backend: { service: { name: "grafana" } } }] },
            },
          ],
        },
      }),
    ],
    "single sign-on without a local admin": grafana({
      admin: { existingSecret: "" },
      "grafana.ini": {
        security: { disable_initial_admin_creation: true },
        "auth.azuread": { enabled: true, allowed_organizations: "5f8c…" },
      },
    }),
    "single sign-on without passwords": grafana({
      admin: { existingSecret: "" },
      "grafana.ini": {
        auth: { disable_login_form: true },
        "auth.basic": { enabled: false },
        "auth.generic_oauth": { enabled: true, allowed_domains: "shop.io" },
      },
    }),
  },
  "references to secrets": {
    "a SealedSecret": [
      kube("bitnami.com/v1alpha1:SealedSecret", "grafana-admin", {
        spec: {
          encryptedData: {
            "admin-password": `AgB${"k3Xq9ZpL".repeat(40)}`,
            apiToken: "AgBy3i4OJSWK",
          },
        },
      }),
    ],
    "a path in Vault": grafana({
      admin: { existingSecret: "grafana-admin" },
      smtp: { password: "vault:secret/data/grafana#smtp-password" },
    }),
    "a reference of vals": grafana({
      admin: { existingSecret: "grafana-admin" },
      database: { password: "ref+vault://secret/grafana#/database" },
    }),
    "an ExternalSecret": [
      kube("external-secrets.io/v1:ExternalSecret", "smtp", {
        spec: {
          secretStoreRef: { kind: "ClusterSecretStore", name: "aws" },
          target: { name: "smtp", template: { data: { password: "{{ .smtpPassword }}" } } },
          data: [
            { secretKey: "smtpPassword", remoteRef: { key: "prod/smtp", property: "password" } },
          ],
        },
      }),
    ],
    "a secret of AWS": grafana({
      admin: { existingSecret: "grafana-admin" },
      env: {
        GF_DATABASE_PASSWORD:
          "arn:aws:secretsmanager:eu-west-1:123456789012:secret:grafana-db-AbCdEf",
      },
    }),
    "an item of 1Password": grafana({
      admin: { existingSecret: "grafana-admin" },
      smtp: { password: "op://monitoring/smtp/password" },
    }),
  },
  notifications: {
    "send_resolved: yes": [
      pinned(),
      configText(stringify(goodConfig).replace("send_resolved: true", "send_resolved: yes")),
    ],
    "inhibition by node": delivery({
      inhibit_rules: [
        ...goodConfig.inhibit_rules,
        {
          source_matchers: ['alertname="NodeDown"'],
          target_matchers: ['severity=~"critical|warning"'],
          equal: ["node"],
        },
      ],
    }),
    "inhibition by instance": delivery({
      inhibit_rules: [
        ...goodConfig.inhibit_rules,
        {
          source_matchers: ['alertname="KubeNodeUnreachable"', 'severity="critical"'],
          target_matchers: ['severity="critical"', 'alertname!="KubeNodeUnreachable"'],
          equal: ["cluster", "instance"],
        },
      ],
    }),
    "runbooks by template": rules({
      ...rule("Slow", "warning", "10m", "queue_length > 100"),
      annotations: {
        ...annotations,
        runbook_url: "https://runbooks.shop.io/{{ $labels.alertname }}?team={{ $labels.team }}",
      },
    }),
    "runbooks on a configured host": rules({
      ...rule("Slow", "warning", "10m", "queue_length > 100"),
      annotations: { ...annotations, runbook_url: "{{ $externalLabels.runbooks }}/slow" },
    }),
  },
  "repositories of charts": {
    "the registry of Prometheus": [
      chart(undefined, "oci://ghcr.io/prometheus-community/charts/kube-state-metrics"),
    ],
    "the registry of Grafana": [chart(undefined, "oci://ghcr.io/grafana/helm-charts/alloy")],
    "cert-manager": [chart("https://charts.jetstack.io", "cert-manager")],
    "ingress-nginx": [chart("https://kubernetes.github.io/ingress-nginx", "ingress-nginx")],
    "the registry of AWS": [chart(undefined, "oci://public.ecr.aws/karpenter/karpenter")],
    "External Secrets": [chart("https://charts.external-secrets.io", "external-secrets")],
    OpenTelemetry: [
      chart(
        "https://open-telemetry.github.io/opentelemetry-helm-charts",
        "opentelemetry-collector",
      ),
    ],
  },
  "exporters that are not services": Object.fromEntries(
    ["postgres-exporter", "prometheus-blackbox-exporter", "kube-state-metrics", "cert-manager"].map(
      (name): [string, Resource[]] => [
        name,
        [...server({ serviceMonitorSelectorNilUsesHelmValues: false }), serviceMonitor(name)],
      ],
    ),
  ),
  "existing claims": {
    "the chart prometheus": [
      resource(
        "kubernetes:helm.sh/v3:Release",
        "prometheus",
        {
          name: "prometheus",
          chart: "prometheus",
          version: "27.0.0",
          repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
          values: {
            server: {
              retention: "30d",
              retentionSize: "80GiB",
              resources,
              persistentVolume: { existingClaim: "prometheus-data", size: "" },
            },
            alertmanager: { enabled: false },
          },
        },
        "prod",
      ),
    ],
    "a small default size": [
      resource(
        "kubernetes:helm.sh/v3:Release",
        "prometheus",
        {
          name: "prometheus",
          chart: "prometheus",
          version: "27.0.0",
          repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
          values: {
            server: {
              retention: "15d",
              retentionSize: "80GiB",
              resources,
              persistentVolume: { enabled: true, existingClaim: "prometheus-data" },
            },
            alertmanager: { enabled: false },
          },
        },
        "prod",
      ),
    ],
  },
  "log groups for audits": {
    CloudTrail: [logGroup("/aws/cloudtrail/organization", 2557)],
    "an audit log": [logGroup("/shop/audit", 2557)],
    "the control plane of EKS": [logGroup("/aws/eks/prod/cluster", 2557)],
  },
};

describe("sound practice", () => {
  for (const [practice, cases] of Object.entries(sound)) {
    describe(practice, () => {
      for (const [name, resources] of Object.entries(cases)) {
        it(name, async () => {
          for (const profile of ["strict", "baseline"] as const) {
            const found = await judgedByThePack(resources.map(inProd), profile);
            const texts = found.map(({ policy, message }) => `${policy}: ${message}`);
            assert.deepEqual(texts, [], profile);
          }
        });
      }
    });
  }
});

function inProd(subject: Resource): Resource {
  return { ...subject, urn: subject.urn.replace(":dev:", ":prod:") };
}
