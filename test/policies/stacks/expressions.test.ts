import { Resource } from "../../../policies/facts/resource";
import { configSecret } from "../platformSubjects";
import {
  Mistakes,
  critical,
  itJudges,
  kube,
  pinned,
  plain,
  ratio,
  rule,
  ruleObject,
  selectsAll,
  withRules,
} from "./subjects";

const failed = 'rate(http_requests_total{status=~"5.."}[5m])';
const busy = 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))';
const alert = (expr: string) => withRules(plain("Checkout", expr, { for: "10m" }));
const memory = (divisor: string) =>
  `container_memory_working_set_bytes{container!=""} / ${divisor} > 0.9`;
const mean = (metric: string) => `rate(${metric}_sum[5m]) / rate(${metric}_count[5m])`;
const manyRestarts = "increase(kube_pod_container_status_restarts_total[1h]) > 3";
const running = 'kube_pod_status_phase{phase="Running"} == 1';
const errors = (matcher: string) =>
  alert(
    `sum(rate(http_requests_total{${matcher}}[5m])) / sum(rate(http_requests_total[5m])) > 0.05`,
  );
const restartsTotal = "kube_pod_container_status_restarts_total";
const throttled = (matcher: string) =>
  alert(
    `sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total{${matcher}}[5m])) > 5`,
  );
const ready = (threshold: string) =>
  alert(
    `kube_statefulset_status_replicas_ready{namespace="shop"} / kube_statefulset_replicas{namespace="shop"} ${threshold}`,
  );

