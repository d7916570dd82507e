import { stringify } from "yaml";
import { AlertLinks, AlertRule, RecordingRule, Severity, ruleGroups } from "../alerting/rules";
import { LogAlertSettings } from "./settings";

export interface LokiRulesArgs extends AlertLinks {
  /** Services that are watched for errors and for silence. */
  logAlerts: LogAlertSettings[];
  /** Namespaces whose services' lines and errors a second are recorded. */
  logMetricNamespaces: string[];
}

/** What is an error, Loki decides: by the level that the line names, in JSON, logfmt or text. */
const errorLines = '| detected_level=~"error|critical|fatal"';

/** Rules on logs, as a file of Loki's ruler; undefined where there are none. */
export function lokiRules({
  logAlerts,
  logMetricNamespaces,
  ...links
}: LokiRulesArgs): string | undefined {
  const intervalSeconds = 60;
  const groups = [
    {
      name: "logs",
      intervalSeconds,
      rules: logAlerts.flatMap((one) => [errors(one), silence(one)]),
    },
    { name: "log-metrics", intervalSeconds, rules: logMetrics(logMetricNamespaces) },
  ].filter(({ rules }) => rules.length > 0);
  if (groups.length === 0) return undefined;
  return stringify({ groups: ruleGroups(groups, links) }, { lineWidth: 0 });
}

function errors({ namespace, service, errorsPerMinute }: LogAlertSettings): AlertRule {
  const lines = `{namespace="${namespace}", service="${service}"} ${errorLines}`;
  return {
    alert: "HighLogErrorRate",
    expr: `sum by (namespace, service) (rate(${lines} [5m])) * 60 > ${errorsPerMinute}`,
    forMinutes: 5,
    severity: Severity.Warning,
    about: ["namespace", "service"],
    summary: `${service} logs too many errors`,
    description: `${service} in ${namespace} logs {{ $value | printf "%.1f" }} errors a minute (threshold ${errorsPerMinute}).`,
  };
}

function silence({ namespace, service, silentMinutes }: LogAlertSettings): AlertRule {
  return {
    alert: "NoLogs",
    expr: `absent_over_time({namespace="${namespace}", service="${service}"}[${silentMinutes}m])`,
    // The range of the expression is its patience.
    forMinutes: 0,
    severity: Severity.Warning,
    about: ["namespace", "service"],
    summary: `${service} logs nothing`,
    description: `No line of ${service} in ${namespace} came in for ${silentMinutes} minutes: it does not run, or its logs are not collected.`,
  };
}

/** Rates by service, which Prometheus keeps longer and answers faster than Loki would. */
function logMetrics(namespaces: string[]): RecordingRule[] {
  if (namespaces.length === 0) return [];
  const lines = `{namespace=~"${namespaces.join("|")}"}`;
  const rate = (selected: string) => `sum by (namespace, service) (rate(${selected} [5m]))`;
  return [
    { record: "namespace_service:log_lines:rate5m", expr: rate(lines) },
    { record: "namespace_service:log_errors:rate5m", expr: rate(`${lines} ${errorLines}`) },
  ];
}
