import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  accessStatements,
  bucketName,
  changed,
  configSecret,
  podTrust,
  policyDocument,
  stackValues,
} from "../platformSubjects";
import { resource } from "../subjects";
import {
  Mistakes,
  argo,
  base,
  bucketParts,
  chart,
  delivering,
  flux,
  grafana,
  itJudges,
  kube,
  loki,
  manifests,
  pinned,
  plain,
  rolePolicy,
  rule,
  selectsAll,
  withConfig,
  withRules,
  withValues,
} from "./subjects";

const aws = (type: string, name: string, props: PlainMap) =>
  resource(`aws:${type}`, name, props, "prod");
const withVersion = (release: Resource, version: string): Resource => ({
  ...release,
  props: { ...(release.props as PlainMap), version },
});
const critical = { labels: { severity: "critical" } };
const grafanaHost = {
  ingress: {
    enabled: true,
    ingressClassName: "nginx",
    hosts: ["grafana.acme-corp.io"],
    tls: [{ secretName: "grafana-tls", hosts: ["grafana.acme-corp.io"] }],
  },
};
const exporter = (endpoint: string) =>
  manifests(`
apiVersion: v1
kind: Service
metadata: {name: invoices, namespace: shop, labels: {app: invoices}}
spec: {selector: {app: invoices}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: invoices, namespace: shop}
spec:
  selector: {matchLabels: {app: invoices}}
  endpoints:
    - port: metrics
      interval: 30s
${endpoint}
`);
const inline = (config: PlainMap, spec: PlainMap = {}) =>
  pinned({
    alertmanager: {
      config,
      alertmanagerSpec: { useExistingSecret: false, configSecret: undefined, ...spec },
    },
  });

const mistakes: Mistakes = {
  "a phase of a pod in lower case": [
    "promql-valid",
    withRules(
      rule("PodsPending", 'sum by (namespace) (kube_pod_status_phase{phase="pending"}) > 0', {
        for: "15m",
      }),
    ),
  ],
  "the expiry of a certificate without the time": [
    "promql-units",
    withRules(
      plain("CertificateExpires", "probe_ssl_earliest_cert_expiry < 14 * 86400", { for: "30m" }),
    ),
  ],
  "or vector(0) after the threshold": [
    "promql-valid",
    withRules(plain("PaymentsFail", "sum(rate(payments_failed_total[5m])) > 1 or vector(0)")),
  ],
  "$label instead of $labels": [
    "promql-valid",
    withRules(
      rule("QueueLong", "sum by (namespace, queue) (queue_messages_ready) > 1000", {
        annotations: {
          summary: "Queue {{ $label.queue }} is long",
          description: "It has {{ $value }} messages.",
          runbook_url: "https://runbooks.shop.io/queue",
        },
      }),
    ),
  ],
  "the severity among the annotations": [
    "alert-severity",
    manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: invoices, namespace: shop}
spec:
  groups:
    - name: invoices
      rules:
        - alert: InvoicesLate
          expr: sum(invoices_pending) > 500
          for: 10m
          annotations:
            severity: critical
            summary: Invoices are late
            description: "{{ $value }} invoices wait."
            runbook_url: https://runbooks.shop.io/invoices
`).concat([pinned(selectsAll), configSecret()]),
  ],
  "two groups with one name": [
    "rules-are-loaded",
    [
      pinned(selectsAll),
      configSecret(),
      kube("monitoring.coreos.com/v1:PrometheusRule", "shop", {
        spec: {
          groups: [
            { name: "shop.rules", rules: [plain("OrdersStuck", "sum(orders_stuck) > 10")] },
            { name: "shop.rules", rules: [plain("RefundsStuck", "sum(refunds_stuck) > 10")] },
          ],
        },
      }),
    ],
  ],
  "a matcher as a map": [
    "severities-delivered",
    withConfig(`
route:
  routes:
    - matchers: [alertname="Watchdog"]
      receiver: heartbeat
      repeat_interval: 1m
    - matchers:
        - severity: critical
      receiver: slack
`),
  ],
  "a Workflows URL of Teams in msteams_configs": [
    "severities-delivered",
    withConfig(`
receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    msteams_configs:
      - send_resolved: true
        webhook_url: "https://prod-112.westeurope.logic.azure.com:443/workflows/0f1e2d3c4b5a69788796a5b4c3d2e1f0/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Zk3v9QpLm2xT7wYbN4cR8sHdJ6gF1aKe0uVtXzPqWrE"
`),
  ],
  "the AlertmanagerConfig of the platform": [
    "severities-delivered",
    [
      inline({
        route: {
          receiver: "null",
          group_by: ["alertname", "namespace"],
          group_wait: "30s",
          group_interval: "5m",
          repeat_interval: "12h",
          routes: [],
        },
        receivers: [{ name: "null" }],
      }),
      ...manifests(`
apiVersion: v1
kind: Secret
metadata: {name: slack, namespace: monitoring}
stringData: {url: "https://hooks.slack.com/services/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"}
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: platform, namespace: monitoring}
spec:
  route:
    receiver: slack
    groupBy: [alertname, namespace]
    groupWait: 30s
    groupInterval: 5m
    repeatInterval: 12h
  receivers:
    - name: slack
      slackConfigs:
        - apiURL: {name: slack, key: url}
          channel: "#alerts"
          sendResolved: true