const mistakes: Mistakes = {
  "the 99th percentile as 99": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(99, sum by (le) (rate(sync_duration_seconds_bucket[5m]))) > 2",
      ),
    ),
  ],
  "absence that is compared with zero": [
    "promql-valid",
    withRules(plain("NoData", 'absent(up{job="cart"}) == 0')),
  ],
  "a pod in the summary of a sum": [
    "promql-valid",
    withRules(rule("Restarts", "sum by (deployment) (increase(restarts_total[15m])) > 3")),
  ],
  "failures by service over requests by namespace": [
    "promql-valid",
    withRules(plain("Errors", `${ratio("service", "namespace")} > 0.05`)),
  ],
  "a join on a label that the sum removed": [
    "promql-valid",
    withRules(
      plain(
        "Full",
        "sum by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes) / on (namespace, persistentvolumeclaim) sum by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes) > 0.9",
      ),
    ),
  ],
  // Rules that cannot fire, or always do
  "a count of nothing, which is never 0": [
    "promql-valid",
    withRules(plain("Down", 'count(up{job="cart"} == 1) == 0', critical)),
  ],
  "a quantile of all requests since the start": [
    "promql-units",
    withRules(
      plain("Slow", "histogram_quantile(0.99, sum by (le) (sync_duration_seconds_bucket)) > 2"),
    ),
  ],
  "the rate of a sum of counters": [
    "promql-units",
    withRules(plain("Busy", "rate(sum by (service) (orders_total)[5m:1m]) > 10")),
  ],
  "free space in percent of a ratio": [
    "promql-units",
    withRules(plain("Full", "node_filesystem_avail_bytes / node_filesystem_size_bytes < 10")),
  ],
  "used space in percent of a ratio": [
    "promql-units",
    withRules(
      plain("Full", "kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes > 85"),
    ),
  ],
  // Siblings
  "the rate of a sum that another object records": [
    "promql-units",
    [
      pinned(selectsAll),
      configSecret(),
      kube("monitoring.coreos.com/v1:PrometheusRule", "records", {
        spec: {
          groups: [
            {
              name: "r",
              rules: [{ record: "service:orders:sum", expr: "sum by (service) (orders_total)" }],
            },
          ],
        },
      }),
      ruleObject(plain("Busy", "rate(service:orders:sum[5m]) > 10")),
    ],
  ],
  "failures divided by themselves": [
    "promql-units",
    withRules(plain("Errors", `${failed} / rate(http_requests_total[5m]) > 0.05`)),
  ],
  "failures by service over all failures and successes": [
    "promql-valid",
    withRules(
      plain("Errors", `sum by (service) (${failed}) / sum(rate(http_requests_total[5m])) > 0.05`),
    ),
  ],
  "used disk space above 85, of a ratio": [
    "promql-units",
    withRules(
      plain(
        "DiskFull",
        '1 - (node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"}) > 85',
      ),
    ),
  ],
  "a latency in milliseconds above half a second": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.95, sum by (le, service) (rate(checkout_duration_milliseconds_bucket[5m]))) > 0.5",
      ),
    ),
  ],
  "the instance of a sum by job, in the other notation": [
    "promql-valid",
    withRules(
      rule("Lag", "sum by (job) (queue_lag) > 1000", {
        annotations: {
          summary: "{{ .Labels.instance }} lags",
          description: "By {{ .Value }}.",
          runbook_url: "https://runbooks.shop.io/lag",
        },
      }),
    ),
  ],
  "a threshold with a percent sign": [
    "promql-valid",
    withRules(plain("Errors", "sum(rate(jobs_failed_total[5m])) / sum(rate(jobs_total[5m])) > 5%")),
  ],
  "a quantile of the sum of a histogram": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.99, sum by (le) (rate(query_duration_seconds_sum[5m]))) > 2",
      ),
    ),
  ],
  "pods of a team, without the labels to match on": [
    "promql-valid",
    withRules(
      plain(
        "NotReady",
        'kube_pod_status_ready{condition="false"} == 1 and kube_pod_labels{label_team="shop"}',
      ),
    ),
  ],
  "a range of Grafana": [
    "promql-valid",
    withRules(plain("Errors", "sum(rate(jobs_failed_total[$__rate_interval])) > 5")),
  ],
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
  "keep_firing_for without a unit": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), keep_firing_for: "10" } as never),
  ],
  "a rule that alerts and records": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), record: "a:b" }),
  ],
  "annotation instead of annotations": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), annotation: { summary: "x" } } as never),
  ],
  "a hyphen in the name of a recorded series": [
    "promql-valid",
    withRules({ record: "shop-errors", expr: "sum(orders_stuck)" }),
  ],
  "a condition of nodes without its status": [
    "promql-units",
    withRules(
      rule("NodeNotReady", 'kube_node_status_condition{condition="Ready"} == 0', {
        annotations: {
          summary: "x {{ $labels.node }}",
          description: "y",
          runbook_url: "https://runbooks.shop.io/x",
        },
      }),
    ),
  ],
  "free memory instead of available memory": [
    "promql-units",
    withRules(
      rule("Mem", "node_memory_MemFree_bytes / node_memory_MemTotal_bytes < 0.1", {
        annotations: {
          summary: "x {{ $labels.instance }}",
          description: "y",
          runbook_url: "https://runbooks.shop.io/x",
        },
      }),
    ),
  ],
  "a reason in capitals": [
    "promql-valid",
    withRules(
      rule(
        "OOM",
        'sum by (namespace) (kube_pod_container_status_last_terminated_reason{reason="OOMKILLED"}) > 0',
      ),
    ),
  ],
  "a percentage compared with a ratio": [
    "promql-units",
    withRules(
      plain(
        "E",
        'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 5',
      ),
    ),
  ],
  "a recording rule with the fields of an alert": [
    "promql-valid",
    withRules({
      record: "namespace_service:http_requests:rate5m",
      expr: "sum by (namespace, service) (rate(http_requests_total[5m]))",
      for: "5m",
    }),
  ],
  "absence of the targets that are down": [
    "promql-valid",
    withRules(plain("CheckoutDown", 'absent(up{job="checkout"} == 0)')),
  ],
  "a percentage of memory compared with a ratio": [
    "promql-units",
    alert(
      'sum by (pod) (container_memory_working_set_bytes{container!=""}) * 100 / sum by (pod) (kube_pod_container_resource_limits{resource="memory"}) > 0.9',
    ),
  ],
  "a ratio of probes compared with a percentage": [
    "promql-units",
    alert('avg_over_time(probe_success{job="blackbox"}[15m]) < 95'),
  ],
  "a mean latency in seconds compared with milliseconds": [
    "promql-units",
    alert(`${mean("http_server_request_duration_seconds")} > 500`),
  ],
  "a quotient by limits that may be 0": [
    "promql-units",
    alert(memory('container_spec_memory_limit_bytes{container!=""}')),
  ],
  "a state of pods next to another metric": [
    "promql-valid",
    alert(`${manyRestarts} and ${running}`),
  ],
  "a pattern of codes in an equality": ["promql-valid", errors('code="5.."')],
  "alternatives of codes in an equality": ["promql-valid", errors('status="500|503"')],
  "alternatives of states in an equality": [
    "promql-valid",
    alert('max by (namespace, pod) (kube_pod_status_phase{phase="Pending|Unknown"}) > 0'),
  ],
  "any text in an equality": ["promql-valid", errors('status=~"5..", route=".*"')],
  "restarts per second": ["promql-units", alert(`rate(${restartsTotal}[15m]) > 3`)],
  "restarts per second of a pod": [
    "promql-units",
    alert(`sum by (namespace, pod) (rate(${restartsTotal}[10m])) > 0.5`),
  ],
  "two jobs that must fail at once, on one series": [
    "promql-valid",
    alert('up{job="cart-eu"} == 0 and up{job="cart-us"} == 0'),
  ],
  "used and hard quota of one series": [
    "promql-valid",
    alert('kube_resourcequota{type="used"} / kube_resourcequota{type="hard"} > 0.9'),
  ],
  "a day that is Saturday and Sunday": [
    "promql-valid",
    alert("cart_queue_depth > 100 and on () (day_of_week() == 6 and day_of_week() == 0)"),
  ],
  "a queue that is long and short": [
    "promql-valid",
    alert("cart_queue_depth > 100 and cart_queue_depth < 50"),
  ],
  "the label of a container before Kubernetes 1.16": [
    "promql-valid",
    throttled('container_name!=""'),
  ],
  "a percentage of replicas": ["promql-units", ready("< 90")],
};

