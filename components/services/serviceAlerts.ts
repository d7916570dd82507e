import { MonitoredServicesSettings } from "./settings";
import { absenceAlerts } from "./absenceAlerts";
import { dependencyAlerts } from "./dependencyAlerts";
import { podAlerts } from "./podAlerts";
import { AlertGroup } from "../alerting/rules";
import { serviceRules } from "./serviceRules";
import { sloRules } from "./slo";
import { withTeamLabels } from "./teamLabels";

/**
 * The rules on the services of one namespace. Every expression covers all of its services at once
 * and keeps `namespace`, which routing and inhibition need. The labels of a firing alert are a
 * contract: `namespace` with `service` or `pod`, `severity`, and `team` where the service has one.
 */
export function serviceAlerts(settings: MonitoredServicesSettings): AlertGroup[] {
  const groups = [
    serviceRules(settings),
    podAlerts(settings),
    dependencyAlerts(settings),
    absenceAlerts(settings),
    ...sloRules(settings),
  ];
  return withTeamLabels(groups, settings.services);
}
