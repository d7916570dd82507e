import * as assert from "node:assert/strict";
import { absentCoverage } from "../../policies/alerts/absentCoverage";
import { alertAnnotations } from "../../policies/alerts/alertAnnotations";
import { alertFor } from "../../policies/alerts/alertFor";
import { alertSeverity } from "../../policies/alerts/alertSeverity";
import { duplicateRules } from "../../policies/alerts/duplicateRules";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { pinnedCharts } from "../../policies/reliability/pinnedCharts";
import { AnyPolicy } from "../../policies/engine/policy";
import { promqlUnits } from "../../policies/alerts/promqlUnits";
import { promqlValid } from "../../policies/alerts/promqlValid";
import { rateWindow } from "../../policies/alerts/rateWindow";
import { retentionCoversRules } from "../../policies/retention/retentionCoversRules";
import { rulesAreLoaded } from "../../policies/delivery/rulesAreLoaded";
import {
  RuleFixture,
  alerts,
  problems,
  prometheusRelease,
  prometheusRule,
  release,
  resource,
} from "./subjects";

const errors = 'rate(http_requests_total{status=~"5.."}[5m])';
const total = "rate(http_requests_total[5m])";
const buckets = "rate(http_request_duration_seconds_bucket[5m])";
const labelled = (labels: PlainMap, more: Partial<RuleFixture> = {}): Resource =>
  prometheusRule([{ alert: "A", expr: "x > 1", labels, ...more }]);
const waiting = (wait: unknown): Resource => labelled({ severity: "critical" }, { for: wait });
const runbook = (url: string): Resource => {
  const annotations = { summary: "s", description: "d", runbook_url: url };
  const { urn, ...rule } = labelled({ severity: "critical" }, { annotations });
  return { ...rule, urn: urn.replace(":dev:", ":prod:") };
};
const kept = (days: number, expr: string): Resource[] => [
  prometheusRelease(`${days}d`),
  alerts(expr),
];
const inProd = (...rules: RuleFixture[]): Resource => {
  const subject = prometheusRule(rules);
  return { ...subject, urn: subject.urn.replace(":dev:", ":prod:") };
};
const critical = { alert: "A", expr: "errors_total > 1", labels: { severity: "critical" } };
const chart = (props: PlainMap, type = "v3:Release"): Resource =>
  resource(`kubernetes:helm.sh/${type}`, "loki", {
    chart: "loki",
    version: "18.11.0",
    repositoryOpts: { repo: "https://grafana-community.github.io/helm-charts" },
    ...props,
  });
const unloaded = (spec: PlainMap, labels: PlainMap = {}): Resource[] => [
  release("kube-prometheus-stack", { prometheus: { prometheusSpec: spec } }),
  resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {
    metadata: { name: "r", namespace: "shop", labels },
  }),
];

