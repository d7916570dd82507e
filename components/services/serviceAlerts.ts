import { AlertGroup } from "../alerting/rules";
import { absenceAlerts } from "./absenceAlerts";
import { configuredServiceRules } from "./configuredServices";
import { dependencyAlerts } from "./dependencyAlerts";
import { podAlerts } from "./podAlerts";
import { serviceRules } from "./serviceRules";
import { MonitoredServicesSettings } from "./settings";
import { sloRules } from "./slo";
import { withTeamLabels } from "./teamLabels";

/**
 * All rules for the services in one namespace. An expression covers all services that share a
 * threshold, and keeps `namespace`, which routing and inhibition need. Users rely on the labels of
 * a firing alert: `namespace`, `service` or `pod`, `severity`, and `team` if the service has one.
 */
export function serviceAlerts(settings: MonitoredServicesSettings): AlertGroup[] {
  const groups = [
    ...configuredServiceRules(settings),
    serviceRules(settings),
    podAlerts(settings),
    dependencyAlerts(settings),
    absenceAlerts(settings),
    ...sloRules(settings),
  ];
  return withTeamLabels(groups, settings.services);
}
