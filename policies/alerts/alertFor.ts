import { checkAlerts, expressionsIn } from "./checkRules";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral, shown } from "../engine/violation";
import { namespaceOfRules } from "../facts/declarations";
import { UNKNOWN, isSet } from "../facts/plain";
import { serviceExceptions, exceptionOfAll } from "../facts/serviceExceptions";
import { Rule, canContainRules } from "../facts/rules";
import { Comparison, isComparison, subjectOf } from "../promql/comparison";
import { comparisonsOf } from "../promql/findComparisons";
import { Expr, allows, callsOf, nodesOf, selects, selectorsOf } from "../promql/expr";
import { recordedRange } from "../promql/records";
import { scopedServices, scopesOf } from "../promql/scope";
import { SECONDS_PER_MINUTE, parseDuration } from "../shared/duration";
import { clamp, limits } from "../limits/limits";

const { critical, warning, slow } = limits.alertForMinutes;

const properties = {
  criticalMinMinutes: minutesProperty(critical.min, "Minimum `for` of a critical alert"),
  criticalMaxMinutes: minutesProperty(critical.max, "Maximum `for` of a critical alert"),
  warningMinMinutes: minutesProperty(warning.min, "Minimum `for` of a warning"),
  warningMaxMinutes: minutesProperty(warning.max, "Maximum `for` of a warning"),
  slowMaxMinutes: minutesProperty(
    slow.max,
    "Maximum `for` of an alert on a slow condition: a volume that fills up, a certificate that expires, or a missing backup",
  ),
};
type Config = ConfigOf<typeof properties>;

export const alertFor = resourcePolicy({
  name: "alert-for",
  description:
    "Each alert's `for` is within the bounds for its severity, and its group evaluates it in time; the condition of an alert on a single event holds for longer than its `for`.",
  why: "Without `for`, a single outlier pages the on-call engineer; with a `for` of an hour, a critical alert fires after customers have called.",
  remediation: "set `for`, for example to 5m",
  severity: "medium",
  baseline: {
    defaults: {
      criticalMinMinutes: 0,
      criticalMaxMinutes: 60,
      warningMinMinutes: 0,
      warningMaxMinutes: 1440,
      slowMaxMinutes: 1440,
    },
  },
  config: properties,
  appliesTo: canContainRules,
  check: (resource, config) => {
    const expressionOf = expressionsIn(resource);
    const exceptionOf = serviceExceptions([resource]);
    const namespace = namespaceOfRules(resource);
    return checkAlerts(resource, (alert) => {
      const expr = expressionOf(alert);
      const bounds = boundsFor(alert.labels["severity"], expr, config);
      const violation = bounds && checkFor(alert, bounds);
      const exceptionFor = (service: string) =>
        exceptionOf(namespace, service, `alert ${alert.name}`);
      return [
        violation && {
          ...violation,
          exception: exceptionOfAll(servicesOf(expr).map(exceptionFor)),
        },
        ...(bounds ? checkGroup(alert, bounds) : []),
        ...checkEvents(alert, expr),
      ];
    });
  },
  remediate: true,
});

function minutesProperty(value: number, description: string) {
  return numberProperty(value, `${description}, in minutes.`, { minimum: 0 });
}

/** Returns the services to which an alert is limited; empty if it is not limited. */
function servicesOf(expr: Expr | undefined): string[] {
  const [first] = expr === undefined ? [] : selectorsOf(expr);
  if (expr === undefined || first === undefined) return [];
  return scopedServices(scopesOf(expr, first));
}

/** Bounds of `for`, in minutes. */
interface Bounds {
  min: number;
  max: number;
}