`),
    ],
  ],
  "a heartbeat with the twelve hours of the root route": [
    "watchdog-routed",
    withConfig(`
route:
  receiver: slack
  group_by: [alertname, cluster, service]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    - matchers: [alertname="Watchdog"]
      receiver: heartbeat
    - matchers: [alertname="InfoInhibitor"]
      receiver: "null"
    - matchers: [severity=~"info|none"]
      receiver: "null"
`),
  ],
  "an alarm of CloudWatch whose actions are off": [
    "severities-delivered",
    [
      aws("cloudwatch/metricAlarm:MetricAlarm", "orders-dlq", {
        name: "orders-dlq",
        namespace: "AWS/SQS",
        metricName: "ApproximateNumberOfMessagesVisible",
        dimensions: { QueueName: "orders-dlq" },
        statistic: "Maximum",
        period: 300,
        evaluationPeriods: 1,
        threshold: 0,
        comparisonOperator: "GreaterThanThreshold",
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        actionsEnabled: false,
        treatMissingData: "notBreaching",
      }),
    ],
  ],
  "the retention of the table manager": [
    "loki-retention",
    [
      withVersion(
        loki({
          loki: {
            limits_config: { retention_period: undefined },
            compactor: undefined,
            tableManager: { retention_deletes_enabled: true, retention_period: "720h" },
          },
        }),
        "6.30.1",
      ),
    ],
  ],
  "schema v12 with boltdb-shipper on Loki 3": [
    "loki-retention",
    [
      withVersion(
        loki({
          loki: {
            schemaConfig: {
              configs: [
                {
                  from: "2023-01-01",
                  store: "boltdb-shipper",
                  object_store: "s3",
                  schema: "v12",
                  index: { prefix: "loki_index_", period: "24h" },
                },
              ],
            },
          },
        }),
        "6.30.1",
      ),
    ],
  ],
  "a size limit of 40Gi": [
    "prometheus-storage",
    withValues("prometheus: {prometheusSpec: {retentionSize: 40Gi}}"),
  ],
  "a comparison with last month": [
    "prometheus-retention-covers-rules",
    withRules(
      plain(
        "OrdersDropped",
        "sum(rate(orders_total[1h])) < 0.5 * sum(rate(orders_total[1h] offset 30d))",
        { for: "30m" },
      ),
    ),
  ],
  "noncurrent versions that a disabled rule deletes": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "uploads",
              status: "Enabled",
              filter: {},
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
            {
              id: "versions",
              status: "Disabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
            },
          ],
        },
      }),
      aws("s3/bucketVersioning:BucketVersioning", "loki", {
        bucket: bucketName,
        versioningConfiguration: { status: "Enabled" },
      }),
    ],
  ],
  "a log group with 0 days": [
    "log-group-retention",
    [
      aws("cloudwatch/logGroup:LogGroup", "flow", {
        name: "/aws/vpc/flow-logs",
        retentionInDays: 0,
      }),
    ],
  ],
  "a sign-in with Google for every account": [
    "grafana-exposure",
    [
      grafana({
        ...grafanaHost,
        envValueFrom: {
          GF_AUTH_GOOGLE_CLIENT_SECRET: { secretKeyRef: { name: "grafana-google", key: "secret" } },
        },
        "grafana.ini": {
          server: { root_url: "https://grafana.acme-corp.io" },
          "auth.google": {
            enabled: true,
            client_id: "123-abc.apps.googleusercontent.com",
            scopes: "openid email profile",
            allow_sign_up: true,
          },
        },
      }),
    ],
  ],
  "the client secret of GitHub in grafana.ini": [
    "no-plaintext-credentials",
    [
      flux("grafana", {
        admin: { existingSecret: "grafana-admin" },
        ...grafanaHost,
        "grafana.ini": {
          "auth.github": {
            enabled: true,
            client_id: "Iv1.8a61f9b3a7aba766",
            client_secret: "5f1e9c0d7b3a48264e2d1c9f8b7a60514e3d2c1b",
            allowed_organizations: "acme-corp",
          },
        },
      }),
    ],
  ],
  "the keys of S3 in the values of Loki": [
    "no-plaintext-credentials",
    [
      loki({
        loki: {
          storage: {
            s3: {
              region: "eu-west-1",
              accessKeyId: "AKIAQ3EGRTZ7XK2MPL5B",
              secretAccessKey: "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",
            },
          },
        },
      }),
    ],
  ],
  "the gateway of Loki on the internet": [
    "grafana-exposure",
    [
      loki({
        gateway: {
          ingress: {
            enabled: true,
            ingressClassName: "nginx",
            annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
            hosts: [{ host: "loki.acme-corp.io", paths: [{ path: "/", pathType: "Prefix" }] }],
            tls: [{ secretName: "loki-tls", hosts: ["loki.acme-corp.io"] }],
          },
        },
      }),
    ],
  ],
  "a Grafana where anybody may sign up": [
    "grafana-exposure",
    [
      grafana({
        ...grafanaHost,
        "grafana.ini": { users: { allow_sign_up: true, auto_assign_org_role: "Viewer" } },
      }),
    ],
  ],
  "AmazonS3FullAccess on the role of Loki": [
    "loki-iam-least-privilege",
    [
      aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
      aws("iam/rolePolicyAttachment:RolePolicyAttachment", "loki-s3", {
        role: "loki",
        policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
      }),
      loki(),
    ],
  ],
  "a memory limit below the request": [
    "resource-requests",
    withValues(
      "prometheus: {prometheusSpec: {resources: {requests: {cpu: 500m, memory: 4Gi}, limits: {memory: 2Gi}}}}",
    ),
  ],
  "a budget of two for two replicas": [
    "prod-high-availability",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          alertmanager: { podDisruptionBudget: { enabled: true, minAvailable: 2 } },
        }),
      ),
      configSecret(),
    ],
  ],
  "a dashboard of grafana.com with ${DS_PROMETHEUS}": [
    "grafana-provisioning",
    [
      pinned(selectsAll),
      configSecret(),
      kube(
        "core/v1:ConfigMap",
        "node-exporter-full",
        {
          data: {
            "node-exporter-full.json": JSON.stringify({
              __inputs: [
                {
                  name: "DS_PROMETHEUS",
                  label: "Prometheus",
                  type: "datasource",
                  pluginId: "prometheus",
                },
              ],
              uid: "rYdddlPWk",
              title: "Node Exporter Full",
              schemaVersion: 39,
              panels: [
                {
                  type: "timeseries",
                  title: "CPU",
                  datasource: "${DS_PROMETHEUS}",
                  targets: [{ expr: "rate(node_cpu_seconds_total[5m])" }],
                },
              ],
            }),
          },
        },
        { namespace: "monitoring", labels: { grafana_dashboard: "1" } },
      ),
    ],
  ],
  "a step that drops go_": [
    "scrape-cost",
    [
      pinned(selectsAll),
      configSecret(),
      ...exporter(
        "      metricRelabelings: [{sourceLabels: [__name__], regex: go_, action: drop}]",
      ),
    ],
  ],
};

const receivers = (text: string) => withConfig(`receivers:\n  - name: "null"\n${text}`);
const burnRecord = (w: string) => ({
  record: `job:slo_errors_per_request:ratio_rate${w}`,
  expr: `sum by (job) (rate(api_requests_total{job="checkout", code=~"5.."}[${w}])) / sum by (job) (rate(api_requests_total{job="checkout"}[${w}]))`,
});
const burning = (w: string, f: number) =>
  `job:slo_errors_per_request:ratio_rate${w}{job="checkout"} > (${f} * 0.001)`;

const sound: Record<string, Resource[]> = {
  "alerts of the mixin of cert-manager": [
    chart(
      "cert-manager",
      { crds: { enabled: true }, prometheus: { enabled: true, servicemonitor: { enabled: true } } },
      "https://charts.jetstack.io",
    ),
    ...withRules(
      plain("CertManagerAbsent", 'absent(up{job="cert-manager"})', { ...critical, for: "10m" }),
      rule(
        "CertManagerCertExpirySoon",
        "avg by (exported_namespace, namespace, name) (certmanager_certificate_expiration_timestamp_seconds - time()) < (21 * 24 * 3600)",
        { for: "1h" },
      ),
      rule(
        "CertManagerCertNotReady",
        'max by (name, exported_namespace, namespace, condition) (certmanager_certificate_ready_status{condition!="True"} == 1)',
        { ...critical, for: "10m" },
      ),
      plain(
        "CertManagerHittingRateLimits",
        'sum by (host) (rate(certmanager_http_acme_client_request_count{status="429"}[5m])) > 0',
        { ...critical, for: "5m" },
      ),
    ),
  ],
  "alerts on Postgres": withRules(
    plain("PostgresqlDown", "pg_up == 0", { ...critical, for: "2m" }),
    plain(
      "PostgresqlTooManyConnections",
      "sum by (instance, job, server) (pg_stat_activity_count) > min by (instance, job, server) (pg_settings_max_connections * 0.8)",
    ),
    plain(
      "PostgresqlDeadlocks",
      'increase(pg_stat_database_deadlocks{datname!~"template.*|postgres"}[5m]) > 5',
    ),
    plain(
      "PostgresqlReplicationLag",
      "pg_replication_lag_seconds > 30 and on (instance) pg_replication_is_replica == 1",
    ),
  ),
  "the lag of Kafka that still grows": withRules(
    plain(
      "ConsumerLags",
      'sum by (consumergroup, topic) (kafka_consumergroup_lag{topic!~"__.*"}) > 10000 and sum by (consumergroup, topic) (delta(kafka_consumergroup_lag{topic!~"__.*"}[10m])) > 0',
      { for: "15m" },
    ),
  ),
  "burn rates of the SRE workbook": [
    ...withRules(
      ...["5m", "30m", "1h", "2h", "6h", "1d", "3d"].map(burnRecord),
      plain(
        "CheckoutBurnsFast",
        `(${burning("1h", 14.4)} and ${burning("5m", 14.4)}) or (${burning("6h", 6)} and ${burning("30m", 6)})`,
        { ...critical, for: "2m" },
      ),
      plain(
        "CheckoutBurnsSlowly",
        `(${burning("1d", 3)} and ${burning("2h", 3)}) or (${burning("3d", 1)} and ${burning("6h", 1)})`,
        { for: "15m" },
      ),
    ),
  ],
  "a nightly job behind a Pushgateway": [
    chart("prometheus-pushgateway", { serviceMonitor: { enabled: true, honorLabels: true } }),
    ...withRules(
      plain(
        "NightlyInvoicesMissed",
        'time() - max(push_time_seconds{job="nightly-invoices"}) > 26 * 3600 or absent(push_time_seconds{job="nightly-invoices"})',
        { for: "10m" },
      ),
    ),
  ],
  "alerts of Argo CD and of CoreDNS": withRules(
    plain(
      "ArgoCdAppUnhealthy",
      'sum by (dest_server, project, name, health_status) (argocd_app_info{health_status!~"Healthy|Progressing"}) > 0',
      { for: "15m" },
    ),
    plain(
      "ArgoCdAppOutOfSync",
      'sum by (dest_server, project, name) (argocd_app_info{sync_status!="Synced"}) > 0',
      { for: "30m" },
    ),
    plain(
      "CoreDNSLatencyHigh",
      'histogram_quantile(0.99, sum by (server, zone, le) (rate(coredns_dns_request_duration_seconds_bucket{job="coredns"}[5m]))) > 4',
      { ...critical, for: "10m" },
    ),
    plain(
      "CoreDNSErrorsHigh",
      'sum(rate(coredns_dns_responses_total{job="coredns", rcode="SERVFAIL"}[5m])) / sum(rate(coredns_dns_responses_total{job="coredns"}[5m])) > 0.03',
      { ...critical, for: "10m" },
    ),
  ),
  "Grafana OnCall inside the cluster": delivering({
    global: undefined,
    route: {
      receiver: "oncall",
      routes: [
        {
          matchers: ['alertname="Watchdog"'],
          receiver: "heartbeat",
          group_interval: "1m",
          repeat_interval: "1m",
        },
        { matchers: ['severity=~"info|none"'], receiver: "null" },
      ],
    },
    receivers: [
      { name: "null" },
      {
        name: "oncall",
        webhook_configs: [
          {
            url: "http://oncall-engine.oncall.svc:8080/integrations/v1/alertmanager/Xk3pQ9vLm2/",
            send_resolved: true,
            max_alerts: 100,
          },
        ],
      },
      {
        name: "heartbeat",
        webhook_configs: [
          {
            url: "http://oncall-engine.oncall.svc:8080/integrations/v1/alertmanager/Xk3pQ9vLm2/heartbeat/",
            send_resolved: false,
          },
        ],
      },
    ],
  }),
  "a heartbeat of Opsgenie": receivers(`
  - name: heartbeat
    webhook_configs:
      - url: https://api.opsgenie.com/v2/heartbeats/prod-eu/ping
        send_resolved: false
        http_config: {basic_auth: {password_file: /etc/alertmanager/secrets/heartbeat/key}}
  - name: slack
    opsgenie_configs: [{api_key_file: /etc/alertmanager/secrets/heartbeat/key, send_resolved: true, priority: '{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}'}]
