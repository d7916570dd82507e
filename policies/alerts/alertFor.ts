import { checkAlerts } from "./checkRules";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral, shown } from "../engine/violation";
import { UNKNOWN } from "../facts/plain";
import { Rule, canContainRules } from "../facts/rules";
import { SECONDS_PER_MINUTE, parseDuration } from "../shared/duration";
import { clamp, limits } from "../shared/limits";

const { critical, warning } = limits.alertForMinutes;

const properties = {
  criticalMinMinutes: minutesProperty(critical.min, "Minimum `for` of a critical alert"),
  criticalMaxMinutes: minutesProperty(critical.max, "Maximum `for` of a critical alert"),
  warningMinMinutes: minutesProperty(warning.min, "Minimum `for` of a warning"),
  warningMaxMinutes: minutesProperty(warning.max, "Maximum `for` of a warning"),
};
type Config = ConfigOf<typeof properties>;

export const alertFor = resourcePolicy({
  name: "alert-for",
  description: "Each alert's `for` is within the bounds for its severity.",
  why: "Without `for`, a single outlier pages the on-call engineer; with a `for` of an hour, a critical alert fires after customers have called.",
  remediation: "set `for`, for example to 5m",
  severity: "medium",
  baseline: {
    defaults: {
      criticalMinMinutes: 0,
      criticalMaxMinutes: 60,
      warningMinMinutes: 0,
      warningMaxMinutes: 1440,
    },
  },
  config: properties,
  appliesTo: canContainRules,
  check: (resource, config) => checkAlerts(resource, (alert) => checkAlert(alert, config)),
  remediate: true,
});

function minutesProperty(value: number, description: string) {
  return numberProperty(value, `${description}, in minutes.`, { minimum: 0 });
}

function checkAlert(alert: Rule, config: Config): ViolationFinding | undefined {
  const severity = alert.labels["severity"];
  const [min, max] = boundsFor(severity, config) ?? [];
  if (min === undefined || max === undefined || alert.for === UNKNOWN) return undefined;
  const minutes = minutesOf(alert.for);
  const problem = problemWith(minutes, min, max);
  if (problem === undefined) return undefined;
  const nearest = formatMinutes(clamp(minutes ?? 5, min, max));
  return {
    problem,
    path: [...alert.path, "for"],
    found: shown(alert.for),
    bound: `${numeral(min)} to ${numeral(max)} minutes for severity ${String(severity)}`,
    fix: `for: ${nearest}`,
    set: nearest,
  };
}

function boundsFor(severity: unknown, config: Config): [min: number, max: number] | undefined {
  if (severity === "critical") return [config.criticalMinMinutes, config.criticalMaxMinutes];
  if (severity === "warning") return [config.warningMinMinutes, config.warningMaxMinutes];
  return undefined;
}

/** Minutes of `for`: 0 if it is not set, undefined if it is not a duration. */
function minutesOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === "") return 0;
  const seconds = typeof value === "string" ? parseDuration(value) : undefined;
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
