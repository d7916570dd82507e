import { ofRule, unlessUnknown } from "./checkRules";
import { StackFinding, stackPolicy } from "../engine/policy";
import { helmChart } from "../facts/helm";
import { Plain, UNKNOWN, at, hasUnknown } from "../facts/plain";
import { canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";
import { StackRule, canHoldRules, rulesOfStack } from "../facts/rules";
import { isMonitor, scrapedServices } from "../facts/services";
import { Expr, Selector, nodesOf, selectorsOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { meantMetric } from "../promql/knownMetrics";
import { checkKept } from "./keptMetrics";
import { parseDuration } from "../shared/duration";
import { matchesValue } from "../shared/matcher";
import { Exporter, exporterOf } from "../shared/scrapeTargets";
import { closest, distance } from "fastest-levenshtein";
import { scrapeConfigType, serviceType } from "../facts/types";

export const recordsExist = stackPolicy({
  name: "records-exist",
  description:
    "Each series that an alert reads exists: a rule records it or a part of the stack exports it, no keep list drops it, and its job is one of the stack's targets.",
  why: "An alert on a series that nothing records or exports, or that a keep list drops, never fires. Typical causes are a renamed recording rule, a misspelled name or a disabled exporter.",
  remediation:
    "correct the name of the series, add the recording rule or the exporter, or keep the metric",
  severity: "high",
  // Another stack may define the recording rules.
  baseline: { enforcementLevel: "advisory" },
  reads: (type) =>
    canHoldRules(type) ||
    canRunPrometheus(type) ||
    isMonitor(type) ||
    type === serviceType ||
    type === scrapeConfigType,
  check,
});

const MANY = 100;

function withoutRange(name: string): string {
  return name.replace(/\d+[smhdw]?/g, "");
}

/**
 * Reports missing series whose names resemble a series of the stack. Charts, Sloth or another stack may
 * record any other series.
 */
function check(resources: Resource[]): StackFinding[] {
  if (!resources.some((resource) => prometheusServer(resource) !== undefined)) return [];
  const { rules, unknown } = rulesOfStack(resources);
  const alerts = parsedAlerts(rules);
  return [
    ...checkJobs(resources, alerts),
    ...checkKept(resources, rules),
    ...unlessUnknown(checkRecords(rules, alerts), unknown),
    ...checkStale(resources, rules, alerts),
    ...checkPodLabels(resources, alerts),
    ...checkMetrics(resources, rules, alerts),
  ];
}

interface ParsedAlert {
  rule: StackRule;
  expr: Expr;
  selectors: readonly Selector[];
}

/** Returns the valid alerts, with the selectors in their expressions. */
function parsedAlerts(rules: StackRule[]): ParsedAlert[] {
  return rules.flatMap((rule) => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    return [{ rule, expr: parsed.expr, selectors: selectorsOf(parsed.expr) }];
  });
}

/** Checks that the Kubernetes metrics in alerts exist and that an enabled exporter exposes them. */
function checkMetrics(
  resources: Resource[],
  rules: StackRule[],
  alerts: ParsedAlert[],
): StackFinding[] {
  const disabled = disabledExporters(resources);
  const records = new Set(rules.map(({ record }) => record));
  return alerts.flatMap(({ rule, selectors }): StackFinding[] => {
    const metrics = new Set(selectors.map(({ metric = "" }) => metric));
    return [...metrics].flatMap((metric): StackFinding[] => {
      if (records.has(metric)) return [];
      const right = meantMetric(metric);
      if (right !== undefined) {
        const problem = `nothing exports the metric ${metric}`;
        return [{ ...ofRule(rule), problem, bound: right, fix: `write ${right}` }];
      }
      const exporter = disabled.find(({ job }) => job === exporterOf(metric));
      if (exporter === undefined) return [];
      return [
        {
          ...ofRule(rule),
          problem: `nothing exports the metric ${metric}, because the values disable ${exporter.key}`,
          bound: "an exporter in the stack",
          fix: `set ${exporter.key}.enabled: true`,
        },
      ];
    });
  });
}

/** Exporters of kube-prometheus-stack: their keys, and the names of charts that replace them. */
const exporters: { job: Exporter; key: string; charts: RegExp }[] = [
  { job: "kube-state-metrics", key: "kubeStateMetrics", charts: /state-metrics|k8s-monitoring/ },
  { job: "node-exporter", key: "nodeExporter", charts: /node-exporter|k8s-monitoring|alloy/ },
  { job: "kubelet", key: "kubelet", charts: /alloy|k8s-monitoring|opentelemetry/ },
];

/** Returns the exporters that the stack's chart disables and that nothing else in the stack replaces. */
function disabledExporters(resources: Resource[]): typeof exporters {
  const charts = resources.flatMap((resource) => helmChart(resource) ?? []);
  const stacks = charts.filter(({ chart }) => chart === "kube-prometheus-stack");
  return exporters.filter(({ key, charts: names }) => {
    const isOff =
      stacks.length > 0 && stacks.every(({ values }) => at(values, key, "enabled") === false);
    const isReplaced =
      charts.some(({ chart }) => names.test(chart)) ||
      resources.some(({ type }) => isMonitor(type) || type === scrapeConfigType) ||
      stacks.some(({ values }) =>
        ["additionalScrapeConfigs", "additionalScrapeConfigsSecret"].some(
          (jobs) => at(values, "prometheus", "prometheusSpec", jobs) !== undefined,
        ),
      );
    return isOff && !isReplaced;
  });
}

/** Returns the values that the `job` label of the stack's targets has or may have. */
function jobsOf(resources: Resource[]): string[] {
  const monitored = resources.flatMap(scrapedServices).flatMap(({ knownAs }) => knownAs);
  const services = resources.filter(({ type }) => type === serviceType);
  return [...new Set([...monitored, ...services.map(objectName)])];
}

/** Reports jobs that differ from a target of the stack by one or two letters. */
function checkJobs(resources: Resource[], alerts: ParsedAlert[]): StackFinding[] {
  const jobs = jobsOf(resources);
  if (jobs.length === 0) return [];
  return alerts.flatMap(({ rule, selectors }): StackFinding[] => {
    const named = selectors.flatMap(({ matchers }) =>
      matchers.flatMap(({ label, operator, value }) =>
        label === "job" && operator === "=" && value.length >= 8 ? [value] : [],
      ),
    );
    return [...new Set(named)]
      .filter((job) => !jobs.includes(job))
      .flatMap((job) => {
        const similar = closest(job, jobs);
        const isTypo = distance(job, similar) <= 2 && withoutRange(job) !== withoutRange(similar);
        if (!isTypo || similar.length < 8) return [];
        return [
          {
            ...ofRule(rule),
            problem: `no target of the stack has the job ${job}`,
            bound: "the name of a Service that a monitor selects",
            fix: `write ${similar}`,
          },
        ];
      });
  });
}

/** Number of seconds during which Prometheus still returns a series' last sample. */
const LOOKBACK_SECONDS = 300;

/**
 * Reports series that are recorded at intervals longer than Prometheus's lookback. They disappear
 * between samples.
 */
function checkStale(
  resources: Resource[],
  rules: StackRule[],
  alerts: ParsedAlert[],
): StackFinding[] {
  const hasOwnLookback = resources.some((resource) => {
    const { spec } = prometheusServer(resource) ?? {};
    return (
      spec !== undefined && at(resource.props, ...spec, "query", "lookbackDelta") !== undefined
    );
  });
  const rare = new Map<string, string>();
  for (const { record, group } of hasOwnLookback ? [] : rules) {
    const seconds = parseDuration(group.interval) ?? 0;
    if (record !== undefined && seconds > LOOKBACK_SECONDS) {
      rare.set(record, String(group.interval));
    }
  }
  if (rare.size === 0) return [];
  return alerts.flatMap(({ rule, selectors }): StackFinding[] => {
    const [read] = selectors
      .filter(({ rangeSeconds }) => rangeSeconds === undefined)
      .flatMap(({ metric = "" }) => (rare.has(metric) ? metric : []));
    if (read === undefined) return [];
    return [
      {
        ...ofRule(rule),
        problem: `the series ${read} is recorded so infrequently that it disappears between evaluations`,
        found: `every ${rare.get(read) ?? ""}`,
        bound: "at most 5m, the default lookback of Prometheus",
        fix: `set interval: 1m in the group that records it, or read last_over_time(${read}[…])`,
      },
    ];
  });
}

/**
 * Reports object labels that kube-state-metrics does not export, because its allowlist does not contain
 * them.
 */
function checkPodLabels(resources: Resource[], alerts: ParsedAlert[]): StackFinding[] {
  const charts = resources.flatMap((resource) => helmChart(resource) ?? []);
  const stacks = charts.filter(({ chart }) => chart === "kube-prometheus-stack");
  const values = stacks.map((each) => at(each.values, "kube-state-metrics"));
  const isAllowed = (each: Plain) =>
    hasUnknown(each) ||
    ["metricLabelsAllowlist", "extraArgs"].some((key) => at(each, key) !== undefined);
  const isElsewhere = charts.some(({ chart }) => /state-metrics|k8s-monitoring/.test(chart));
  if (stacks.length === 0 || isElsewhere || stacks.some((each) => each.values === UNKNOWN))
    return [];
  if (values.some(isAllowed)) return [];
  return alerts.flatMap(({ rule, expr, selectors }): StackFinding[] => {
    // Without these labels, `unless` excludes nothing, so the alert fires anyway.
    const excluding = new Set(
      nodesOf(expr).flatMap((node) =>
        node.kind === "binary" && node.operator === "unless" ? selectorsOf(node.right) : [],
      ),
    );
    const [label] = selectors
      .filter((selector) => !excluding.has(selector))
      .filter(({ metric = "" }) => /^kube_\w+_labels$/.test(metric))
      .flatMap(({ matchers }) => matchers)
      .filter((matcher) => matcher.label.startsWith("label_") && !matchesValue(matcher, ""));
    if (label === undefined) return [];
    return [
      {
        ...ofRule(rule),
        problem:
          "kube-state-metrics does not export object labels by default, so no series matches",
        found: label.label,
        bound: "a list of labels in kube-state-metrics.metricLabelsAllowlist",
        fix: "set kube-state-metrics.metricLabelsAllowlist: [pods=[<label>]]",
      },
    ];
  });
}

/** Reports series that no rule records, if their names resemble that of a recorded series. */
function checkRecords(rules: StackRule[], alerts: ParsedAlert[]): StackFinding[] {
  const records = new Set(rules.flatMap(({ record }) => record ?? []));
  const names = [...records].filter((name) => name.includes(":"));
  if (names.length === 0) return [];
  const reading = alerts.flatMap(({ rule, selectors }) => {
    const missing = selectors
      .map(({ metric = "" }) => metric)
      .filter((metric) => metric.includes(":") && !records.has(metric));
    return missing.length === 0 ? [] : [{ rule, missing }];
  });
  // This many names cannot all be misspelled, so another stack probably records the series.
  if (reading.length > MANY) return [];
  return reading.flatMap(({ rule, missing }) =>
    [...new Set(missing)].flatMap((metric): StackFinding[] => {
      const similar = closest(metric, names);
      // Names that differ only in the range are different series.
      const isTypo =
        distance(metric, similar) <= 3 && withoutRange(metric) !== withoutRange(similar);
      if (!isTypo) return [];
      return [
        {
          ...ofRule(rule),
          problem: `no rule records the series ${metric}`,
          bound: "a series that a rule of the stack records",
          fix: `write ${similar}, or add a rule that records ${metric}`,
        },
      ];
    }),
  );
}