`),
  "incident.io with a token in a mounted file": receivers(`
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url, send_resolved: false}]
  - name: slack
    webhook_configs:
      - url: https://api.incident.io/v2/alert_events/alertmanager/01JABCDEFGHJKMNPQRSTVWXYZ0
        send_resolved: true
        http_config: {authorization: {type: Bearer, credentials_file: /etc/alertmanager/secrets/alertmanager-slack/token}}
`),
  "one AlertmanagerConfig for all namespaces": [
    inline(
      {
        route: {
          receiver: "null",
          group_by: ["alertname", "namespace"],
          group_wait: "30s",
          group_interval: "5m",
          repeat_interval: "12h",
          routes: [],
        },
        receivers: [{ name: "null" }],
      },
      { alertmanagerConfigMatcherStrategy: { type: "None" } },
    ),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: platform, namespace: monitoring}
spec:
  route:
    receiver: slack
    groupBy: [alertname, namespace]
    groupWait: 30s
    groupInterval: 5m
    repeatInterval: 12h
    routes:
      - matchers: [{name: alertname, value: Watchdog, matchType: "="}]
        receiver: heartbeat
        repeatInterval: 1m
        groupInterval: 1m
      - matchers: [{name: severity, value: "info|none", matchType: "=~"}]
        receiver: nobody
  receivers:
    - name: nobody
    - name: heartbeat
      webhookConfigs: [{urlSecret: {name: heartbeat, key: url}, sendResolved: false}]
    - name: slack
      slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#alerts", sendResolved: true}]
`),
  ],
  "a monitor of Datadog on an objective": [
    resource(
      "datadog:index/serviceLevelObjective:ServiceLevelObjective",
      "checkout",
      {
        name: "Checkout",
        type: "metric",
        query: {
          numerator:
            "sum:trace.http.request.hits{service:checkout,!http.status_class:5xx}.as_count()",
          denominator: "sum:trace.http.request.hits{service:checkout}.as_count()",
        },
        thresholds: [{ timeframe: "30d", target: 99.9, warning: 99.95 }],
      },
      "prod",
    ),
    resource(
      "datadog:index/monitor:Monitor",
      "checkout-budget",
      {
        name: "Error budget of checkout",
        type: "slo alert",
        query: 'error_budget("0123abcd").over("30d") > 75',
        monitorThresholds: { critical: "75", warning: "50" },
        message:
          "{{#is_alert}}The budget of checkout burns. @opsgenie-platform{{/is_alert}}{{#is_warning}}@slack-checkout{{/is_warning}}{{#is_recovery}}@opsgenie-platform{{/is_recovery}}",
        tags: ["team:shop"],
      },
      "prod",
    ),
  ],
  "the default inhibition of the chart": withConfig(`
route:
  routes:
    - {matchers: [alertname="Watchdog"], receiver: heartbeat, group_interval: 1m, repeat_interval: 1m}
    - {matchers: [alertname="InfoInhibitor"], receiver: "null"}
    - {matchers: [severity="critical"], receiver: slack, repeat_interval: 1h}
    - {matchers: [severity="warning"], receiver: slack, mute_time_intervals: [weekends]}
    - {matchers: [severity=~"info|none"], receiver: "null"}
time_intervals:
  - name: weekends
    time_intervals: [{weekdays: [saturday, sunday], location: Europe/Berlin}]
inhibit_rules:
  - {source_matchers: ['severity = critical'], target_matchers: ['severity =~ warning|info'], equal: [namespace, alertname]}
  - {source_matchers: ['severity = warning'], target_matchers: ['severity = info'], equal: [namespace, alertname]}
  - {source_matchers: ['alertname = InfoInhibitor'], target_matchers: ['severity = info'], equal: [namespace]}
  - {target_matchers: ['alertname = InfoInhibitor']}
`),
  "a day of samples locally with Thanos": withValues(`
prometheus:
  thanosService: {enabled: true}
  thanosServiceMonitor: {enabled: true}
  prometheusSpec:
    retention: 1d
    retentionSize: 16GiB
    storageSpec: {volumeClaimTemplate: {spec: {storageClassName: gp3, accessModes: [ReadWriteOnce], resources: {requests: {storage: 20Gi}}}}}
    thanos: {objectStorageConfig: {existingSecret: {name: thanos-objstore, key: objstore.yml}}}
`),
  "Loki in three parts with streams of longer retention": [
    withVersion(
      loki({
        deploymentMode: "SimpleScalable",
        singleBinary: { replicas: 0 },
        loki: {
          storage: {
            bucketNames: { chunks: bucketName, ruler: bucketName, admin: bucketName },
            s3: { region: "eu-west-1" },
          },
          schemaConfig: {
            configs: [
              {
                from: "2024-04-01",
                store: "tsdb",
                object_store: "s3",
                schema: "v13",
                index: { prefix: "loki_index_", period: "24h" },
              },
            ],
          },
          limits_config: {
            retention_stream: [
              { selector: '{namespace="payments"}', priority: 1, period: "2160h" },
              { selector: '{namespace="kube-system"}', priority: 2, period: "168h" },
            ],
          },
        },
        write: {
          replicas: 3,
          resources: { requests: { memory: "2Gi" } },
          persistence: { volumeClaimsEnabled: true, size: "20Gi" },
        },
        read: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
        backend: { replicas: 3, resources: { requests: { memory: "1Gi" } } },
      }),
      "6.30.1",
    ),
  ],
  "log groups of infrequent access, and audits": [
    aws("cloudwatch/logGroup:LogGroup", "orders", {
      name: "/aws/ecs/orders",
      retentionInDays: 30,
      logGroupClass: "INFREQUENT_ACCESS",
    }),
    aws("cloudwatch/logGroup:LogGroup", "trail", {
      name: "/acme/cloudtrail/audit",
      retentionInDays: 731,
      kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    }),
  ],
  "a bucket of Loki with everything in one resource": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: undefined,
      bucketServerSideEncryptionConfiguration: undefined,
      bucket: {
        acl: "private",
        versioning: { enabled: true },
        serverSideEncryptionConfiguration: {
          rule: {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" },
            bucketKeyEnabled: true,
          },
        },
        lifecycleRules: [
          {
            id: "tidy",
            enabled: true,
            abortIncompleteMultipartUploadDays: 7,
            noncurrentVersionExpiration: { days: 7 },
          },
        ],
      },
      bucketOwnershipControls: { rule: { objectOwnership: "BucketOwnerEnforced" } },
    }),
  ],
  "a sharded Prometheus object": manifests(`
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: metrics, namespace: monitoring}
spec:
  replicas: 2
  shards: 2
  retention: 30d
  retentionSize: 160GiB
  walCompression: true
  scrapeInterval: 30s
  enforcedSampleLimit: 100000
  externalLabels: {cluster: prod-eu-1}
  ruleSelector: {}
  ruleNamespaceSelector: {}
  serviceMonitorSelector: {}
  serviceMonitorNamespaceSelector: {}
  podMonitorSelector: {}
  podMonitorNamespaceSelector: {}
  resources: {requests: {cpu: "2", memory: 16Gi}, limits: {memory: 20Gi}}
  storage: {volumeClaimTemplate: {spec: {storageClassName: gp3, resources: {requests: {storage: 200Gi}}}}}
  alerting: {alertmanagers: [{name: alertmanager-operated, namespace: monitoring, port: web}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: prometheus-metrics, namespace: monitoring}
spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/name: prometheus, operator.prometheus.io/name: metrics}}}
`),
  "Mimir with a year of blocks": [
    chart(
      "mimir-distributed",
      {
        mimir: {
          structuredConfig: {
            common: {
              storage: {
                backend: "s3",
                s3: { endpoint: "s3.eu-west-1.amazonaws.com", region: "eu-west-1" },
              },
            },
            blocks_storage: { s3: { bucket_name: "acme-mimir-blocks" } },
            limits: {
              compactor_blocks_retention_period: "1y",
              max_global_series_per_user: 3000000,
            },
          },
        },
        minio: { enabled: false },
        ingester: {
          replicas: 3,
          zoneAwareReplication: { enabled: true },
          resources: { requests: { memory: "8Gi" } },
        },
      },
      "https://grafana.github.io/helm-charts",
    ),
    ...withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "http://mimir-gateway.monitoring.svc/api/v1/push", headers: {X-Scope-OrgID: platform}, queueConfig: {maxShards: 50}}]}}`,
    ),
  ],
  "Grafana with Google sign-in for one domain": [
    grafana({
      ...grafanaHost,
      envValueFrom: {
        GF_AUTH_GOOGLE_CLIENT_SECRET: { secretKeyRef: { name: "grafana-google", key: "secret" } },
      },
      "grafana.ini": {
        server: { root_url: "https://grafana.acme-corp.io" },
        users: { auto_assign_org_role: "Viewer" },
        "auth.google": {
          enabled: true,
          client_id: "123-abc.apps.googleusercontent.com",
          scopes: "openid email profile",
          allowed_domains: "acme-corp.io",
          hosted_domain: "acme-corp.io",
          allow_sign_up: true,
        },
      },
    }),
  ],
  "Alertmanager behind an ALB with OIDC": [
    pinned({
      alertmanager: {
        ingress: {
          enabled: true,
          ingressClassName: "alb",
          hosts: ["alertmanager.acme-corp.io"],
          paths: ["/"],
          annotations: {
            "alb.ingress.kubernetes.io/scheme": "internet-facing",
            "alb.ingress.kubernetes.io/target-type": "ip",
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]',
            "alb.ingress.kubernetes.io/certificate-arn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "alb.ingress.kubernetes.io/auth-type": "oidc",
            "alb.ingress.kubernetes.io/auth-on-unauthenticated-request": "authenticate",
            "alb.ingress.kubernetes.io/auth-idp-oidc":
              '{"issuer":"https://acme-corp.okta.com","authorizationEndpoint":"https://acme-corp.okta.com/oauth2/v1/authorize","tokenEndpoint":"https://acme-corp.okta.com/oauth2/v1/token","userInfoEndpoint":"https://acme-corp.okta.com/oauth2/v1/userinfo","secretName":"alertmanager-oidc"}',
          },
        },
      },
    }),
    configSecret(),
  ],
  "an ExternalSecret for the administrator of Grafana": [
    ...base(),
    ...manifests(`
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1, auth: {jwt: {serviceAccountRef: {name: external-secrets, namespace: external-secrets}}}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: grafana-admin, namespace: monitoring}
spec:
  refreshInterval: 1h
  secretStoreRef: {kind: ClusterSecretStore, name: aws}
  target: {name: grafana-admin, template: {data: {admin-user: admin, admin-password: "{{ .password }}"}}}
  data: [{secretKey: password, remoteRef: {key: prod/grafana/admin, property: password}}]