/** Ways around a policy on rules that somebody may try, or fall into. */
const bypasses: [string, AnyPolicy, Resource | Resource[]][] = [
  ["a window in hours", retentionCoversRules, kept(15, "avg_over_time(x[721h]) > 1")],
  ["a computed window", retentionCoversRules, kept(15, "avg_over_time(x[30 * 1d]) > 1")],
  ["a subquery", retentionCoversRules, kept(15, "max_over_time(x[30d:1h]) > 1")],
  ["an offset", retentionCoversRules, kept(15, "x / (x offset 30d) > 1")],
  ["an offset after an operation", retentionCoversRules, kept(15, "x - x offset 30d > 1")],
  [
    "windows inside windows",
    retentionCoversRules,
    kept(15, "max_over_time(rate(x[8d])[8d:1h]) > 1"),
  ],
  ["a window on the constant side", retentionCoversRules, kept(15, "1 < avg_over_time(x[30d])")],
  [
    "a window in a recording rule",
    retentionCoversRules,
    [prometheusRelease("15d"), prometheusRule([{ record: "slo", expr: "avg_over_time(x[30d])" }])],
  ],

  ["an expression with an open bracket", promqlValid, alerts("sum(x > 1")],
  ["a comment instead of the threshold", promqlValid, alerts("x # > 1")],
  ["a comparison of constants", promqlValid, alerts("vector(1) > 0")],
  ["+ 0 instead of a comparison", promqlValid, alerts("x + 0")],
  ["or vector(1)", promqlValid, alerts("x or vector(1)")],
  ["topk inside the comparison", promqlValid, alerts("max(topk(5, x)) > 1")],
  [
    "topk in a recording rule",
    promqlValid,
    prometheusRule([
      { record: "top", expr: "topk(5, x)" },
      { alert: "A", expr: "top > 1" },
    ]),
  ],
  ["a pattern with a needless escape", promqlValid, alerts('x{a=~"b\\\\-c"} > 1')],
  ["a rate without a range", promqlValid, alerts("sum(rate(x)) > 1")],
  [
    "a heartbeat that is critical",
    promqlValid,
    labelled({ severity: "critical" }, { expr: "vector(1)" }),
  ],

  ["percent", promqlUnits, alerts(`sum(${errors}) / sum(${total}) > 5`)],
  ["percent flipped", promqlUnits, alerts(`5 < sum(${errors}) / sum(${total})`)],
  ["percent as a product", promqlUnits, alerts(`sum(${errors}) > 5 * sum(${total})`)],
  [
    "a percentage in a recording rule",
    promqlUnits,
    prometheusRule([
      { record: "e", expr: `sum(${errors}) / sum(${total})` },
      { alert: "A", expr: "e > 5" },
    ]),
  ],
  ["percent in parentheses", promqlUnits, alerts(`((sum(${errors}) / sum(${total}))) > (5)`)],
  ["a burn rate above 100%", promqlUnits, alerts(`sum(${errors}) / sum(${total}) > 14.4 * 0.1`)],
  ["500m in a sum", promqlUnits, alerts("latency_seconds > 0 + 500m")],
  ["500m in a vector", promqlUnits, alerts("latency_seconds > on () vector(500m)")],
  ["500m negated on both sides", promqlUnits, alerts("-latency_seconds < -500m")],
  ["500m with bool", promqlUnits, alerts("(latency_seconds > bool 500m) == 1")],
  [
    "a percentile in percent",
    promqlUnits,
    alerts(`histogram_quantile(99, sum by (le) (${buckets})) > 1`),
  ],
  [
    "a percentile in percent, computed",
    promqlUnits,
    alerts(`histogram_quantile(9.9 * 10, sum by (le) (${buckets})) > 1`),
  ],
  [
    "le lost in a second sum",
    promqlUnits,
    alerts(`histogram_quantile(0.9, sum by (a) (sum by (a, le) (${buckets}))) > 1`),
  ],
  ["le lost by max", promqlUnits, alerts(`histogram_quantile(0.9, max by (a) (${buckets})) > 1`)],

  ["a window in milliseconds", rateWindow, alerts("rate(x[119999ms]) > 1")],
  ["a window as a number", rateWindow, alerts("rate(x[60]) > 1")],
  ["a computed window", rateWindow, alerts("rate(x[2 * 30s]) > 1")],
  ["increase", rateWindow, alerts("increase(x[1m]) > 1")],
  ["a short window in the divisor", rateWindow, alerts("rate(x[5m]) / rate(y[1m]) > 1")],
  [
    "a short window in a recording rule",
    rateWindow,
    prometheusRule([{ record: "r", expr: "rate(x[1m])" }]),
  ],
  ["a short window in a subquery", rateWindow, alerts("max_over_time(rate(x[1m])[1h:1m]) > 1")],

  ["a severity in upper case", alertSeverity, labelled({ severity: "CRITICAL" })],
  ["a severity with a space", alertSeverity, labelled({ severity: "critical " })],
  ["a severity from a template", alertSeverity, labelled({ severity: "{{ $labels.severity }}" })],
  [
    "the value in a label",
    alertSeverity,
    labelled({ severity: "info", v: '{{ printf "%f" $value }}' }),
  ],
  [
    "the value in a label, in the old syntax",
    alertSeverity,
    labelled({ severity: "info", v: "{{ .Value }}" }),
  ],

  ["0s", alertFor, waiting("0s")],
  ["0 as a number", alertFor, waiting(0)],
  ["an hour in minutes", alertFor, waiting("60m")],
  ["an hour in milliseconds", alertFor, waiting("3600000ms")],
  ["one millisecond less than a minute", alertFor, waiting("59s999ms")],

  ["a runbook over http", alertAnnotations, runbook("http://wiki.ticketing.io/a")],
  ["a runbook host in upper case", alertAnnotations, runbook("https://EXAMPLE.com/a")],
  ["a runbook with a port", alertAnnotations, runbook("https://example.com:8443/a")],
  ["a runbook with a user", alertAnnotations, runbook("https://a@example.com/a")],
  ["a runbook that is blank", alertAnnotations, runbook("   ")],

  [
    "an absence alert on another metric",
    absentCoverage,
    inProd(critical, { alert: "B", expr: "absent(other)" }),
  ],
  [
    "an absence alert on one series of many",
    absentCoverage,
    inProd(
      { ...critical, expr: 'errors_total{service="a"} > 1' },
      { alert: "B", expr: 'absent(errors_total{service="b"})' },
    ),
  ],
  ["up compared the wrong way", absentCoverage, inProd(critical, { alert: "B", expr: "up == 1" })],
  [
    "an absence in a recording rule",
    absentCoverage,
    inProd(critical, { record: "r", expr: "absent(errors_total)" }),
  ],

  ["a label with another release", rulesAreLoaded, unloaded({}, { release: "other" })],
  [
    "a selector of nothing",
    rulesAreLoaded,
    unloaded({ ruleSelectorNilUsesHelmValues: false, ruleSelector: null }),
  ],
  [
    "another selector that selects everything",
    rulesAreLoaded,
    unloaded({ serviceMonitorSelectorNilUsesHelmValues: false }),
  ],
  [
    "another namespace",
    rulesAreLoaded,
    unloaded({
      ruleSelectorNilUsesHelmValues: false,
      ruleNamespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
    }),
  ],

  [
    "the same alert with spaces",
    duplicateRules,
    prometheusRule([
      { alert: "A", expr: "x > 1" },
      { alert: "A", expr: "( x )  >  1" },
    ]),
  ],
  [
    "the same alert with another threshold",
    duplicateRules,
    prometheusRule([
      { alert: "A", expr: "x > 1" },
      { alert: "A", expr: "x > 2" },
    ]),
  ],

  ["a range of versions", pinnedCharts, chart({ version: ">=18.0.0 <19.0.0" })],
  ["a version with a wildcard", pinnedCharts, chart({ version: "18.11.*" })],
  ["an equals sign", pinnedCharts, chart({ version: "=18" })],
  ["devel", pinnedCharts, chart({ devel: true })],
  [
    "a host with the same prefix",
    pinnedCharts,
    chart({
      repositoryOpts: { repo: "https://grafana-community.github.io.evil.io/helm-charts" },
    }),
  ],
  [
    "a user that looks like the host",
    pinnedCharts,
    chart({
      repositoryOpts: { repo: "https://grafana-community.github.io@evil.io/helm-charts" },
    }),
  ],
  [
    "a path to the parent folder",
    pinnedCharts,
    chart({
      repositoryOpts: { repo: "https://grafana-community.github.io/helm-charts/../evil" },
    }),
  ],
  [
    "a repository alias of the local machine",
    pinnedCharts,
    chart({ chart: "grafana/loki", repositoryOpts: {} }),
  ],
  ["a tag that moves", pinnedCharts, chart({ chart: "oci://ghcr.io/grafana/loki:latest" })],
  ["a chart of version 4", pinnedCharts, chart({ version: "18" }, "v4:Chart")],
];

describe("attempts to bypass policies on rules", () => {
  for (const [way, policy, subject] of bypasses) {
    it(`${policy.name}: ${way}`, () => {
      const judged = policy.scope === "stack" ? [subject].flat() : subject;
      assert.notDeepEqual(problems(policy, judged), []);
    });
  }
});
