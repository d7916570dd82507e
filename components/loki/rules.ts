import { stringify } from "yaml";
import { withSettings } from "../alerting/alertSettings";
import { AlertLinks, AlertRule, RecordingRule, Severity, ruleGroups } from "../alerting/rules";
import { LogAlertSettings, LokiSettings } from "./settings";

export type LokiRulesArgs = AlertLinks &
  Pick<LokiSettings, "logAlerts" | "logMetricNamespaces"> &
  Partial<Pick<LokiSettings, "alertRules">>;

/** Loki detects the level of lines in JSON, logfmt and plain text. */
const errorFilter = '| detected_level=~"error|critical|fatal"';

/** Returns the rules file for Loki's ruler, or undefined if there are no rules. */
export function lokiRules({
  logAlerts,
  logMetricNamespaces,
  alertRules = {},
  ...links
}: LokiRulesArgs): string | undefined {
  const alerts = logAlerts
    .flatMap((alert) => [highLogErrorRate(alert), noLogs(alert)])
    .flatMap((rule) => withSettings([rule], alertRules[rule.alert]));
  const groups = [
    { name: "logs", rules: alerts },
    { name: "log-metrics", rules: logMetrics(logMetricNamespaces) },
  ]
    .filter(({ rules }) => rules.length > 0)
    .map((group) => ({ ...group, intervalSeconds: 60 }));
  if (groups.length === 0) return undefined;
  return stringify({ groups: ruleGroups(groups, links) }, { lineWidth: 0 });
}

function highLogErrorRate({
  namespace,
  service,
  errorsPerMinute,
  team,
}: LogAlertSettings): AlertRule {
  const errors = `{namespace="${namespace}", service="${service}"} ${errorFilter}`;
  const value = '{{ $value | printf "%.1f" }}';
  return {
    alert: "HighLogErrorRate",
    expr: `sum by (namespace, service) (rate(${errors} [5m])) * 60 > ${errorsPerMinute}`,
    forMinutes: 5,
    severity: Severity.Warning,
    team,
    summary: `${service}: ${value} errors per minute in the logs`,
    description: `${service} in ${namespace} logged ${value} errors per minute over the last 5 minutes (threshold: ${errorsPerMinute}). Some of its requests or jobs are failing.`,
  };
}

function noLogs({ namespace, service, silentMinutes, team }: LogAlertSettings): AlertRule {
  return {
    alert: "NoLogs",
    expr: `absent_over_time({namespace="${namespace}", service="${service}"}[${silentMinutes}m])`,
    // The expression's range is already the waiting time.
    forMinutes: 0,
    severity: Severity.Warning,
    team,
    summary: `${service}: no logs are arriving`,
    description: `Loki has received no logs from ${service} in ${namespace} for ${silentMinutes} minutes. The service is not running, or its logs are not collected.`,
  };
}

/**
 * Returns rules that record log rates by service, as series that Prometheus retains longer and queries
 * faster than Loki.
 */
function logMetrics(namespaces: string[]): RecordingRule[] {
  if (namespaces.length === 0) return [];
  const lines = `{namespace=~"${namespaces.join("|")}"}`;
  const rate = (logQuery: string) => `sum by (namespace, service) (rate(${logQuery} [5m]))`;
  return [
    { record: "namespace_service:log_lines:rate5m", expr: rate(lines) },
    { record: "namespace_service:log_errors:rate5m", expr: rate(`${lines} ${errorFilter}`) },
  ];
}
