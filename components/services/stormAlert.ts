import { alertNames, storms } from "../alerting/alertNames";
import { labels, list, value } from "../alerting/annotations";
import { formatNumber, labelMatcher } from "../alerting/promql";
import { withThreshold } from "../alerting/ruleThresholds";
import { AlertGroup, Severity } from "../alerting/rules";
import { alertingServices } from "./configuredServices";
import { MonitoredServicesSettings } from "./settings";
import { mustBeUp } from "./thresholdVariants";

/** Number of services below which a notification for each is not too much. */
const minimumServices = 5;
/** Number of services that the notification names. */
const namedServices = 5;

/**
 * One alert for most services, which inhibits the alerts on each of them. It counts pending alerts, but
 * waits until some of them fire, so their `for` applies to it too.
 */
export function stormAlert(settings: MonitoredServicesSettings, component: string): AlertGroup[] {
  const total = settings.services.filter(mustBeUp).length;
  if (total < minimumServices) return [];
  const inNamespace = `namespace="${settings.namespace}"`;
  const symptoms = [
    inNamespace,
    labelMatcher("alertname", [...storms.services]),
    `severity="${Severity.Critical}"`,
  ];
  const affected = (...matchers: string[]) =>
    [
      alertingServices(settings, component),
      `and on (namespace, service) ALERTS{${[...symptoms, ...matchers].join(", ")}}`,
      `unless on (namespace, service) ALERTS{${inNamespace}, alertname="${alertNames.plannedMaintenance}"}`,
    ].join(" ");
  const count = (expr: string) => `count by (namespace) (${expr})`;
  return [
    {
      name: `${settings.namespace}.storms`,
      // Alertmanager waits for 10 seconds before it notifies about the alerts on single services.
      intervalSeconds: 5,
      rules: [
        withThreshold(alertNames.mostServicesFailing, (percent) => ({
          expr: [
            `${count(affected())} > ${formatNumber((total * percent) / 100)}`,
            `and`,
            `${count(affected('alertstate="firing"'))} >= ${minimumServices}`,
          ].join("\n"),
          forMinutes: 0,
          // Services recover one after the other; the last ones need no notification of their own.
          keepFiringMinutes: 5,
          severity: Severity.Critical,
          summary: `${value.plain} of ${total} services in ${labels.namespace} are failing`,
          description: `${value.plain} of ${total} services in ${labels.namespace} are down or failing at once (threshold: ${percent}% of them): ${list(
            `group by (service) (${affected()})`,
            "service",
            namedServices,
          )}. The cause is probably shared: the cluster, its network or DNS, a dependency, or Prometheus itself. This alert inhibits the alerts on single services.`,
        })),
      ],
    },
  ];
}
