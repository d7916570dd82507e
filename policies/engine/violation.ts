import { redact } from "../shared/credentials";
import { Exception } from "../shared/exception";

/** A violation, described for the person who can fix it. */
export interface Violation {
  /** The fact, as a sentence without a period. */
  problem: string;
  /** The release, rule, alert or field. */
  where: string;
  /** The value found. Omitted if it could be a secret. */
  found?: string | undefined;
  /** The allowed value or range. */
  bound?: string;
  /** The setting of this project's program or components that fixes the violation. */
  setting?: Setting;
  /** The change to the resource itself that fixes the violation. */
  fix: string;
  /** Name of the rule in the resource, which allows an exception for this rule alone. */
  rule?: string;
  /** Whether the violation is advisory regardless of the policy's level. */
  advisory?: boolean;
  /** Exception that the resource itself declares. The violation is then listed as an exception. */
  exception?: Exception | undefined;
}

/** A setting of this project's program that is also an argument of a component. */
export interface Setting {
  /** Path of the setting: `prometheus.retentionDays`. */
  path: string;
  /** Suggested value. Omitted for a secret. */
  value?: number | string;
  /** Whether the setting is a secret. The key of a secret has no part: `monitoring:heartbeatUrl`. */
  isSecret?: boolean;
}

/**
 * Formats a violation. The text quotes only the names of resources, objects, rules, alerts, series,
 * labels, receivers and actions. It never contains values of annotations, matchers, settings or
 * documents, because the SDK does not tell policies which values are secret. In names, anything that
 * looks like a credential is redacted.
 */
export function violationText(violation: Violation, place: Place = {}): string {
  const lines = [
    violation.problem,
    `  where: ${violation.where}`,
    ...(violation.found === undefined ? [] : [`  found: ${violation.found}`]),
    ...(violation.bound === undefined ? [] : [`  bound: ${violation.bound}`]),
    `  fix:   ${fixIn(place, violation)}`,
  ];
  return redact(lines.join("\n"));
}

/** The violating resource, and the project whose configuration contains the settings. */
export interface Place {
  urn?: string;
  program?: string | undefined;
}

/**
 * Describes the fix: the setting to change, if the program or its components have one, followed by the
 * change to the resource itself.
 */
function fixIn({ urn = "", program }: Place, { setting, fix }: Violation): string {
  if (setting === undefined) return fix;
  if (program !== undefined && urn.split("::")[1] === program) {
    return `${configSet(setting)}, or ${fix}`;
  }
  const component = /monitoring:index:(\w+)\$/.exec(urn)?.[1];
  return component === undefined ? fix : `${setArgument(setting, component)}, or ${fix}`;
}

/** Describes how to change a setting, for a policy's `remediation`. */
export function remediationOf(setting: Setting): string {
  return `in this project, ${configSet(setting)}; in other programs, ${setArgument(setting)}`;
}

function configSet({ path, value, isSecret }: Setting): string {
  return isSecret
    ? `pulumi config set --secret monitoring:${path.split(".").at(-1)}`
    : `pulumi config set --path 'monitoring:${path}' ${value}`;
}

/** Components by the first part of a setting. Alerts belong to the component that registers them. */
const components: Record<string, string> = {
  alertmanager: "PrometheusStack",
  loki: "LokiStack",
  prometheus: "PrometheusStack",
  slack: "SlackAlerting",
};

function setArgument({ path, value }: Setting, registering = "MonitoredServices"): string {
  const [part = "", ...rest] = path.split(".");
  const component = components[part] ?? registering;
  // `alertmanager` itself is an argument, as is `alerts` of MonitoredServices.
  const isArgument = part === "alertmanager" || component === "MonitoredServices";
  const argument = isArgument ? path : rest.join(".");
  return `set \`${argument}\` of ${component}${value === undefined ? "" : ` to ${value}`}`;
}

/** Formats a value from a resource, unless it could be a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return `${value}`;
  if (typeof value !== "string") return Array.isArray(value) ? "a list" : "a map";
  if (value === "") return '""';
  if (/^\d{1,7}([a-z]{1,2}\d{0,4}){0,4}$/.test(value)) return value;
  return `a string of ${value.length} characters`;
}

/** Formats a number without floating-point noise: 0.05, not 0.050000000000000044. */
export function numeral(value: number): string {
  return String(Number(value.toPrecision(6)));
}