function checkFor(alert: Rule, { min, max }: Bounds): ViolationFinding | undefined {
  if (alert.for === UNKNOWN) return undefined;
  const minutes = minutesOf(alert.for);
  const problem = problemWith(minutes, min, max);
  if (problem === undefined) return undefined;
  const nearest = formatMinutes(clamp(minutes ?? 5, min, max));
  return {
    problem,
    path: [...alert.path, "for"],
    found: shown(alert.for),
    bound: `${numeral(min)} to ${numeral(max)} minutes for severity ${String(alert.labels["severity"])}`,
    fix: `for: ${nearest}`,
    set: nearest,
  };
}

/** Checks an alert's group, whose interval and limit can delay or discard alerts. */
function checkGroup({ group, labels }: Rule, { max }: Bounds): ViolationFinding[] {
  const { interval, limit } = group;
  const minutes = minutesOf(interval) ?? 0;
  const findings: ViolationFinding[] = [];
  if (minutes > max) {
    findings.push({
      problem: "the alert's group is not evaluated often enough",
      found: shown(interval),
      bound: `at most ${numeral(max)} minutes for severity ${String(labels["severity"])}`,
      fix: "remove interval from the group, or move the alert to another group",
    });
  }
  if (typeof limit === "number" && limit > 0 && limit < fewAlerts) {
    findings.push({
      problem:
        "if many services fail, their alerts exceed the group's limit, so Prometheus discards all of them",
      found: shown(limit),
      bound: `at least ${fewAlerts}, or no limit`,
      fix: "remove limit from the group",
    });
  }
  return findings;
}

/**
 * Checks that the condition of an alert on a single event holds for longer than `for`. Repeated events,
 * such as restarts or errors, renew the condition.
 */
function checkEvents({ for: wait, path }: Rule, expr: Expr | undefined): ViolationFinding[] {
  const minutes = minutesOf(wait) ?? 0;
  if (expr === undefined || minutes === 0 || !isComparison(expr)) return [];
  const [comparison] = comparisonsOf(expr);
  const longest = comparison && eventMinutes(comparison);
  if (longest === undefined || minutes < longest) return [];
  return [
    {
      problem:
        "after an event, the condition holds for less time than `for`, so the alert never fires",
      path: [...path, "for"],
      found: `${shown(wait)}, and a condition that holds for ${formatMinutes(longest)}`,
      bound: `less than ${formatMinutes(longest)}`,
      fix: "shorten `for`, or read the event over a range twice as long as `for`",
    },
  ];
}

/** Counters of events that each warrant a notification and may not recur. */
const singleEvent = /(^|_)oom_(kill|events)|uncorrectable|kernel_panic|node_boot_time_seconds/;

/**
 * Returns the number of minutes that a condition holds after one event; undefined if it does not detect
 * an event.
 */
function eventMinutes(comparison: Comparison): number | undefined {
  const subject = subjectOf(comparison);
  const seconds =
    subject && (countedEvent(comparison, subject) ?? recentStart(comparison, subject));
  return seconds === undefined ? undefined : seconds / SECONDS_PER_MINUTE;
}

/** Returns the range, in seconds, in which a condition detects a single event. */
function countedEvent({ operator, threshold }: Comparison, subject: Expr): number | undefined {
  const [call, ...calls] = callsOf(subject, /^(rate|changes|resets)$/);
  const [selector] = selectorsOf(subject);
  const range = selector?.rangeSeconds;
  if (call === undefined || calls.length > 0 || range === undefined) return undefined;
  // The solver converts a comparison of an increase to a comparison of a rate.
  const events = call.name === "rate" ? threshold * range : threshold;
  const isOnce =
    (operator === ">" && events >= 0 && events < 0.99) || (operator === ">=" && events < 1.01);
  return isOnce && singleEvent.test(selector?.metric ?? "") ? range : undefined;
}

/** Returns the age, in seconds, until which a condition detects a recently started process or node. */
function recentStart({ operator, threshold }: Comparison, subject: Expr): number | undefined {
  if (subject.kind !== "binary" || subject.operator !== "-") return undefined;
  const { left, right } = subject;
  const isAge =
    left.kind === "call" &&
    left.name === "time" &&
    right.kind === "selector" &&
    /(^|_)(start|boot)_time_seconds$/.test(right.metric ?? "");
  return isAge && operator.startsWith("<") ? threshold : undefined;
}

