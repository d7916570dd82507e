import { type Expr, allows, nodesOf, selectorsOf } from "../../policies/promql/expr";
import { parsePromQL } from "../../policies/promql/parse";
import { type Plain, listAt, textAt } from "../../policies/facts/plain";
import { type PreviewState, servicesByComponent } from "./state";

export interface AlertChange {
  alert: string;
  severity: string;
  /** Names of the services, or empty for an alert that does not concern a configured service. */
  services: string;
  change: string;
}

/** An alert as one service, or the platform, experiences it. */
interface Alert {
  name: string;
  severity: string;
  service: string | undefined;
  for: string;
  expr: string;
  /** The expression without numbers and without the matchers that select services. */
  form: string;
  numbers: string[];
}

/** Differences between the alerts of two states, with equal differences of several services in one row. */
export function alertChanges(before: PreviewState, after: PreviewState): AlertChange[] {
  const old = alertsOf(before);
  const current = alertsOf(after);
  const [oldServices, currentServices] = [before, after].map(
    (state) => new Set([...servicesByComponent(state).values()].flat().map(({ name }) => name)),
  ) as [Set<string>, Set<string>];
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
  for (const key of new Set([...old.keys(), ...current.keys()])) {
    const [was, is] = [old.get(key), current.get(key)];
    const service = (is ?? was)?.service;
    // A row for the service covers all of its alerts.
    const isOnOneSide =
      service !== undefined && oldServices.has(service) !== currentServices.has(service);
    if (isOnOneSide) continue;
    if (was === undefined) add(is!, "added");
    else if (is === undefined) add(was, "removed");
    else for (const change of changed(was, is)) add(is, change);
  }
  const all = (services: Set<string>): boolean =>
    services.size > 1 && [...currentServices].every((name) => services.has(name));
  return [
    ...wholeServices(old, current, oldServices, currentServices),
    ...[...changes.values()].map(({ row, services }) => ({
      ...row,
      services: all(services) ? "all services" : [...services].join(", "),
    })),
  ];
}

function wholeServices(
  old: Map<string, Alert>,
  current: Map<string, Alert>,
  oldServices: Set<string>,
  currentServices: Set<string>,
): AlertChange[] {
  const rows = (
    alerts: Map<string, Alert>,
    services: Set<string>,
    others: Set<string>,
    change: string,
  ) =>
    [...services]
      .filter((service) => !others.has(service))
      .map((service) => {
        const own = [...alerts.values()].filter((alert) => alert.service === service);
        return {
          alert: `all ${new Set(own.map(({ name }) => name)).size} alerts`,
          severity: [...new Set(own.map(({ severity }) => severity))].join(", "),
          services: service,
          change,
        };
      });
  return [
    ...rows(current, currentServices, oldServices, "added with the service"),
    ...rows(old, oldServices, currentServices, "removed with the service"),
  ];
}

function changed(before: Alert, after: Alert): string[] {
  const changes: string[] = [];
  if (before.for !== after.for) changes.push(`for ${before.for} → ${after.for}`);
  if (before.form !== after.form) {
    changes.push(`expression \`${before.expr}\` → \`${after.expr}\``);
  } else if (before.numbers.join() !== after.numbers.join()) {
    const numbers = before.numbers.flatMap((number, index) =>
      number === after.numbers[index] ? [] : [`${number} → ${after.numbers[index]}`],
    );
    changes.push(`threshold ${[...new Set(numbers)].join(", ")}`);
  }
  return changes;
}

/** The alerts of a state by alert, severity and service. */
function alertsOf(state: PreviewState): Map<string, Alert> {
  const components = servicesByComponent(state);
  const alerts = new Map<string, Alert>();
  for (const { type, parent, inputs } of state.resources) {
    if (!type.endsWith(":PrometheusRule")) continue;
    const services = components.get(parent ?? "")?.map(({ name }) => name);
    const rules = listAt(inputs, "spec", "groups").flatMap((group) => listAt(group, "rules"));
    const covers = coverage(rules);
    for (const rule of rules) {
      const name = textAt(rule, "alert");
      const expr = textAt(rule, "expr");
      if (name === undefined || expr === undefined) continue;
      const tree = parsedExpr(rule);
      const severity = textAt(rule, "labels", "severity") ?? "";
      const duration = textAt(rule, "for") ?? "0s";
      const alert = { name, severity, for: duration, expr, ...formOf(expr, tree) };
      const concerned = services?.filter((service) => covers(tree, service)) ?? [undefined];
      for (const service of concerned) {
        // Several rules of one name differ in their windows, in a fixed order.
        let key = JSON.stringify([name, severity, service ?? parent]);
        while (alerts.has(key)) key += "+";
        alerts.set(key, { ...alert, service });
      }
    }
  }
  return alerts;
}

/**
 * Returns whether an expression can return series of a service: all its selectors allow the name, and
 * so does a rule for each recorded series among them.
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
    // True until the result is known, in case a series is recorded from itself.
    if (!known.has(key)) known.set(key, true);
    else return known.get(key)!;
    const isCovered = (recording.get(metric) ?? []).some(
      (rule) =>
        [undefined, service].includes(textAt(rule, "labels", "service")) &&
        covers(parsedExpr(rule), service),
    );
    known.set(key, isCovered);
    return isCovered;
  };
  const covers = (expr: Expr | undefined, service: string): boolean =>
    expr === undefined ||
    selectorsOf(expr).every(
      ({ metric = "", ...selector }) =>
        allows({ metric, ...selector }, "service", service) &&
        (!recording.has(metric) || isRecorded(metric, service)),
    );
  return covers;
}

function parsedExpr(rule: Plain): Expr | undefined {
  const parsed = parsePromQL(textAt(rule, "expr") ?? "");
  return parsed.error === undefined ? parsed.expr : undefined;
}

function formOf(text: string, expr: Expr | undefined): Pick<Alert, "form" | "numbers"> {
  if (expr === undefined) return { form: text, numbers: [] };
  const numbers = nodesOf(expr).flatMap((node) =>
    node.kind === "number" ? [node.duration ?? String(node.value)] : [],
  );
  const form = JSON.stringify(expr, (key, value: unknown) => {
    if (key === "value" && typeof value === "number") return 0;
    if (key === "duration") return undefined;
    if (key !== "matchers") return value;
    return (value as { label: string }[]).filter(({ label }) => label !== "service");
  });
  return { form, numbers };
}
