import { MonitoredServicesSettings } from "./settings";
import { oneOf, poolTargets, services } from "../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../alerting/rules";
import { recorded } from "./serviceRules";
import { watchedServices } from "./variants";

const about = ["namespace", "service"];

/** Alerts on services that cannot be seen: the other alerts are silent about them. */
export function absenceAlerts(settings: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${settings.namespace}.absence`,
    rules: [serviceDown(settings), ...metricsMissing(settings)],
  };
}

function serviceDown(settings: MonitoredServicesSettings): AlertRule {
  const { namespace } = settings;
  const scope = watchedServices(settings);
  const pools = `serviceMonitor/${namespace}/`;
  const off = (scope.except ?? []).map((name) => `${pools}${name}/0`);
  const targets = poolTargets(namespace, {
    label: "service",
    monitors: ".+",
    further: off.length === 0 ? [] : [oneOf("scrape_job", off, "!")],
  });
  return {
    alert: "ServiceDown",
    expr: [
      `max by (namespace, service) (up{${services(namespace, scope, ['service!=""'])}}) == 0`,
      `or`,
      `${targets} == 0`,
    ].join("\n"),
    forMinutes: 3,
    severity: Severity.Critical,
    about,
    summary: "{{ $labels.service }} cannot be reached",
    description:
      "Prometheus reaches {{ $value }} pods of {{ $labels.service }} in {{ $labels.namespace }}: they are down, or its ServiceMonitor finds none.",
  };
}

function metricsMissing(settings: MonitoredServicesSettings): AlertRule[] {
  const { namespace } = settings;
  // By name, because others scrape in this namespace too, such as exporters that serve no requests.
  const only = settings.services
    .filter(({ alerts }) => alerts?.enabled !== false && alerts?.expectsRequests !== false)
    .map(({ name }) => name)
    .sort();
  if (only.length === 0) return [];
  return [
    {
      alert: "MetricsMissing",
      expr: [
        `max by (namespace, service) (up{${services(namespace, { only })}}) == 1`,
        `unless`,
        `(${recorded.requests}{namespace="${namespace}"} or ${recorded.httpTimed}{namespace="${namespace}"})`,
      ].join("\n"),
      forMinutes: 60,
      severity: Severity.Warning,
      about,
      summary: "{{ $labels.service }} has no request metrics",
      description:
        "{{ $labels.service }} in {{ $labels.namespace }} is scraped (up is {{ $value }}), but counts no requests over HTTP or gRPC: error rate, latency and traffic cannot alert.",
    },
  ];
}
