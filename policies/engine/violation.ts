import { redact } from "../shared/credentials";

/** A violation, for the person who can act on it. */
export interface Violation {
  /** The fact, as a sentence without a period. */
  problem: string;
  /** The release, rule, alert or field. */
  where: string;
  /** The value found. Not set if it could be a secret. */
  found?: string | undefined;
  /** The value or range that is allowed. */
  bound?: string;
  /** The setting of this project's program or components that corrects it. */
  setting?: Setting;
  /** The change to the resource itself that corrects it. */
  fix: string;
  /** Name of the rule in the resource, by which this rule alone can be exempted. */
  rule?: string;
  /** Whether the violation is advisory, whatever the level of the policy. */
  advisory?: boolean;
  /** Why the resource declares an exception for the violation, which is then listed as an exception. */
  exception?: { reason: string; owner: string; until: string } | undefined;
}

/** A setting of this project's program, and at the same time an argument of a component. */
export interface Setting {
  /** Path of the setting: `prometheus.retentionDays`. */
  path: string;
  /** Suggested value. Not set for a secret. */
  value?: number | string;
  /** Whether the setting is a secret, whose key has no part: `monitoring:heartbeatUrl`. */
  isSecret?: boolean;
}

/**
 * The text of a violation. It quotes only names: of resources, objects, rules, alerts, series,
 * labels, receivers and actions. It never contains values of annotations, matchers, settings or
 * documents, because the SDK does not tell policies which values are marked as secret. In names,
 * anything that looks like a credential is redacted.
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

/** The resource of a violation, and the project whose configuration has the settings. */
export interface Place {
  urn?: string;
  program?: string | undefined;
}

/** The setting to change, if the program or its components have one, and the change itself. */
function fixIn({ urn = "", program }: Place, { setting, fix }: Violation): string {
  if (setting === undefined) return fix;
  if (program !== undefined && urn.split("::")[1] === program) {
    return `${configSet(setting)}, or ${fix}`;
  }
  const component = /monitoring:index:(\w+)\$/.exec(urn)?.[1];
  return component === undefined ? fix : `${setArgument(setting, component)}, or ${fix}`;
}

/** How to change a setting, in the description of a policy. */
export function remediationOf(setting: Setting): string {
  return `in this project, ${configSet(setting)}; in other programs, ${setArgument(setting)}`;
}

function configSet({ path, value, isSecret }: Setting): string {
  return isSecret
    ? `pulumi config set --secret monitoring:${path.split(".").at(-1)}`
    : `pulumi config set --path 'monitoring:${path}' ${value}`;
}

/** Components by the part of a setting. Alerts belong to the component that registers them. */
const components: Record<string, string> = {
  alertmanager: "PrometheusStack",
  loki: "LokiStack",
  prometheus: "PrometheusStack",
  slack: "SlackAlerting",
};

function setArgument({ path, value }: Setting, registering = "MonitoredServices"): string {
  const [part = "", ...rest] = path.split(".");
  const component = components[part] ?? registering;
  // `alertmanager` is itself an argument, as are the `alerts` of MonitoredServices.
  const isArgument = part === "alertmanager" || component === "MonitoredServices";
  const argument = isArgument ? path : rest.join(".");
  return `set \`${argument}\` of ${component}${value === undefined ? "" : ` to ${value}`}`;
}

/** A value from a resource as text, unless it could be a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return `${value}`;
  if (typeof value !== "string") return Array.isArray(value) ? "a list" : "a map";
  if (value === "") return '""';
  if (/^\d{1,7}([a-z]{1,2}\d{0,4}){0,4}$/.test(value)) return value;
  return `a string of ${value.length} characters`;
}

/** A number without floating-point noise: 0.05, not 0.050000000000000044. */
export function numeral(value: number): string {
  return String(Number(value.toPrecision(6)));
}
