import { selectorsOf } from "../../policies/promql/expr";
import { parsePromQL } from "../../policies/promql/parse";
import { at, textAt, textsAt } from "../../policies/facts/plain";
import { prometheusServer } from "../../policies/facts/prometheus";
import { type Rule, rulesOf } from "../../policies/facts/rules";
import { parseDuration } from "../../policies/shared/duration";
import { policyResource } from "../engine/policyResource";
import type { PreviewState } from "../compare/state";

/** An alerting rule, with its durations in milliseconds. */
export interface AlertingRule {
  alert: string;
  expr: string;
  forMs: number;
  keepFiringMs: number;
  /** Time between two evaluations of the rule's group. */
  intervalMs: number;
  labels: Record<string, string>;
  /** Whether the group has a limit, which discards all results of an evaluation with too many alerts. */
  hasLimit: boolean;
}

export interface RecordingRule {
  expr: string;
  intervalMs: number;
  labels: Record<string, string>;
}

/** The rules of a stack. */
export interface RuleSet {
  alerts: AlertingRule[];
  /** Recording rules by the name of the series that they record. */
  records: ReadonlyMap<string, RecordingRule[]>;
  /** Time between two evaluations of a group without its own interval. */
  intervalMs: number;
}

/** The rules of an alert that differ from those in the other state. */
export interface ChangedAlert {
  alert: string;
  before: AlertingRule[];
  after: AlertingRule[];
}

/** The Prometheus Operator's default for `evaluationInterval`. */
const DEFAULT_INTERVAL = "30s";

/** Reads the rules of a stack, including chart rules in values. */
export function ruleSetOf({ resources }: PreviewState): RuleSet {
  const read = resources.map(policyResource);
  const servers = read.flatMap((resource) => {
    const { spec } = prometheusServer(resource) ?? {};
    return spec === undefined ? [] : (textAt(resource.props, ...spec, "evaluationInterval") ?? []);
  });
  const intervalMs = milliseconds(servers[0] ?? DEFAULT_INTERVAL);
  const rules = read.flatMap((resource) => rulesOf(resource).rules);
  const records = new Map<string, RecordingRule[]>();
  for (const rule of rules) {
    if (rule.record === undefined) continue;
    const recorded = { expr: rule.expr, ...commonOf(rule, intervalMs) };
    records.set(rule.record, [...(records.get(rule.record) ?? []), recorded]);
  }
  const alerts = rules.flatMap((rule) =>
    rule.alert === undefined
      ? []
      : {
          alert: rule.alert,
          expr: rule.expr,
          forMs: milliseconds(rule.for),
          keepFiringMs: milliseconds(at(rule.fields, "keep_firing_for")),
          hasLimit: Number(rule.group.limit ?? 0) > 0,
          ...commonOf(rule, intervalMs),
        },
  );
  return { alerts, records, intervalMs };
}

function commonOf(rule: Rule, defaultMs: number) {
  return {
    intervalMs: milliseconds(rule.group.interval) || defaultMs,
    labels: Object.fromEntries(textsAt(rule.labels)),
  };
}

function milliseconds(duration: unknown): number {
  return Math.round((parseDuration(duration) ?? 0) * 1000);
}

/** Returns the alerts whose rules, or the recording rules that they read, differ between two states. */
export function changedAlerts(before: RuleSet, after: RuleSet): ChangedAlert[] {
  const [old, current] = [definitions(before), definitions(after)];
  const names = [...after.alerts, ...before.alerts].map(({ alert }) => alert);
  return [...new Set(names)].flatMap((alert) => {
    const rules = (set: RuleSet, definitionOf: (rule: AlertingRule) => string) =>
      set.alerts
        .filter((rule) => rule.alert === alert)
        .map((rule) => ({ rule, definition: definitionOf(rule) }));
    const [was, is] = [rules(before, old.ofAlert), rules(after, current.ofAlert)];
    const missing = (definitions: typeof was, others: typeof was) =>
      definitions
        .filter(({ definition }) => !others.some((other) => other.definition === definition))
        .map(({ rule }) => rule);
    const changed = { alert, before: missing(was, is), after: missing(is, was) };
    return changed.before.length + changed.after.length === 0 ? [] : [changed];
  });
}

/**
 * Returns the recorded series whose rules are the same in both states, including the rules of the series
 * that they read.
 */
export function unchangedRecords(before: RuleSet, after: RuleSet): Set<string> {
  const [old, current] = [definitions(before), definitions(after)];
  const names = [...before.records.keys()].filter((name) => after.records.has(name));
  return new Set(names.filter((name) => old.ofRecord(name) === current.ofRecord(name)));
}

/** Returns comparable strings with everything that determines the results of rules. */
function definitions({ records }: RuleSet) {
  const known = new Map<string, string>();
  const ofRecord = (name: string): string => {
    const result = known.get(name);
    if (result !== undefined) return result;
    // Placeholder until the definition is complete, in case a series is recorded from itself.
    known.set(name, name);
    const rules = (records.get(name) ?? []).map(({ expr, ...rule }) => [rule, ofExpr(expr)]);
    const definition = JSON.stringify(rules);
    known.set(name, definition);
    return definition;
  };
  const ofExpr = (expr: string): unknown[] => [
    expr,
    ...metricsIn(expr)
      .filter((metric) => records.has(metric))
      .map(ofRecord),
  ];
  const ofAlert = ({ expr, ...rule }: AlertingRule) => JSON.stringify([rule, ofExpr(expr)]);
  return { ofAlert, ofRecord };
}

/**
 * Returns the metrics that an expression reads by name, either directly or through the given recording
 * rules.
 */
export function metricsIn(expr: string, records?: RuleSet["records"]): string[] {
  const metrics = new Set<string>();
  const open = [expr];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const parsed = parsePromQL(next);
    if (parsed.error !== undefined) continue;
    for (const { metric } of selectorsOf(parsed.expr)) {
      if (metric === undefined || metrics.has(metric)) continue;
      metrics.add(metric);
      open.push(...(records?.get(metric) ?? []).map((rule) => rule.expr));
    }
  }
  return [...metrics];
}
