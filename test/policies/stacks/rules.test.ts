import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret } from "../platformSubjects";
import {
  Mistakes,
  base,
  baseRules,
  chart,
  container,
  critical,
  itJudges,
  manifests,
  ordersExporter,
  pinned,
  plain,
  ratio,
  rule,
  ruleObject,
  selectsAll,
  serviceMonitor,
  withRules,
} from "./subjects";
import { PlainMap } from "../../../policies/facts/plain";
import { RuleFixture } from "../subjects";

const withMonitor = (rules: RuleFixture[], endpoint: PlainMap = {}): Resource[] => [
  ...withRules(...rules),
  serviceMonitor("cart", endpoint),
];
const burnRecord = (w: string) => ({
  record: `job:slo_errors_per_request:ratio_rate${w}`,
  expr: `sum by (job) (rate(api_requests_total{job="checkout", code=~"5.."}[${w}])) / sum by (job) (rate(api_requests_total{job="checkout"}[${w}]))`,
});
const burning = (w: string, f: number) =>
  `job:slo_errors_per_request:ratio_rate${w}{job="checkout"} > (${f} * 0.001)`;

const mistakes: Mistakes = {
  "names of node-exporter from before 0.16": [
    "records-exist",
    withRules(
      plain("Memory", "(node_memory_MemFree + node_memory_Cached) / node_memory_MemTotal < 0.1"),
    ),
  ],
  "the former name of free space": [
    "records-exist",
    withRules(plain("Disk", "node_filesystem_avail / node_filesystem_size < 0.1")),
  ],
  "a rate over one minute": [
    "rate-window",
    withRules(plain("Errors", "sum(rate(payments_failed_total[1m])) > 2")),
  ],
  "a latency in milliseconds": [
    "alert-thresholds",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 500",
      ),
    ),
  ],
  "a wait of two hours for failing requests": [
    "alert-for",
    withRules(
      plain("Errors", `${ratio("service")} > 0.05`, {
        for: "2h",
        labels: { severity: "critical" },
      }),
    ),
  ],
  "a severity of another team": [
    "alert-severity",
    withRules(plain("Backlog", "queue_length > 1000", { labels: { severity: "p2" } })),
  ],
  "a misspelled recorded series": [
    "records-exist",
    withRules(
      { record: "service:http_errors:ratio5m", expr: ratio("service") },
      plain("Errors", "service:http_error:ratio5m > 0.05"),
    ),
  ],
  "an objective of 30 days over 15 days of samples": [
    "prometheus-retention-covers-rules",
    withRules({ record: "slo:availability:30d", expr: "avg_over_time(probe_success[30d])" }),
  ],
  "buckets that the monitor drops to save memory": [
    "required-alerts",
    withMonitor(baseRules(), {
      metricRelabelings: [{ sourceLabels: ["__name__"], regex: ".*_bucket", action: "drop" }],
    }),
  ],
  "more than one restart per second": [
    "required-alerts",
    withMonitor(baseRules({ CrashLoop: "rate(kube_pod_container_status_restarts_total[5m]) > 1" })),
  ],
  "a ratio of all requests since the start": [
    "required-alerts",
    withMonitor(
      baseRules({
        Errors:
          'sum by (namespace, service) (http_requests_total{status=~"5.."}) / sum by (namespace, service) (http_requests_total) > 0.05',
      }),
    ),
  ],
  "a wait without a unit": [
    "alert-for",
    withRules(plain("Backlog", "queue_length > 1000", { for: "10" })),
  ],
  "two scrapes in the range of a rate": [
    "rate-window",
    [
      ...base(),
      ...ordersExporter("60s"),
      ruleObject(plain("Errors", 'sum(rate(orders_errors_total{job="orders-exporter"}[2m])) > 1')),
    ],
  ],
  "an hour of errors before a page": [
    "alert-for",
    withRules(
      plain("Errors", "sum(rate(payments_failed_total[5m])) > 5", {
        for: "1h",
        labels: { severity: "critical" },
      }),
    ),
  ],
  "a misspelled job": [
    "records-exist",
    [
      ...base(),
      ...ordersExporter(),
      ruleObject(plain("ExporterDown", 'up{job="orders-exportr"} == 0')),
    ],
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
  "alerts on pods without kube-state-metrics": [
    "records-exist",
    [
      ...withRules(
        rule(
          "Crash",
          'sum by (namespace) (kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}) > 0',
        ),
      ).slice(1),
      pinned(changed(selectsAll, { kubeStateMetrics: { enabled: false } })),
    ],
  ],
  "a misspelled metric of the kubelet": [
    "records-exist",
    withRules(plain("M", "max(container_memory_workingset_bytes) > 4e9")),
  ],
  "a metric that kube-state-metrics removed": [
    "records-exist",
    withRules(plain("M", "sum(kube_pod_container_resource_limits_memory_bytes) > 4e11")),
  ],
};

