import { SECONDS_PER_MINUTE, parseDuration } from "../shared/duration";
import { judgeAlerts } from "./eachRule";
import { PlainMap, UNKNOWN, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Rule, canBringRules, rulesOf } from "../facts/rules";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Violation, numeral, shown } from "../engine/violation";

export interface AlertForConfig {
  criticalMinMinutes: number;
  criticalMaxMinutes: number;
  warningMinMinutes: number;
  warningMaxMinutes: number;
}

const { critical, warning } = limits.alertForMinutes;

export const alertFor: ResourcePolicy<AlertForConfig> = {
  scope: "resource",
  name: "alert-for",
  description: "Every alert waits as long before it fires as its severity asks for.",
  why: "Without a wait, one odd sample wakes somebody; with an hour of it, a critical alert comes after the customers' calls.",
  remediation: "set for, for example to 5m",
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    criticalMinMinutes: minutes(critical.min, "Shortest wait of a critical alert."),
    criticalMaxMinutes: minutes(critical.max, "Longest wait of a critical alert."),
    warningMinMinutes: minutes(warning.min, "Shortest wait of a warning."),
    warningMaxMinutes: minutes(warning.max, "Longest wait of a warning."),
  },
  appliesTo: canBringRules,
  judge,
  remediate,
};

function minutes(value: number, description: string) {
  return {
    type: "number" as const,
    minimum: 0,
    default: value,
    description: `${description.slice(0, -1)}, in minutes.`,
  };
}

function judge(resource: Resource, config: AlertForConfig): Verdict {
  return judgeAlerts(resource, (alert) => judgeAlert(alert, config));
}

interface Wait {
  /** Undefined when `for` is no duration. */
  minutes: number | undefined;
  least: number;
  most: number;
}

/** The wait of an alert and its bounds; undefined when nothing is asked of it, or it is not known. */
function waitOf({ for: written, labels }: Rule, config: AlertForConfig): Wait | undefined {
  if (written === UNKNOWN) return undefined;
  const none = written === undefined || written === null || written === "";
  const seconds = none ? 0 : typeof written === "string" ? parseDuration(written) : undefined;
  const wait = { minutes: seconds === undefined ? undefined : seconds / SECONDS_PER_MINUTE };
  if (labels["severity"] === "critical") {
    return { ...wait, least: config.criticalMinMinutes, most: config.criticalMaxMinutes };
  }
  if (labels["severity"] === "warning") {
    return { ...wait, least: config.warningMinMinutes, most: config.warningMaxMinutes };
  }
  return undefined;
}

function judgeAlert(alert: Rule, config: AlertForConfig): Violation[] {
  const wait = waitOf(alert, config);
  const problem = wait && problemWith(wait);
  if (wait === undefined || problem === undefined) return [];
  return [
    {
      problem,
      where: alert.where,
      found: shown(alert.for),
      bound: `${numeral(wait.least)} to ${numeral(wait.most)} minutes for severity ${String(alert.labels["severity"])}`,
      fix: `for: ${within(wait)}`,
    },
  ];
}

function problemWith({ minutes: found, least, most }: Wait): string | undefined {
  if (found === undefined) return 'the alert has a `for` that is no duration, such as "5m"';
  if (found < least) {
    return found === 0 ? "the alert fires without waiting" : "the alert waits too little";
  }
  return found > most ? "the alert waits too long" : undefined;
}

/** The nearest wait that is allowed. */
function within({ minutes: found = 5, least, most }: Wait): string {
  const wanted = Math.min(Math.max(found, least), most);
  return Number.isInteger(wanted) ? `${wanted}m` : `${Math.ceil(wanted * SECONDS_PER_MINUTE)}s`;
}

function remediate(resource: Resource, props: PlainMap, config: AlertForConfig): boolean {
  return rulesOf(resource)
    .rules.filter((rule) => rule.alert !== undefined)
    .map((alert) => {
      const wait = waitOf(alert, config);
      if (wait === undefined || problemWith(wait) === undefined) return false;
      return setAt(props, [...alert.path, "for"], within(wait));
    })
    .some(Boolean);
}
