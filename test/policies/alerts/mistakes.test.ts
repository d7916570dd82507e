import * as assert from "node:assert/strict";
import { promqlUnits } from "../../../policies/alerts/promqlUnits";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { alerts, problems, prometheusRule } from "../subjects";

const templated = (expr: string, summary: string) =>
  problems(promqlValid, prometheusRule([{ alert: "A", expr, annotations: { summary } }]));

describe("alerts on the value of a counter", () => {
  for (const expr of [
    "http_errors_total > 5",
    "sum by (service) (http_errors_total) >= 100",
    "5 < max(jobs_failed_total)",
  ]) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr))[0] ?? "", /the raw value of a counter/));
  }

  for (const expr of [
    "rate(http_errors_total[5m]) > 5",
    "increase(http_errors_total[1h]) > 5",
    "http_errors_total - http_errors_total offset 5m > 5",
    "changes(restarts_total[1h]) > 3",
    "delta(connections_total[5m]) > 3",
    "jobs_total == 0",
    "jobs_total < 1",
    "errors_total / requests_total > 0.5",
    "node_memory_MemTotal_bytes > 5e9",
    "volume_capacity_total > 5",
    "max_over_time(queue_total[5m]) > 5",
    "absent(http_requests_total)",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("restarts per second", () => {
  const rate = "rate(kube_pod_container_status_restarts_total[15m])";
  for (const expr of [
    `${rate} > 3`,
    `0.1 <= ${rate}`,
    `max by (namespace) (${rate}) > 0.5`,
    `sum by (namespace, pod) (${rate}) > 0.5`,
    `sum(${rate}) > 3`,
  ]) {
    it(`are not reached: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr))[0] ?? "", /rate of restarts/));
  }

  for (const expr of [
    `${rate} > 0`,
    `${rate} > 0.01`,
    `${rate} < 1`,
    `${rate} * 60 * 5 > 0`,
    `${rate} * 60 > 5`,
    `sum by (namespace) (${rate}) > 0.5`,
    "increase(kube_pod_container_status_restarts_total[15m]) > 3",
    "rate(restarts_total[15m]) > 3",
  ]) {
    it(`may be reached: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("patterns in equalities", () => {
  const find = (selector: string) => problems(promqlValid, alerts(`rate(${selector}[5m]) > 1`));
  for (const selector of [
    'http_requests_total{code="5.."}',
    'http_requests_total{status="5.*"}',
    'http_requests_total{status_code="4..|5.."}',
    'http_requests_total{http_status_code="500|503"}',
    'http_requests_total{http_response_status_code="(500|503)"}',
    'grpc_server_handled_total{grpc_code="Internal|Unavailable"}',
    'kube_pod_status_phase{phase="Pending|Unknown"}',
    'x{anything=".*"}',
    'x{anything=".+"}',
  ]) {
    it(`match nothing: ${selector}`, () =>
      assert.match(find(selector)[0] ?? "", /a regular expression as literal text/));
  }

  for (const selector of [
    'http_requests_total{code="500"}',
    'http_requests_total{code="5xx"}',
    'http_requests_total{code=~"4..|5.."}',
    'http_requests_total{code=~".+"}',
    'http_requests_total{code!="5.."}',
    'http_requests_total{status="not_found"}',
    'kube_pod_status_phase{phase="Pending"}',
    'x{route="/files/.*"}',
    'x{phase="a|b"}',
  ]) {
    it(`are none: ${selector}`, () => assert.deepEqual(find(selector), []));
  }
});

describe("labels in templates", () => {
  for (const [expr, summary] of [
    ["sum(rate(x[5m])) > 5", "{{ $labels.service }} fails"],
    ["sum by (namespace) (rate(x[5m])) > 5", "{{ $labels.namespace }}/{{ $labels.pod }}"],
    ["5 < sum by (namespace) (rate(x[5m]))", "{{ $labels.pod }}"],
    ["max without (pod) (x) > 5", "{{ $labels.pod }}"],
    ["sum by (a) (x) > 5 and on (a) y == 1", '{{ printf "%s" $labels.b }}'],
  ] as const) {
    it(`must be in the result of ${expr}`, () =>
      assert.match(templated(expr, summary)[0] ?? "", /removes$/));
  }

  for (const [expr, summary] of [
    ["sum by (namespace, pod) (rate(x[5m])) > 5", "{{ $labels.namespace }}/{{ $labels.pod }}"],
    ["x > 5", "{{ $labels.anything }}"],
    ["max without (pod) (x) > 5", "{{ $labels.namespace }}"],
    ["sum by (pod) (x) * on (pod) group_left (node) node_info > 5", "{{ $labels.node }}"],
    ["sum by (a) (x) / sum by (a) (y) > 5", "{{ $labels.a }}"],
    ['count_values by (job) ("version", build) > 1', "{{ $labels.version }}"],
    ["topk by (a) (1, x) > 5", "{{ $labels.b }}"],
    ["sum by (a) (x) > 5 or sum by (b) (y) > 5", "{{ $labels.b }}"],
    ["sum(x) > 5", "{{ $value }} requests"],
    ['absent(x{service="cart"})', "{{ $labels.service }}"],
    ['label_replace(sum by (a) (x), "b", "$1", "a", "(.*)") > 5', "{{ $labels.b }}"],
  ] as const) {
    it(`may be in the result of ${expr}`, () => assert.deepEqual(templated(expr, summary), []));
  }
});

describe("operators between series", () => {
  for (const expr of [
    "sum by (namespace) (x) / sum by (service) (y) > 1",
    "sum by (pod) (x) / on (namespace, pod) sum by (namespace, pod) (y) > 1",
    "sum by (a) (x) > 1 and sum by (b) (y) > 1",
    "sum(x) / sum by (a) (y) > 1",
    "sum by (a, b) (x) / ignoring (c) sum by (a) (y) > 1",
  ]) {
    it(`never match: ${expr}`, () =>
      assert.match(problems(promqlValid, alerts(expr)).join(), /only one side has the label/));
  }

  for (const expr of [
    "sum by (a) (x) / sum by (a) (y) > 1",
    "sum by (a, b) (x) / on (a) group_left sum by (a) (y) > 1",
    "sum by (a, b) (x) / ignoring (b) group_left sum by (a) (y) > 1",
    "sum by (a) (x) / on () group_left sum(y) > 1",
    "sum by (a) (x) > 1 or sum by (b) (y) > 1",
    "sum by (a) (x) / on (a) y > 1",
    "sum by (a) (x) > scalar(sum(y))",
    'sum by (a) (x) / on (a) label_replace(sum by (b) (y), "a", "$1", "b", "(.*)") > 1',
    "x / y > 1",
    "max without (pod) (x) / sum by (a) (y) > 1",
    "sum by (a) (x) > 1 and on () hour() > 8",
    "histogram_quantile(0.99, sum by (a, le) (rate(x_bucket[5m]))) / avg by (a) (y) > 2",
  ]) {
    it(`may match: ${expr}`, () => assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});

describe("sums of counters, and totals since the start of a process", () => {
  for (const [expr, problem] of [
    ["rate(sum by (job) (orders_total)[5m:]) > 1", /computed from a sum of counters/],
    ["histogram_quantile(0.9, sum by (le) (wait_bucket)) > 1", /since the process started/],
    ['errors_total{code="500"} / errors_total > 0.1', /divided by itself/],
    ["disk_used_bytes / disk_size_bytes > 80", /cannot reach/],
  ] as const) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr)).join(), problem));
  }

  for (const expr of [
    "rate(max by (job) (orders_total)[5m:]) > 1",
    "histogram_quantile(0.9, sum by (le) (job:wait_bucket)) > 1",
    'sum(errors_total{code="500"}) / sum(errors_total) > 0.1',
    'errors_total{code="500"} / ignoring (code) group_left errors_total > 0.1',
    "disk_used_bytes / disk_size_bytes > 0.8",
    "pool_used / connections_size > 80",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("units of thresholds", () => {
  const percentage = "100 * node_filesystem_avail_bytes / node_filesystem_size_bytes";
  const idle = 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))';
  const p99 = (metric: string) =>
    `histogram_quantile(0.99, sum by (le) (rate(${metric}_bucket[5m])))`;
  const mean = (metric: string) =>
    `sum(increase(${metric}_sum[5m])) / sum(increase(${metric}_count[5m]))`;

  for (const [expr, problem] of [
    ["memory_used_bytes * 100 / memory_limit_bytes > 0.9", /percentage is compared with a ratio/],
    ["0.9 < 100 * pool_usage / pool_max", /percentage/],
    [`100 - ${percentage} > 0.85`, /percentage/],
    [`100 - (${idle} * 100) > 0.8`, /percentage/],
    [`100 * (1 - ${idle}) > 0.8`, /percentage/],
    [`max by (instance) (${percentage}) < 0.1`, /percentage/],
    ["100 * avg(up) < 0.95", /percentage/],
    ["avg by (job) (up) < 90", /cannot reach/],
    ["100 * avg(up) > 100.5", /cannot reach/],
    [`${p99("http_client_request_duration_seconds")} > 500`, /threshold in milliseconds/],
    [`${mean("grpc_server_handling_seconds")} > 250`, /threshold in milliseconds/],
    ["http_server_requests_seconds_max >= 2500", /threshold in milliseconds/],
    [`${mean("request_duration_ms")} > 0.5`, /fraction of a millisecond/],
  ] as const) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr)).join(), problem));
  }

  for (const expr of [
    "memory_used_bytes * 100 / memory_limit_bytes > 90",
    "memory_used_bytes / memory_limit_bytes > 0.9",
    `${percentage} < 10`,
    `${percentage} < 1`,
    `100 - ${percentage} > 85`,
    // Parts of a percent of errors, of time stolen, and of idle workloads.
    '100 * sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.5',
    '100 * rate(node_cpu_seconds_total{mode="steal"}[5m]) > 0.5',
    "100 * (1 - job:availability:ratio) > 0.1",
    "100 * memory_usage / memory_requests < 0.5",
    "100 * (1 - replicas_available / replicas_desired) > 0.5",
    "100 * avg(up) < 95",
    "sum(up) < 3",
    "count(up >= 0) > 90",
    "sum_over_time(probe_success[1h]) < 50",
    "up + up > 1.5",
    `${p99("http_request_duration_milliseconds")} > 500`,
    `${p99("http_request_duration_seconds")} > 0.5`,
    `1000 * ${p99("http_request_duration_seconds")} > 500`,
    // Base signals, which alert-thresholds judges.
    `${p99("http_request_duration_seconds")} > 500`,
    // Whole minutes, and jobs.
    `${p99("http_client_request_duration_seconds")} > 300`,
    `${p99("job_duration_seconds")} > 500`,
    "oldest_request_age_seconds > 500",
    `${mean("http_response_size_bytes")} > 500`,
    "http_requests_seconds_sum / http_requests_total > 500",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("quotients by limits that are 0 for a container without one", () => {
  const usage = "container_memory_working_set_bytes";
  const limit = "container_spec_memory_limit_bytes";

  for (const expr of [
    `${usage} / ${limit} > 0.9`,
    `sum by (pod) (${usage}) / sum by (pod) (${limit}) * 100 > 90`,
    `${usage}{container=~".+"} / ${limit}{container=~".+"} > 0.9`,
  ]) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr)).join(), /infinite/));
  }

  for (const expr of [
    `${usage} / (${limit} > 0) > 0.9`,
    `${usage} / (${limit} != 0) > 0.9`,
    `sum by (pod) (${usage}) / sum by (pod) (${limit} > 0) > 0.9`,
    `${usage} / ${limit} > 0.9 and ${limit} > 0`,
    `${usage} / ${limit} > 0.9 unless ${limit} == 0`,
    `${usage} / ${limit} > 0.9 < +Inf`,
    `${usage} / ${limit} < 0.1`,
    `${usage}{container="cart"} / ${limit}{container="cart"} > 0.9`,
    `sum by (namespace) (${usage}) / sum by (namespace) (${limit}) > 0.9`,
    `${usage} / ${limit} > 0.9 and on (pod) kube_pod_container_resource_limits`,
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("metrics with a state next to metrics without it", () => {
  const restarts = "increase(kube_pod_container_status_restarts_total[1h]) > 3";
  const running = 'kube_pod_status_phase{phase="Running"} == 1';
  const oom = 'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1';

  for (const expr of [
    `${restarts} and ${running}`,
    `${running} and ${restarts}`,
    `${restarts} and ${oom}`,
    `sum by (namespace, pod) (${restarts}) > 3 and ${running}`,
    'container_memory_rss / kube_pod_container_resource_limits{resource="memory"} > 0.9',
  ]) {
    it(`never match: ${expr}`, () =>
      assert.match(
        problems(promqlValid, alerts(expr)).join(),
        /labels that the other side does not have/,
      ));
  }

  for (const expr of [
    `${restarts} and on (namespace, pod) ${running}`,
    `${restarts} and ignoring (phase) ${running}`,
    `${restarts} unless ${running}`,
    `${restarts} or kube_pod_status_phase{phase="Failed"} == 1`,
    `max by (pod) (${restarts}) > 3 and max by (pod) (${running}) == 1`,
    "kube_pod_container_resource_requests / kube_pod_container_resource_limits > 1",
    'kube_pod_status_phase{phase="Pending"} == 1 and kube_pod_status_phase offset 1h == 1',
    `sum by (namespace, pod, phase) (pods_total) > 3 and ${running}`,
    `queue_length > 3 and ${running}`,
    `node_namespace_pod:kube_pod_phases: > 3 and ${running}`,
  ]) {
    it(`may match: ${expr}`, () => assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});

describe("counters without _total, and wrapped ones", () => {
  for (const expr of [
    "node_vmstat_oom_kill > 0",
    'sum(nginx_ingress_controller_requests{status=~"5.."}) > 50',
    "http_request_duration_seconds_count > 1000",
    "max_over_time(payments_failed_total[10m]) > 0",
    '100 - avg by (instance) (node_cpu_seconds_total{mode="idle"}) * 100 > 80',
  ]) {
    it(`never fall: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr))[0] ?? "", /the raw value of a counter/));
  }

  for (const expr of [
    "increase(node_vmstat_oom_kill[30m]) > 0",
    "max_over_time(queue_total[5m]) > 5",
    "max_over_time(cart_queue_depth[10m]) > 1000",
    "cart_lag > 5 and http_request_duration_seconds_count > 1000",
    "max_over_time(errors_total[1h]) - min_over_time(errors_total[1h]) > 5",
    '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 80',
    "process_cpu_seconds_total < 60",
  ]) {
    it(`may fall: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("times in another unit", () => {
  for (const [expr, problem] of [
    ["predict_linear(node_filesystem_avail_bytes[6h], 24) < 0", /the next few seconds/],
    ["time() - orders_last_processed_timestamp_ms > 600", /the metric is in milliseconds/],
    ["time() - max by (job) (batch_last_run_millis) > 600", /the metric is in milliseconds/],
  ] as const) {
    it(`are mistakes: ${expr}`, () =>
      assert.match(problems(promqlUnits, alerts(expr))[0] ?? "", problem));
  }

  for (const expr of [
    "predict_linear(node_filesystem_avail_bytes[6h], 24 * 3600) < 0",
    "predict_linear(node_filesystem_avail_bytes[6h], 4h) < 0",
    "time() - orders_last_processed_timestamp_ms / 1000 > 600",
    "time() * 1000 - orders_last_processed_timestamp_ms > 600000",
    "orders_end_timestamp_ms - orders_start_timestamp_ms > 600000",
  ]) {
    it(`are not: ${expr}`, () => assert.deepEqual(problems(promqlUnits, alerts(expr)), []));
  }
});

describe("ranges in the names of recorded rates", () => {
  const base = { record: "cart:errors:ratio_rate5m", expr: "sum(rate(cart_errors_total[5m]))" };
  const recorded = (record: string, expr: string) =>
    problems(promqlUnits, prometheusRule([base, { record, expr }]));

  it("are those of the expressions", () =>
    assert.match(
      recorded("cart:errors:ratio_rate5m", "sum(rate(cart_errors_total[1h]))")[0] ?? "",
      /the range in the name of the recorded series differs/,
    ));

  for (const [record, expr] of [
    ["cart:errors:ratio_rate5m", "sum(rate(cart_errors_total[5m])) / sum(rate(cart_total[5m]))"],
    ["cart:errors:ratio_rate1h", "avg_over_time(cart:errors:ratio_rate5m[1h])"],
    ["cart:errors:ratio_rate3d", "max_over_time(sum(rate(cart_errors_total[5m]))[3d:5m])"],
    ["cart:errors:ratio_rate5m", "cart:errors:rate5m / cart:requests:rate5m"],
    ["cart:last_errors:rate5m", "last_over_time(cart:errors:rate5m[15m])"],
    ["cart:errors:sum", "sum(rate(cart_errors_total[1h]))"],
  ] as const) {
    it(`may be ${record} for ${expr}`, () => assert.deepEqual(recorded(record, expr), []));
  }
});

describe("percentages in annotations", () => {
  const described = (expr: string, description: string) =>
    problems(promqlUnits, prometheusRule([{ alert: "A", expr, annotations: { description } }]));
  const percentage = "100 * volume_used_bytes / volume_size_bytes > 85";

  for (const [expr, text] of [
    [percentage, "{{ $value | humanizePercentage }} used"],
    [`${percentage} and on (volume) volume_size_bytes > 1e9`, "{{ humanizePercentage $value }}"],
  ] as const) {
    it(`are multiplied by 100 once more: ${text}`, () =>
      assert.match(described(expr, text)[0] ?? "", /multiplies a percentage by 100/));
  }

  for (const [expr, text] of [
    [percentage, '{{ printf "%.1f" $value }}% used'],
    ["volume_used_bytes / volume_size_bytes > 0.85", "{{ $value | humanizePercentage }} used"],
    [percentage, '{{ with query "x" }}{{ . | first | value | humanizePercentage }}{{ end }}'],
  ] as const) {
    it(`are right: ${text}`, () => assert.deepEqual(described(expr, text), []));
  }
});

describe("lower bounds of a count", () => {
  const ready = 'kube_node_status_condition{condition="Ready", status="true"} == 1';
  for (const expr of [`count(${ready}) < 3`, `count by (pool) (${ready}) <= 1`]) {
    it(`do not hold for none: ${expr}`, () =>
      assert.match(
        problems(promqlValid, alerts(expr))[0] ?? "",
        /returns nothing if no series meets/,
      ));
  }

  for (const expr of [
    `(count(${ready}) or vector(0)) < 3`,
    `count(${ready}) < 3 or absent(${ready})`,
    "sum(up == bool 1) < 3",
    `count(${ready}) > 3`,
    "count(up) < 3",
  ]) {
    it(`hold for none, or need not: ${expr}`, () =>
      assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});

describe("labels of absent()", () => {
  for (const [expr, summary] of [
    ['absent(up{job=~"cart|checkout"})', "{{ $labels.job }} is gone"],
    ['absent(up{job="cart"})', "{{ $labels.instance }} is gone"],
    ['absent(sum by (job) (up{job="cart"}))', "{{ $labels.job }} is gone"],
  ] as const) {
    it(`lack that of the template: ${expr}`, () =>
      assert.match(templated(expr, summary)[0] ?? "", /a template uses the label/));
  }

  for (const [expr, summary] of [
    ['absent(up{job="cart"})', "{{ $labels.job }} is gone"],
    ['absent_over_time(up{job="cart"}[5m])', "{{ $labels.job }} is gone"],
    ['up{job="cart"} == 0 or absent(up{job="cart"})', "{{ $labels.instance }} is gone"],
  ] as const) {
    it(`have that of the template: ${expr}`, () => assert.deepEqual(templated(expr, summary), []));
  }
});

describe("containers matched by their pod", () => {
  const memory = 'container_memory_working_set_bytes{namespace="shop"}';
  const limit = 'kube_pod_container_resource_limits{namespace="shop", resource="memory"}';
  for (const expr of [
    `${memory} / on (pod) ${limit} > 0.9`,
    `${limit} * on (namespace, pod) group_left ${memory} > 0`,
  ]) {
    it(`are several series: ${expr}`, () =>
      assert.match(problems(promqlValid, alerts(expr))[0] ?? "", /a pod has several series/));
  }

  for (const expr of [
    `sum by (pod) (${memory}) / on (pod) sum by (pod) (${limit}) > 0.9`,
    `${memory} / on (namespace, pod, container) ${limit} > 0.9`,
    `${memory} * on (namespace, pod) group_left (node) kube_pod_info > 1e9`,
    `container_memory_working_set_bytes{container="app"} / on (pod) ${limit} > 0.9`,
    `${memory} > 1e9 and on (pod) ${limit}`,
  ]) {
    it(`are one series, or may be several: ${expr}`, () =>
      assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});
