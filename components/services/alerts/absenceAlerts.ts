import { alertNames } from "../../alerting/alertNames";
import { labels, value } from "../../alerting/annotations";
import { serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../../alerting/rules";
import { alertingServices } from "./configuredServices";
import { recorded } from "./recordedSeries";
import { MonitoredServicesSettings } from "../settings/settings";
import { alertingScope, mustBeUp, sortedNames } from "./thresholdVariants";

/** Returns alerts on services without metrics, which the other alerts cannot detect. */
export function absenceAlerts(
  settings: MonitoredServicesSettings,
  component: string,
): AlertGroup[] {
  const { namespace } = settings;
  const subjectLabel = "service";
  const groups: AlertGroup[] = [
    { name: `${namespace}.absence`, subjectLabel, rules: [serviceDown(settings, component)] },
    {
      name: `${namespace}.instrumentation`,
      subjectLabel,
      // The alert's `for` is one hour, so it does not need frequent evaluation.
      intervalSeconds: 240,
      rules: metricsMissing(settings),
    },
  ];
  return groups.filter(({ rules }) => rules.length > 0);
}

function serviceDown(settings: MonitoredServicesSettings, component: string): AlertRule {
  const { namespace } = settings;
  const scope = alertingScope(settings);
  return {
    alert: alertNames.serviceDown,
    expr: [
      `max by (namespace, service) (up{${serviceMatchers(namespace, scope, ['service!=""'])}}) == 0`,
      `or`,
      `0 * group by (namespace, service) (`,
      `  ${alertingServices(settings, component)} unless on (namespace, service) up{namespace="${namespace}"} == 1`,
      `)`,
    ].join("\n"),
    forMinutes: 1,
    // Bridges a flapping target's occasional successful scrapes.
    keepFiringMinutes: 3,
    severity: Severity.Critical,
    summary: `${labels.service}: no target is up`,
    description: `${value.plain} targets of ${labels.service} in ${labels.namespace} are up: its pods are down, its ServiceMonitor or PodMonitor selects none, or its monitor, Service or namespace does not exist. Users may be unable to reach it, and its other alerts cannot fire.`,
  };
}

function metricsMissing(settings: MonitoredServicesSettings): AlertRule[] {
  const { namespace } = settings;
  // Lists services by name, because other targets in the namespace, such as exporters, serve no
  // requests.
  const only = sortedNames(
    settings.services.filter(
      (service) => mustBeUp(service) && service.alerts?.expectsRequests !== false,
    ),
  );
  if (only.length === 0) return [];
  return [
    {
      alert: alertNames.metricsMissing,
      expr: [
        `max by (namespace, service) (up{${serviceMatchers(namespace, { only })}}) == 1`,
        `unless`,
        `${recorded.requests}{namespace="${namespace}"}`,
        `unless`,
        `${recorded.http.timed}{namespace="${namespace}"}`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      summary: `${labels.service}: request metrics are missing`,
      description: `Prometheus scrapes ${labels.service} in ${labels.namespace} (up: ${value.plain}), but finds no HTTP or gRPC request metrics. Alerts on its error rate, latency and traffic cannot fire.`,
    },
  ];
}
