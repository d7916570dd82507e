import { type Expr, childrenOf, mapChildren, nodesOf } from "../../policies/promql/expr";
import { parsePromQL } from "../../policies/promql/parse";
import { allowsService, namedServices } from "../../policies/promql/scope";
import { type Plain, listAt, textAt } from "../../policies/facts/plain";
import { ruleGroupsOf } from "../../policies/facts/rules";
import { groupBy } from "../../components/shared/groupBy";
import { jobAlertNames, probeAlertNames } from "../../components/alerting/alertNames";
import { linkedPanels } from "../../components/alerting/dashboardLinks";
import { keysOf } from "./differences";
import { type ConfiguredService, type PreviewState, serviceNames, servicesOf } from "./state";

export type AlertChange = {
  alert: string;
  severity: string;
  /** Names of the services; empty for an alert that does not concern a configured service. */
  services: string;
  change: string;
};

/** The parts of a rule that are compared. */
export interface RuleState {
  for: string;
  expr: string;
  /** The expression without its numbers and without the matchers that select services. */
  form: string;
  numbers: string[];
  /** The threshold with its unit, as stated in the description. Default: unknown. */
  threshold?: string | undefined;
}

/** An alert from the perspective of one service or of the platform. */
export interface Alert extends RuleState {
  name: string;
  severity: string;
  service: string | undefined;
}

/**
 * Returns the differences between the alerts of two states. Services with equal differences share a row.
 */
export function alertChanges(before: PreviewState, after: PreviewState): AlertChange[] {
  const old = alertsOf(before);
  const current = alertsOf(after);
  const nameOf = serviceNames(before, after);
  const idsOf = (state: PreviewState) => new Set(servicesOf(state).map(({ id }) => id));
  const [oldServices, currentServices] = [idsOf(before), idsOf(after)];
  const changes = new Map<string, { row: AlertChange; services: Set<string> }>();
  const add = ({ name, severity, service }: Alert, change: string): void => {
    const key = JSON.stringify([name, severity, change, service === undefined]);
    const known = changes.get(key) ?? {
      row: { alert: name, severity, services: "", change },
      services: new Set<string>(),
    };
    changes.set(key, known);
    if (service !== undefined) known.services.add(service);
  };
  for (const key of keysOf(old, current)) {
    const [was, is] = [old.get(key), current.get(key)];
    const service = (is ?? was)?.service;
    // The service's own row covers all of its alerts.
    const isOnOneSide =
      service !== undefined && oldServices.has(service) !== currentServices.has(service);
    if (isOnOneSide) continue;
    if (was === undefined) add(is!, "added");
    else if (is === undefined) add(was, "removed");
    else for (const change of changed(was, is)) add(is, change);
  }
  const all = (services: Set<string>): boolean =>
    services.size > 1 && [...currentServices].every((id) => services.has(id));
  const wholeServices = [
    ...alertsOfOthers(current, currentServices, oldServices, "added with the service"),
    ...alertsOfOthers(old, oldServices, currentServices, "removed with the service"),
  ];
  return [
    ...wholeServices.map((row) => ({ ...row, services: nameOf(row.services) })),
    ...[...changes.values()].map(({ row, services }) => ({
      ...row,
      services: all(services) ? "all services" : [...services].map(nameOf).join(", "),
    })),
  ];
}

/** Returns one row per service for all alerts that the other state does not have. */
function alertsOfOthers(
  alerts: Map<string, Alert>,
  services: Set<string>,
  others: Set<string>,
  change: string,
): AlertChange[] {
  return [...services]
    .filter((service) => !others.has(service))
    .map((service) => {
      const alertsOfService = [...alerts.values()].filter((alert) => alert.service === service);
      return {
        alert: `all ${new Set(alertsOfService.map(({ name }) => name)).size} alerts`,
        severity: [...new Set(alertsOfService.map(({ severity }) => severity))].sort().join(", "),
        services: service,
        change,
      };
    });
}

/** Returns the differences between two states of a rule. */
export function changed(before: RuleState, after: RuleState): string[] {
  const changes: string[] = [];
  if (before.for !== after.for) changes.push(`for ${before.for} → ${after.for}`);
  if (before.form !== after.form) {
    changes.push(`expression \`${before.expr}\` → \`${after.expr}\``);
  } else if (before.numbers.join() !== after.numbers.join()) {
    const numbers = before.numbers.flatMap((number, index) =>
      number === after.numbers[index] ? [] : [`${number} → ${after.numbers[index]}`],
    );
    const texts = [before.threshold, after.threshold];
    // A description states only one threshold, but an expression may contain several.
    const distinct = [...new Set(numbers)];
    const isNamed = distinct.length === 1 && !texts.includes(undefined) && texts[0] !== texts[1];
    changes.push(`threshold ${isNamed ? texts.join(" → ") : distinct.join(", ")}`);
  }
  return changes;
}

