import * as assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { platformAlerts } from "../../../../components/prometheus/platformAlerts";
import { serviceAlerts } from "../../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../../components/services/settings/settings";
import { limits } from "../../../../policies/limits/limits";
import { Expr, Selector, callsOf, selectorsOf } from "../../../../policies/promql/expr";
import { parsePromQL } from "../../../../policies/promql/parse";
import { isPromql } from "../../alerting/promql";

/** Metrics that services, Kubernetes and the monitoring stack expose. */
const known = new Set(
  `http_requests_total http_request_duration_seconds_bucket grpc_server_handled_total
  grpc_server_handling_seconds_bucket dynamodb_throttled_requests_total
  dynamodb_operation_duration_seconds_bucket redis_command_duration_seconds_bucket
  http_request_duration_seconds grpc_server_handling_seconds dynamodb_operation_duration_seconds
  redis_command_duration_seconds redis_connection_pool_active_connections up prometheus_target_scrape_pool_targets
  kube_pod_owner kube_pod_init_container_status_waiting_reason kube_pod_container_status_waiting_reason kube_pod_container_resource_limits
  kube_pod_container_resource_requests kube_pod_container_status_restarts_total
  kube_pod_container_status_last_terminated_reason container_memory_working_set_bytes
  container_cpu_usage_seconds_total container_cpu_cfs_throttled_periods_total
  container_cpu_cfs_periods_total kubelet_volume_stats_available_bytes
  kubelet_volume_stats_capacity_bytes kube_persistentvolumeclaim_access_mode
  kube_persistentvolumeclaim_labels kube_pod_init_container_status_restarts_total
  loki_discarded_samples_total loki_write_dropped_entries_total promtail_dropped_entries_total
  kube_pod_status_ready kube_pod_status_phase kube_pod_info kube_node_status_condition
  loki_panic_total prometheus_rule_evaluation_failures_total
  prometheus_tsdb_head_samples_appended_total prometheus_tsdb_compactions_failed_total
  scrape_samples_post_metric_relabeling scrape_sample_limit
  alertmanager_notifications_failed_total loki_request_duration_seconds_count
  loki_distributor_lines_received_total process_start_time_seconds
  loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds`.split(/\s+/),
);

const checked = servicesSettings({
  namespace: "ticketing",
  alerts: { redisPoolMaximum: 50, warning: { errorRatePercent: 2, memoryPercent: 80 } },
  services: [
    { name: "a", slo: { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 } },
    { name: "b", alerts: { errorRatePercent: 1, memoryPercent: 70 } },
    { name: "c", alerts: { enabled: false }, slo: { availabilityPercent: 99, windowDays: 7 } },
    { name: "d", slo: { availabilityPercent: 99, windowDays: 7 } },
    {
      name: "e",
      metrics: { nativeHistograms: true },
      slo: { latencyMs: 300, latencyPercent: 99 },
    },
  ],
});
assert.ok(checked.problems === undefined);
const groups = [
  ...serviceAlerts(checked.settings, "services"),
  ...platformAlerts({
    namespace: "monitoring",
    loki: true,
    releaseName: "prometheus",
    clusterMonitoring: true,
  }),
];
const rules = groups.flatMap((group) => group.rules);
const recorded = new Set(rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])));

function read(expr: string): Expr {
  const parsed = parsePromQL(expr);
  assert.ok(parsed.error === undefined, `${expr} ${parsed.error}`);
  return parsed.expr;
}

describe("every expression", () => {
  const each = (check: (expr: Expr, text: string) => void) => () => {
    for (const { expr } of rules) check(read(expr), expr);
  };
  const selectors = (check: (selector: Selector, text: string) => void) =>
    each((expr, text) => selectorsOf(expr).forEach((selector) => check(selector, text)));

  it("is PromQL", () => {
    for (const { expr } of rules) assert.ok(isPromql(expr), expr);
  });

  it(
    "reads at least four scrapes, or two for irate, even at the longest interval that the policies allow",
    each((expr, text) => {
      const latest = new Set(
        callsOf(expr, /^irate$/)
          .flatMap(({ args }) => args)
          .flatMap(selectorsOf),
      );
      for (const selector of selectorsOf(expr)) {
        const { metric = "", rangeSeconds } = selector;
        // Recorded series have a sample at each evaluation.
        if (rangeSeconds === undefined || recorded.has(metric)) continue;
        const scrapes = latest.has(selector) ? 2 : 4;
        assert.ok(rangeSeconds >= scrapes * limits.scrapeIntervalSeconds.max, text);
      }
    }),
  );

  it(
    "keeps the namespace in every aggregation",
    each((expr, text) => {
      for (const { grouping } of callsOf(expr, /^/)) {
        if (grouping === undefined) continue;
        assert.equal(grouping.kind, "by", text);
        assert.ok(grouping.labels.includes("namespace"), text);
      }
    }),
  );

  it(
    "reads only exposed or recorded metrics",
    selectors(({ metric = "" }, text) => {
      assert.ok(known.has(metric) || recorded.has(metric), `${metric} in ${text}`);
    }),
  );

  it(
    "uses a pattern only where equality is not enough",
    selectors(({ matchers }, text) => {
      for (const { operator, value } of matchers) {
        if (operator.endsWith("~")) assert.match(value, /[.|*+?[\]]/, text);
        assert.notEqual(value, ".*", text);
      }
    }),
  );

  it(
    "aggregates what topk and bottomk return, because their series change between evaluations",
    each((expr, text) => {
      const aggregations = callsOf(expr, /^(group|max|min|sum)$/);
      for (const selected of callsOf(expr, /^(top|bottom)k$/)) {
        const isAggregated = aggregations.some(
          ({ args, grouping }) =>
            isDeepStrictEqual(grouping, selected.grouping) &&
            args.flatMap((arg) => callsOf(arg, /^/)).includes(selected),
        );
        assert.ok(isAggregated, text);
      }
    }),
  );

  it("records a series before a rule of the same group reads it", () => {
    for (const group of groups) {
      const here = new Set(group.rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])));
      const seen = new Set<string>();
      for (const rule of group.rules) {
        for (const { metric = "" } of selectorsOf(read(rule.expr))) {
          // A rule may read the previous sample of its own series.
          const readsItself = "record" in rule && rule.record === metric;
          assert.ok(
            readsItself || !here.has(metric) || seen.has(metric),
            `${metric} in ${rule.expr}`,
          );
        }
        if ("record" in rule) seen.add(rule.record);
      }
    }
  });

  it("names recorded series by level, metric and operation", () => {
    for (const name of recorded) assert.match(name, /^namespace_(service|pod|le):\w+:\w+$/);
  });
});
