import { stringify } from "yaml";
import { LogAlertSettings } from "../settings/loki";

/** Where the alerts' links lead: what to do is the same for all of them. */
const runbook = "https://github.com/ticketing/observability/blob/main/docs/logs.md";

/**
 * Alerting rules on the logs of some services, as a file of Loki's ruler. What is an error, Loki
 * decides: by the level that the line names, whether it is JSON, logfmt or text.
 */
export function lokiRules(services: LogAlertSettings[]): string {
  return stringify(
    {
      groups: [
        {
          name: "logs",
          interval: "1m",
          rules: services.flatMap((service) => [errors(service), silence(service)]),
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function errors({ namespace, service, errorsPerMinute }: LogAlertSettings) {
  const lines = `{namespace="${namespace}", service="${service}"} | detected_level=~"error|critical|fatal"`;
  return {
    alert: "HighLogErrorRate",
    expr: `sum by (namespace, service) (rate(${lines} [5m])) * 60 > ${errorsPerMinute}`,
    for: "5m",
    labels: { severity: "warning" },
    annotations: {
      summary: `${service} logs too many errors`,
      description: `${service} in ${namespace} logs {{ $value | printf "%.1f" }} errors a minute (threshold ${errorsPerMinute}).`,
      runbook_url: `${runbook}#highlogerrorrate`,
    },
  };
}

function silence({ namespace, service, silentMinutes }: LogAlertSettings) {
  return {
    alert: "NoLogs",
    expr: `absent_over_time({namespace="${namespace}", service="${service}"}[${silentMinutes}m])`,
    labels: { severity: "warning" },
    annotations: {
      summary: `${service} logs nothing`,
      description: `No line of ${service} in ${namespace} came in for ${silentMinutes} minutes: it does not run, or its logs are not collected.`,
      runbook_url: `${runbook}#nologs`,
    },
  };
}