`),
  ],
  "the role of Loki with the key of its bucket": [
    aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
    rolePolicy(...accessStatements, {
      Sid: "Key",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    }),
    aws("eks/podIdentityAssociation:PodIdentityAssociation", "loki", {
      clusterName: "prod",
      namespace: "monitoring",
      serviceAccount: "loki",
      roleArn: "arn:aws:iam::123456789012:role/loki",
    }),
  ],
  "the gateway of Loki with basic authentication": [
    loki({
      gateway: {
        basicAuth: { enabled: true, existingSecret: "loki-basic-auth" },
        ingress: {
          enabled: true,
          ingressClassName: "nginx",
          annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
          hosts: [{ host: "loki.acme-corp.io", paths: [{ path: "/", pathType: "Prefix" }] }],
          tls: [{ secretName: "loki-tls", hosts: ["loki.acme-corp.io"] }],
        },
      },
    }),
  ],
  "Prometheus with client certificates of nginx": [
    pinned({
      prometheus: {
        ingress: {
          enabled: true,
          ingressClassName: "nginx",
          hosts: ["prometheus.acme-corp.io"],
          tls: [{ secretName: "prometheus-tls", hosts: ["prometheus.acme-corp.io"] }],
          annotations: {
            "nginx.ingress.kubernetes.io/auth-tls-secret": "monitoring/clients-ca",
            "nginx.ingress.kubernetes.io/auth-tls-verify-client": "on",
            "nginx.ingress.kubernetes.io/auth-tls-verify-depth": "1",
          },
        },
      },
    }),
    configSecret(),
  ],
  "dashboards of grafana.com by number": [
    grafana({
      ...grafanaHost,
      datasources: {
        "datasources.yaml": {
          apiVersion: 1,
          datasources: [
            {
              name: "Prometheus",
              uid: "prometheus",
              type: "prometheus",
              url: "http://prometheus-operated.monitoring.svc:9090",
              access: "proxy",
              isDefault: true,
            },
          ],
        },
      },
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            {
              name: "default",
              orgId: 1,
              folder: "",
              type: "file",
              disableDeletion: false,
              editable: true,
              options: { path: "/var/lib/grafana/dashboards/default" },
            },
          ],
        },
      },
      dashboards: {
        default: {
          "node-exporter": { gnetId: 1860, revision: 37, datasource: "Prometheus" },
          certs: {
            gnetId: 20842,
            revision: 3,
            datasource: [{ name: "DS_PROMETHEUS", value: "Prometheus" }],
          },
        },
      },
    }),
  ],
  "a chart of Flux by an OCIRepository with a digest": [
    ...manifests(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: kube-prometheus-stack, namespace: monitoring}
spec: {interval: 12h, url: "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack", layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip, operation: copy}, ref: {digest: "sha256:3b1a8f7c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"}}
`),
    kube(
      "helm.toolkit.fluxcd.io/v2:HelmRelease",
      "kube-prometheus-stack",
      {
        spec: {
          interval: "1h",
          chartRef: { kind: "OCIRepository", name: "kube-prometheus-stack" },
          values: stackValues,
        },
      },
      { namespace: "monitoring" },
    ),
    configSecret(),
  ],
  "EKS without the monitors of its control plane": withValues(`
kubeEtcd: {enabled: false}
kubeControllerManager: {enabled: false}
kubeScheduler: {enabled: false}
kubeProxy: {enabled: false}
defaultRules: {rules: {etcd: false, kubeControllerManager: false, kubeSchedulerAlerting: false, kubeSchedulerRecording: false, kubeProxy: false}, disabled: {KubeAggregatedAPIDown: true, CPUThrottlingHigh: true}}
`),
  "a ScrapeConfig with discovery of EC2": [
    pinned({ prometheus: { prometheusSpec: { scrapeConfigSelectorNilUsesHelmValues: false } } }),
    configSecret(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: legacy-vms, namespace: monitoring}
spec:
  scrapeInterval: 60s
  ec2SDConfigs: [{region: eu-west-1, port: 9100, roleARN: "arn:aws:iam::123456789012:role/prometheus-discovery", filters: [{name: "tag:Monitoring", values: ["enabled"]}]}]
  relabelings:
    - {sourceLabels: [__meta_ec2_tag_Name], targetLabel: instance}
    - {sourceLabels: [__meta_ec2_instance_state], regex: running, action: keep}
    - {targetLabel: job, replacement: node}
`),
  ],
  "dashboards of the operator of Grafana": [
    ...base(),
    ...manifests(`
apiVersion: grafana.integreatly.org/v1beta1
kind: Grafana
metadata: {name: main, namespace: monitoring, labels: {dashboards: main}}
spec:
  config:
    auth: {disable_login_form: "true"}
    auth.generic_oauth: {enabled: "true", name: Okta, client_id: "\${OKTA_CLIENT_ID}", client_secret: "\${OKTA_CLIENT_SECRET}", scopes: "openid profile email groups", role_attribute_path: "contains(groups[*], 'platform') && 'Admin' || 'Viewer'"}
---
apiVersion: grafana.integreatly.org/v1beta1
kind: GrafanaDatasource
metadata: {name: prometheus, namespace: monitoring}
spec: {instanceSelector: {matchLabels: {dashboards: main}}, datasource: {name: Prometheus, uid: prometheus, type: prometheus, access: proxy, url: "http://prometheus-operated.monitoring.svc:9090", isDefault: true}}
---
apiVersion: grafana.integreatly.org/v1beta1
kind: GrafanaDashboard
metadata: {name: orders, namespace: shop}
spec: {instanceSelector: {matchLabels: {dashboards: main}}, allowCrossNamespaceImport: true, datasources: [{inputName: DS_PROMETHEUS, datasourceName: Prometheus}], grafanaCom: {id: 1860, revision: 37}}
`),
  ],
  "replicas spread over zones": withValues(`
prometheus:
  podDisruptionBudget: {enabled: true, maxUnavailable: 1}
  prometheusSpec:
    priorityClassName: system-cluster-critical
    podAntiAffinity: hard
    topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}}]
alertmanager:
  podDisruptionBudget: {enabled: true, maxUnavailable: 1}
  alertmanagerSpec: {replicas: 3, priorityClassName: system-cluster-critical, podAntiAffinity: hard, resources: {requests: {cpu: 50m, memory: 128Mi}}}
`),
};

describe("the sixth red team", () => {
  itJudges(mistakes, sound);
});
