import { MonitoredServicesSettings } from "../settings/services";
import { oneOf, services } from "./promql";
import { AlertGroup, AlertRule, Severity } from "./rules";
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
  return {
    alert: "ServiceDown",
    // `up` vanishes with the last target. Prometheus keeps a scrape pool for every ServiceMonitor
    // and counts its targets even then, so one expression sees any number of services that are
    // gone, where `absent` would need a rule for each.
    expr: [
      `max by (namespace, service) (up{${services(namespace, scope, ['service!=""'])}}) == 0`,
      `or`,
      `max by (namespace, service) (`,
      `  label_replace(`,
      `    label_replace(`,
      `      prometheus_target_scrape_pool_targets{scrape_job=~"${pools}.+"${off.length === 0 ? "" : `, ${oneOf("scrape_job", off, "!")}`}},`,
      `      "service", "$1", "scrape_job", "${pools}(.+)/[0-9]+"`,
      `    ),`,
      `    "namespace", "${namespace}", "", ""`,
      `  )`,
      `) == 0`,
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
