import { alertNames } from "../alerting/alertNames";
import { labels, value } from "../alerting/annotations";
import { serviceMatchers } from "../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";
import { alertingServices } from "./configuredServices";
import { recorded } from "./recordedSeries";
import { MonitoredServicesSettings } from "./settings";
import { alertingScope, mustBeUp, sortedNames } from "./thresholdVariants";

/** Alerts on services without metrics, for which the other alerts cannot fire. */
export function absenceAlerts(settings: MonitoredServicesSettings, component: string): AlertGroup {
  const { namespace } = settings;
  const scope = alertingScope(settings);
  const rules: AlertRule[] = [
    {
      alert: alertNames.serviceDown,
      expr: [
        `max by (namespace, service) (up{${serviceMatchers(namespace, scope, ['service!=""'])}}) == 0`,
        `or`,
        `0 * group by (namespace, service) (${alertingServices(settings, component)})`,
        `unless on (namespace, service)`,
        `up{namespace="${namespace}"} == 1`,
      ].join("\n"),
      forMinutes: 1,
      // Bridges the scrapes that a flapping target answers.
      keepFiringMinutes: 3,
      severity: Severity.Critical,
      summary: `${labels.service}: no target is up`,
      description: `${value.plain} targets of ${labels.service} in ${labels.namespace} are up: its pods are down, its ServiceMonitor or PodMonitor selects none, or its monitor, Service or namespace does not exist. Users may be unable to reach it, and its other alerts cannot fire.`,
    },
  ];
  // Lists services by name, because other targets in the namespace, such as exporters, serve no
  // requests.
  const only = sortedNames(
    settings.services.filter(
      (service) => mustBeUp(service) && service.alerts?.expectsRequests !== false,
    ),
  );
  if (only.length > 0) {
    rules.push({
      alert: alertNames.metricsMissing,
      expr: [
        `max by (namespace, service) (up{${serviceMatchers(namespace, { only })}}) == 1`,
        `unless`,
        `(${recorded.requests}{namespace="${namespace}"} or ${recorded.httpTimed}{namespace="${namespace}"})`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      summary: `${labels.service}: request metrics are missing`,
      description: `Prometheus scrapes ${labels.service} in ${labels.namespace} (up: ${value.plain}), but finds no HTTP or gRPC request metrics. Alerts on its error rate, latency and traffic cannot fire.`,
    });
  }
  return { name: `${namespace}.absence`, subjectLabel: "service", rules };
}
