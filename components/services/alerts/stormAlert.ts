import { alertNames, storms } from "../../alerting/alertNames";
import { labels, list, value } from "../../alerting/annotations";
import { formatNumber, labelMatcher } from "../../alerting/promql";
import { withThreshold } from "../../alerting/ruleThresholds";
import { AlertGroup, Severity } from "../../alerting/rules";
import { alertingServices } from "./configuredServices";
import { MonitoredServicesSettings } from "../settings/settings";
import { mustBeUp } from "./thresholdVariants";

/** Minimum number of affected services. Below it, one notification per service is acceptable. */
const minimumServices = 5;
/** Number of services that the notification lists by name. */
const namedServices = 5;

/**
 * Maximum number of seconds between the starts of an alert on two services in the same outage. Scrapes
 * are spread over an interval, so the first evaluation detects only some of them. This must be less
 * than the shortest `for` (ServiceDown, 60 seconds), because a single failed scrape is not an outage.
 */
const spreadSeconds = 30;

/**
 * Returns a single alert for an outage of most services, which inhibits the alerts on each of them. It
 * must fire together with the first of those alerts, so it also counts pending alerts that started at
 * the same time as a firing alert.
 */
export function stormAlert(settings: MonitoredServicesSettings, component: string): AlertGroup[] {
  const total = settings.services.filter(mustBeUp).length;
  if (total < minimumServices) return [];
  const inNamespace = `namespace="${settings.namespace}"`;
  const symptoms = [
    inNamespace,
    labelMatcher("alertname", [...storms.services]),
    `severity="${Severity.Critical}"`,
  ].join(", ");
  const firing = `ALERTS{${symptoms}, alertstate="firing"}`;
  const affected = [
    alertingServices(settings, component),
    `and on (namespace, service) (`,
    `ALERTS_FOR_STATE{${symptoms}}`,
    `<= on (namespace, alertname) group_left ()`,
    `max by (namespace, alertname) (ALERTS_FOR_STATE{${symptoms}} and ignoring (alertstate) ${firing}) + ${spreadSeconds}`,
    `)`,
    `unless on (namespace, service) ALERTS{${inNamespace}, alertname="${alertNames.plannedMaintenance}"}`,
  ].join("\n");
  return [
    {
      name: `${settings.namespace}.storms`,
      // Alertmanager waits 10 seconds before it sends the notifications for individual services.
      intervalSeconds: 5,
      rules: [
        withThreshold(alertNames.mostServicesFailing, (percent) => ({
          expr: `count by (namespace) (\n${affected}\n) > ${formatNumber(
            Math.max((total * percent) / 100, minimumServices - 1),
          )}`,
          forMinutes: 0,
          // Services recover one after another, and the last ones need no separate notification.
          keepFiringMinutes: 5,
          severity: Severity.Critical,
          summary: `${value.plain} of ${total} services in ${labels.namespace} are failing`,
          description: `${value.plain} of ${total} services in ${labels.namespace} are down or failing at once (threshold: ${percent}% of them): ${list(
            `group by (service) (${affected})`,
            "service",
            namedServices,
          )}. The cause is probably shared: the cluster, its network or DNS, a dependency, or Prometheus itself. This alert inhibits the alerts on single services.`,
        })),
      ],
    },
  ];
}