const sound: Record<string, Resource[]> = {
  "the present names of node-exporter": withRules(
    plain(
      "Memory",
      "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1 and rate(node_vmstat_pgmajfault[5m]) > 1000",
    ),
  ),
  "a service with the names of Spring Boot": withMonitor(
    baseRules({
      Errors:
        'sum by (namespace, service) (rate(http_server_requests_seconds_count{status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_server_requests_seconds_count[5m])) > 0.05',
      Slow: "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_server_requests_seconds_bucket[5m]))) > 0.5",
    }),
  ),
  "a recorded ratio with an alert": withRules(
    { record: "service:http_errors:ratio5m", expr: ratio("service") },
    plain("Errors", "service:http_errors:ratio5m > 0.05"),
  ),
  "a series that the chart records": withRules(
    plain("Busy", "instance:node_cpu_utilisation:rate5m > 0.9", { for: "30m" }),
  ),
  "objectives of Sloth": withRules(
    { record: "slo:sli_error:ratio_rate5m", expr: ratio("service") },
    { record: "slo:sli_error:ratio_rate1h", expr: ratio("service").replaceAll("5m", "1h") },
    plain(
      "Budget",
      '(slo:sli_error:ratio_rate5m{sloth_slo="availability"} > (14.4 * 0.001)) and ignoring (sloth_window) (slo:sli_error:ratio_rate1h{sloth_slo="availability"} > (14.4 * 0.001))',
      { labels: { severity: "critical" } },
    ),
  ),
  "a target that is down or gone": withRules(
    plain("CartDown", 'up{job="cart"} == 0 or absent(up{job="cart"})', critical),
  ),
  "an alert that keeps firing for a while": withRules({
    ...plain("Backlog", "queue_length > 1000"),
    keep_firing_for: "10m",
  } as RuleFixture),
  "objectives of Pyrra": withRules(
    {
      record: "http_requests:increase2w",
      expr: 'sum by (code) (increase(http_requests_total{job="cart"}[2w]))',
      labels: { slo: "cart" },
    },
    {
      record: "http_requests:burnrate5m",
      expr: 'sum(rate(http_requests_total{job="cart",code=~"5.."}[5m])) / sum(rate(http_requests_total{job="cart"}[5m]))',
      labels: { slo: "cart" },
    },
    {
      record: "http_requests:burnrate1h",
      expr: 'sum(rate(http_requests_total{job="cart",code=~"5.."}[1h])) / sum(rate(http_requests_total{job="cart"}[1h]))',
      labels: { slo: "cart" },
    },
    plain(
      "ErrorBudgetBurn",
      'http_requests:burnrate5m{job="cart",slo="cart"} > (14 * (1-0.99)) and http_requests:burnrate1h{job="cart",slo="cart"} > (14 * (1-0.99))',
      { for: "2m", ...critical },
    ),
  ).filter(({ name }) => name !== "nothing"),
  "the flags of a monitored database": [
    container("postgres-exporter", {
      args: [
        "--web.listen-address=:9187",
        "--disable-default-metrics",
        "--auto-discover-databases",
      ],
      env: [
        { name: "DATA_SOURCE_URI", value: "postgres:5432/shop?sslmode=require" },
        { name: "DATA_SOURCE_USER", value: "exporter" },
        { name: "DATA_SOURCE_PASS_FILE", value: "/etc/exporter/password" },
      ],
    }),
  ],
  "objectives of Sloth with the records of a budget": [
    ...base(),
    ruleObject(
      {
        record: "slo:sli_error:ratio_rate5m",
        expr: 'sum(rate(http_requests_total{job="cart",code=~"(5..|429)"}[5m])) / sum(rate(http_requests_total{job="cart"}[5m]))',
        labels: { sloth_slo: "availability" },
      },
      {
        record: "slo:sli_error:ratio_rate1h",
        expr: 'sum(rate(http_requests_total{job="cart",code=~"(5..|429)"}[1h])) / sum(rate(http_requests_total{job="cart"}[1h]))',
        labels: { sloth_slo: "availability" },
      },
      {
        record: "slo:error_budget:ratio",
        expr: "vector(1-0.999)",
        labels: { sloth_slo: "availability" },
      },
      plain(
        "CartErrorBudget",
        'max(slo:sli_error:ratio_rate5m{sloth_slo="availability"} > (14.4 * 0.001)) without (sloth_window) and max(slo:sli_error:ratio_rate1h{sloth_slo="availability"} > (14.4 * 0.001)) without (sloth_window)',
        { labels: { severity: "critical" } },
      ),
    ),
  ],
  "alerts of a platform team": withRules(
    plain(
      "KafkaLag",
      "sum by (consumergroup, topic) (kafka_consumergroup_lag) > 50000 and sum by (consumergroup, topic) (deriv(kafka_consumergroup_lag[15m])) > 0",
    ),
    plain("PostgresReplicationLag", "pg_replication_lag_seconds > 60", {
      labels: { severity: "critical" },
    }),
    plain(
      "CertificateExpires",
      "certmanager_certificate_expiration_timestamp_seconds - time() < 14 * 24 * 3600",
    ),
    plain(
      "CronJobMissed",
      "time() - max by (namespace, cronjob) (kube_cronjob_status_last_successful_time) > 26 * 3600",
      { for: "30m" },
    ),
    plain(
      "NodeLacksMemory",
      'kube_node_status_condition{condition=~"MemoryPressure|DiskPressure",status="true"} == 1',
      { labels: { severity: "critical" } },
    ),
    plain(
      "ConnectionsExhausted",
      "sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 0.85",
    ),
  ),
  "histograms of both kinds": withRules(
    plain(
      "Slow",
      "histogram_quantile(0.9, sum by (le, route) (rate(cart_latency_seconds_bucket[5m]))) > 1.5",
    ),
    plain(
      "SlowNative",
      "histogram_quantile(0.9, sum by (route) (rate(cart_latency_seconds[5m]))) > 1.5",
    ),
    plain(
      "Average",
      "sum by (route) (rate(cart_latency_seconds_sum[5m])) / sum by (route) (rate(cart_latency_seconds_count[5m])) > 1",
    ),
    plain(
      "SlowMillis",
      "histogram_quantile(0.9, sum by (le) (rate(legacy_latency_milliseconds_bucket[5m]))) > 800",
    ),
  ),
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
  "memory with its caches": withRules(
    rule(
      "MemoryLow",
      "(node_memory_MemFree_bytes + node_memory_Cached_bytes + node_memory_Buffers_bytes) / node_memory_MemTotal_bytes < 0.05",
      {
        annotations: {
          summary: "Memory of {{ $labels.instance }} is low",
          description: "{{ $value | humanizePercentage }} is left.",
          runbook_url: "https://runbooks.shop.io/memory",
        },
      },
    ),
  ),
  "an alert that keeps firing, and a recorded ratio": withRules(
    { ...plain("OrdersStuck", "sum(orders_stuck) > 10"), keep_firing_for: "10m" } as RuleFixture,
    { record: "shop:orders_stuck:sum", expr: "sum(orders_stuck)" },
  ),
  "an exception while a backup runs": withRules(
    plain(
      "ReplicationBroken",
      "max(pg_replication_lag_seconds) > 300 unless max(pg_backup_running) == 1",
      { for: "10m" },
    ),
  ),
  "two groups of rules": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop, namespace: shop}
spec:
  groups:
    - {name: shop.records, interval: 1m, rules: [{record: "shop:orders:rate5m", expr: "sum(rate(orders_total[5m]))"}]}
    - {name: shop.alerts, rules: [{alert: NoOrders, expr: "shop:orders:rate5m < 0.1", for: 10m, labels: {severity: warning}, annotations: {summary: No orders, description: "{{ $value }} per second", runbook_url: "https://runbooks.shop.io/orders"}}]}
`),
  ],
  "a rare reason of a termination": withRules(
    plain(
      "Start",
      'sum(kube_pod_container_status_last_terminated_reason{reason="StartError"}) > 3',
      { for: "10m" },
    ),
  ),
};

describe("rules and their series", () => {
  itJudges(mistakes, sound);
});