/** Minimum number of alerts that a group's limit must allow. */
const fewAlerts = 50;

/** Returns the bounds for an alert's severity and condition; undefined for other severities. */
function boundsFor(severity: unknown, expr: Expr | undefined, config: Config): Bounds | undefined {
  if (severity !== "critical" && severity !== "warning") return undefined;
  const [min, max] = [config[`${severity}MinMinutes`], config[`${severity}MaxMinutes`]];
  if (expr === undefined) return { min, max };
  const isSlow = changesSlowly(expr);
  const range = rangeOf(expr) / SECONDS_PER_MINUTE;
  return {
    min: isSlow || range >= steadyMinutes || readsFiringAlerts(expr) ? 0 : min,
    max: Math.max(
      max,
      isSlow ? config.slowMaxMinutes : 0,
      range >= longMinutes ? 2 * range : 0,
      hasNeverRun(expr) ? MINUTES_PER_DAY : 0,
    ),
  };
}

/** Whether a condition develops over hours, so users are not affected within the first hour. */
function changesSlowly(expr: Expr): boolean {
  const slowMetrics =
    /filesystem|disk|volume|inode|certificate|expir|quota|backup|snapshot|config_hash|(^|_)(cert|raid|pvc?)_/;
  return (
    callsOf(expr, /^(predict_linear|deriv|time)$/).length > 0 ||
    selectorsOf(expr).some(({ metric = "" }) => slowMetrics.test(metric))
  );
}

/** Whether a condition holds from the start of a process until its first run, such as a daily job. */
function hasNeverRun(expr: Expr): boolean {
  return comparisonsOf(expr).some(
    ({ operator, threshold, numerator }) =>
      operator === "==" &&
      threshold === 0 &&
      numerator.flatMap(selectorsOf).some(({ metric = "" }) => /timestamp/.test(metric)),
  );
}

const MINUTES_PER_DAY = 1440;

/** Whether a condition depends on firing alerts, whose own `for` already delays it. */
function readsFiringAlerts(expr: Expr): boolean {
  return selectorsOf(expr).some(
    (selector) =>
      selects(selector, "ALERTS") &&
      allows(selector, "alertstate", "firing") &&
      !allows(selector, "alertstate", "pending"),
  );
}

/** Minimum range, in minutes, in which a single outlier has little effect, so `for` is unnecessary. */
const steadyMinutes = 30;
/** Minimum range, in minutes, of an alert on a slow condition. Its `for` may be as long as the range. */
const longMinutes = 180;

/** Returns the longest range in an expression, in seconds. A recorded rate's name contains its range. */
function rangeOf(expr: Expr): number {
  return Math.max(
    0,
    ...nodesOf(expr).map((node) => {
      if (node.kind === "subquery") return node.rangeSeconds;
      if (node.kind !== "selector") return 0;
      return node.rangeSeconds ?? recordedRange(node.metric ?? "") ?? 0;
    }),
  );
}

/** Converts `for` to minutes: 0 if it is not set, undefined if it is not a duration. */
function minutesOf(value: unknown): number | undefined {
  if (!isSet(value)) return 0;
  const seconds = parseDuration(value);
  return seconds === undefined ? undefined : seconds / SECONDS_PER_MINUTE;
}

function problemWith(minutes: number | undefined, min: number, max: number): string | undefined {
  if (minutes === undefined) return '`for` is not a duration, such as "5m"';
  if (minutes < min) return minutes === 0 ? "`for` is 0 or not set" : "`for` is too short";
  return minutes > max ? "`for` is too long" : undefined;
}

function formatMinutes(minutes: number): string {
  return Number.isInteger(minutes) ? `${minutes}m` : `${Math.ceil(minutes * SECONDS_PER_MINUTE)}s`;
}