/** Returns a state's alerts by name, severity and service. */
export function alertsOf(state: PreviewState): Map<string, Alert> {
  const byComponent = new Map(groupBy(servicesOf(state), ({ component }) => component));
  const alerts = new Map<string, Alert>();
  for (const { type, parent = "", inputs } of state.resources) {
    const rules = ruleGroupsOf({ type, props: inputs }).flatMap((group) => listAt(group, "rules"));
    const covers = coverage(rules);
    for (const rule of rules) {
      const name = textAt(rule, "alert");
      const expr = textAt(rule, "expr");
      if (name === undefined || expr === undefined) continue;
      const tree = parsedExpr(rule);
      const severity = textAt(rule, "labels", "severity") ?? "";
      const description = textAt(rule, "annotations", "description") ?? "";
      const [, threshold] = /\(threshold: ([^)]+)\)/.exec(description) ?? [];
      const common = { name, severity, for: textAt(rule, "for") ?? "0s", threshold, expr };
      const subjects = byComponent
        .get(parent)
        ?.filter((service) => concerns(name, service) && covers(tree, service.name));
      for (const service of subjects ?? [undefined]) {
        // Several rules with the same name differ in their windows, and are always in the same order.
        let key = JSON.stringify([name, severity, service?.id ?? parent]);
        while (alerts.has(key)) key += "+";
        const seen = tree && service ? forService(tree, service.name) : tree;
        alerts.set(key, { ...common, service: service?.id, ...formOf(expr, seen, serviceLabels) });
      }
    }
  }
  return alerts;
}

/** Whether an alert applies to this kind of service. A scheduled job has only runs and pods. */
function concerns(alert: string, { kind, probe }: ConfiguredService): boolean {
  if (probeAlertNames.includes(alert)) return probe !== undefined;
  if (kind === "probe") return false;
  if (jobAlertNames.includes(alert)) return kind === "job";
  return kind !== "job" || podAlerts.has(alert);
}

const podAlerts: Set<string> = new Set(
  Object.values(linkedPanels).flatMap(({ dashboard, alerts }): string[] =>
    dashboard === "kubernetes-pods" ? alerts : [],
  ),
);

/** Returns the part of an expression that can affect a service. */
function forService(expr: Expr, service: string): Expr {
  // The team label is a setting of one service, but it appears in the rules of all services.
  if (expr.kind === "call" && expr.name === "label_replace") {
    const [inner, label] = expr.args;
    if (inner && label?.kind === "string" && label.value === "team")
      return forService(inner, service);
  }
  const scope = scopeOf(expr);
  if (scope !== undefined) return forService(scope.expr, service);
  return mapChildren(expr, (part) => forService(part, service));
}

/**
 * Returns a predicate that checks whether an expression, including the recorded series that it reads,
 * can return a result for a service.
 */
function coverage(rules: Plain[]): (expr: Expr | undefined, service: string) => boolean {
  const recording = new Map<string, Plain[]>();
  for (const rule of rules) {
    const record = textAt(rule, "record");
    if (record !== undefined) recording.set(record, [...(recording.get(record) ?? []), rule]);
  }
  const known = new Map<string, boolean>();
  const isRecorded = (metric: string, service: string): boolean => {
    const key = `${metric} ${service}`;
    const result = known.get(key);
    if (result !== undefined) return result;
    // Placeholder until the result is known, in case a series is recorded from itself.
    known.set(key, true);
    const isCovered = (recording.get(metric) ?? []).some(
      (rule) =>
        [undefined, service].includes(textAt(rule, "labels", "service")) &&
        covers(parsedExpr(rule), service),
    );
    known.set(key, isCovered);
    return isCovered;
  };
  const covers = (expr: Expr | undefined, service: string): boolean => {
    if (expr === undefined) return true;
    if (expr.kind === "selector") {
      const { metric = "" } = expr;
      return (
        allowsService(expr, service) && (!recording.has(metric) || isRecorded(metric, service))
      );
    }
    if (expr.kind === "binary" && expr.operator === "or") {
      return covers(expr.left, service) || covers(expr.right, service);
    }
    const scope = scopeOf(expr);
    if (scope !== undefined) {
      return covers(scope.expr, service) && scope.services.includes(service) !== scope.isExcluded;
    }
    if (expr.kind === "binary" && expr.operator === "unless") return covers(expr.left, service);
    return childrenOf(expr).every((part) => covers(part, service));
  };
  return covers;
}

/**
 * Recognizes an expression that `and` limits to named services, or from which `unless` excludes them.
 */
function scopeOf(expr: Expr): { expr: Expr; services: string[]; isExcluded: boolean } | undefined {
  if (expr.kind !== "binary" || !/^(and|unless)$/.test(expr.operator)) return undefined;
  const { left, right, operator } = expr;
  // For pods without a known owner, the operand after `or` matches service names.
  const named = right.kind === "binary" && right.operator === "or" ? right.left : right;
  const services = named.kind === "selector" ? namedServices(named) : [];
  return services.length === 0
    ? undefined
    : { expr: left, services, isExcluded: operator === "unless" };
}

const serviceLabels = ["service", "workload"];

export function parsedExpr(rule: Plain): Expr | undefined {
  const parsed = parsePromQL(textAt(rule, "expr") ?? "");
  return parsed.error === undefined ? parsed.expr : undefined;
}

export function formOf(
  text: string,
  expr: Expr | undefined,
  ignoredLabels: string[] = [],
): Pick<RuleState, "form" | "numbers"> {
  if (expr === undefined) return { form: text, numbers: [] };
  const numbers = nodesOf(expr).flatMap((node) =>
    node.kind === "number" ? [node.duration ?? String(node.value)] : [],
  );
  const form = JSON.stringify(expr, (key, value: unknown) => {
    if (key === "value" && typeof value === "number") return 0;
    if (key === "duration") return undefined;
    if (key !== "matchers") return value;
    return (value as { label: string }[]).filter(({ label }) => !ignoredLabels.includes(label));
  });
  return { form, numbers };
}