const sound: Record<string, Resource[]> = {
  "errors by service, at 5%": withRules(plain("Errors", `${ratio("service")} > 0.05`)),
  "errors by service, over a minimum of traffic": withRules(
    plain(
      "Errors",
      `${ratio("namespace, service")} > 0.05 and sum by (namespace, service) (rate(http_requests_total[5m])) > 0.5`,
    ),
  ),
  "a join with the owner of a pod": withRules(
    rule(
      "Memory",
      'sum by (namespace, pod) (container_memory_working_set_bytes) / on (namespace, pod) group_left sum by (namespace, pod) (kube_pod_container_resource_limits{resource="memory"}) > 0.9',
    ),
  ),
  "a join with labels of a pod": withRules(
    plain(
      "Restarts",
      "sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[15m])) * on (namespace, pod) group_left (label_team) kube_pod_labels > 3",
    ),
  ),
  "a share of the whole cluster": withRules(
    plain(
      "Heavy",
      "sum by (namespace) (rate(container_network_transmit_bytes_total[5m])) / on () group_left sum(rate(container_network_transmit_bytes_total[5m])) > 0.8",
    ),
  ),
  "a comparison with last week": withRules(
    plain(
      "Drop",
      "sum by (service) (rate(orders_total[30m])) < 0.5 * sum by (service) (rate(orders_total[30m] offset 1w))",
    ),
  ),
  "a queue that grows": withRules(
    plain("Backlog", "deriv(queue_length[30m]) > 0 and queue_length > 1000"),
  ),
  "a certificate that expires": withRules(
    rule(
      "Certificate",
      "(certmanager_certificate_expiration_timestamp_seconds - time()) / 86400 < 14",
      { for: "1h" },
    ),
  ),
  "a job that did not run": withRules(
    plain(
      "Backup",
      "time() - max by (cronjob) (kube_cronjob_status_last_successful_time) > 90000",
      { for: "10m" },
    ),
  ),
  "an exporter that is absent": withRules(
    plain("NoData", 'absent(up{job="cart"})', { labels: { severity: "critical" } }),
  ),
  "a counter that appears with its first failure": withRules(
    plain(
      "Failed",
      "increase(payouts_failed_total[15m]) > 0 or (payouts_failed_total > 0 unless payouts_failed_total offset 15m)",
    ),
  ),
  "a native histogram": withRules(
    plain(
      "Slow",
      "histogram_quantile(0.99, sum by (namespace, service) (rate(http_request_duration_seconds[5m]))) > 0.5",
    ),
  ),
  "a latency by one bucket": withRules(
    plain(
      "Slow",
      'sum by (service) (rate(http_request_duration_seconds_bucket{le="0.5"}[5m])) / sum by (service) (rate(http_request_duration_seconds_count[5m])) < 0.99',
    ),
  ),
  "a quorum with a default": withRules(
    plain("NoQuorum", '(count(up{job="etcd"} == 1) or vector(0)) < 2', critical),
  ),
  "a share by status": withRules(
    plain(
      "Errors",
      'sum by (service, status) (rate(http_requests_total{status=~"5.."}[5m])) / ignoring (status) group_left sum by (service) (rate(http_requests_total[5m])) > 0.05',
    ),
  ),
  "busy nodes": withRules(
    plain("Busy", `1 - ${busy} > 0.9`),
    plain("BusyPercent", `100 - ${busy} * 100 > 90`),
  ),
  "little free space": withRules(
    plain(
      "Full",
      'node_filesystem_avail_bytes{fstype!=""} / node_filesystem_size_bytes{fstype!=""} < 0.1',
    ),
    plain(
      "Volume",
      "100 * kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes > 85",
    ),
  ),
  "lag and restarts": withRules(
    plain("Lag", "max by (consumergroup) (kafka_consumergroup_lag) > 10000"),
    plain("Restarts", "changes(process_start_time_seconds[1h]) > 3"),
  ),
  "a disk that fills within a day": withRules(
    plain(
      "DiskFills",
      'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h], 24 * 3600) < 0 and node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay"} < 0.3',
      { for: "1h" },
    ),
  ),
  "the lag of Kafka that still grows": withRules(
    plain(
      "ConsumerLags",
      'sum by (consumergroup, topic) (kafka_consumergroup_lag{topic!~"__.*"}) > 10000 and sum by (consumergroup, topic) (delta(kafka_consumergroup_lag{topic!~"__.*"}[10m])) > 0',
      { for: "15m" },
    ),
  ),
  "an average latency by rates": withRules(
    rule(
      "Slow",
      "sum by (namespace) (rate(rpc_duration_seconds_sum[5m])) / sum by (namespace) (rate(rpc_duration_seconds_count[5m])) > 2",
    ),
  ),
  "a container that ran out of memory": withRules(
    rule("Oom", "sum by (namespace) (increase(container_oom_events_total[15m])) > 0", {
      for: "0m",
      labels: { severity: "warning" },
    }),
  ).slice(0, 2),
  "an autoscaler at its maximum": withRules(
    rule(
      "HpaAtMax",
      "max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas) >= max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas)",
      { for: "30m" },
    ),
  ),
  "a ratio of success": withRules(
    plain(
      "E",
      'sum(rate(http_requests_total{status!~"5.."}[5m])) / sum(rate(http_requests_total[5m])) < 0.97',
    ),
  ),
  "pods in one phase": withRules(
    rule(
      "PodsPending",
      'sum by (namespace, phase) (kube_pod_status_phase{phase="Pending"} == 1) > 5',
      { for: "15m" },
    ),
  ),
  "the number of pods in any phase": withRules(
    plain("ManyPods", "count(kube_pod_status_phase == 1) > 5000", { for: "15m" }),
  ),
  "absence of the targets that are up": withRules(
    plain("CheckoutDown", 'absent(up{job="checkout"} == 1)'),
  ),
  "a percentage of memory compared with a percentage": alert(
    'sum by (pod) (container_memory_working_set_bytes{container!=""}) * 100 / sum by (pod) (kube_pod_container_resource_limits{resource="memory"}) > 90',
  ),
  "a ratio of probes compared with a ratio": alert(
    'avg_over_time(probe_success{job="blackbox"}[15m]) < 0.95',
  ),
  "a mean latency in milliseconds": alert(
    `${mean("http_server_request_duration_milliseconds")} > 500`,
  ),
  "a quotient by limits above 0": alert(
    memory('(container_spec_memory_limit_bytes{container!=""} > 0)'),
  ),
  "a state of the same pods": alert(`${manyRestarts} and on (namespace, pod) ${running}`),
  "a pattern of codes in a regular expression": errors('code=~"5.."'),
  "a class of codes that an exporter counts": errors('code="5xx"'),
  "restarts in five minutes": alert(`rate(${restartsTotal}[15m]) * 60 * 5 > 0`),
  "the increase of restarts": alert(`increase(${restartsTotal}[15m]) > 5`),
  "two jobs that fail at once": alert('up{job="cart-eu"} == 0 and on () up{job="cart-us"} == 0'),
  "one of two jobs": alert('up{job="cart-eu"} == 0 or up{job="cart-us"} == 0'),
  "used and hard quota of one resource": alert(
    'kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0) > 0.9',
  ),
  "sums of two jobs": alert(
    'sum(rate(cart_lost_total{job="cart-eu"}[5m])) / sum(rate(cart_seen_total{job="cart-us"}[5m])) > 0.1',
  ),
  "a label that is replaced": alert(
    'up{job="cart-eu"} == 0 and label_replace(up{job="cart-us"}, "job", "cart-eu", "", "") == 0',
  ),
  "a night": alert("cart_queue_depth > 100 and on () (hour() > 22 or hour() < 6)"),
  "a working day": alert("cart_queue_depth > 100 and on () (hour() >= 8 and hour() < 18)"),
  "a queue next to a short one": alert(
    "cart_queue_depth > 100 and on (namespace) cart_queue_depth < 50",
  ),
  "the label of a container": throttled('container!=""'),
  "the absence of an old label": throttled('container_name="", container!=""'),
  "a share of replicas": ready("< 0.9"),
  "more replicas than wanted": ready("> 1"),
};

describe("expressions of alerts", () => {
  itJudges(mistakes, sound);
});
