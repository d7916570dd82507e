import { AlertGroup } from "../../alerting/rules";
import { absenceAlerts } from "./absenceAlerts";
import { configuredServiceRules } from "./configuredServices";
import { dependencyAlerts } from "./dependencyAlerts";
import { jobAlerts } from "./jobAlerts";
import { latencyBucketRules } from "./latencyBuckets";
import { exceptElsewhere, ownershipRules } from "./ownership";
import { maintenanceRules } from "./maintenance";
import { withNewImages } from "./newImages";
import { stopRules } from "./noTraffic";
import { podAlerts } from "./podAlerts";
import { probeAlerts } from "./probeAlerts";
import { evidenceRules, serviceRules } from "./serviceRules";
import { MonitoredServicesSettings } from "../settings/settings";
import { withServiceRuleSettings } from "./serviceRuleSettings";
import { sloRules } from "./slo";
import { stormAlert } from "./stormAlert";
import { withTeamLabels } from "./teamLabels";

/**
 * Returns all rules for the services in one namespace, except services that another component
 * configures. Each expression covers all services that share a threshold, and keeps the label
 * `namespace`, which routing and inhibition need. Do not change the labels of a firing alert, because
 * users rely on them: `namespace`, `service` or `pod`, `severity`, and `team` if the service has one.
 *
 * @param component Name of the component, unique in the namespace.
 */
export function serviceAlerts(
  settings: MonitoredServicesSettings,
  component: string,
): AlertGroup[] {
  const groups = [
    ...configuredServiceRules(settings, component),
    ownershipRules(settings, component),
    latencyBucketRules(settings),
    evidenceRules(settings),
    stopRules(settings),
    serviceRules(settings),
    podAlerts(settings),
    dependencyAlerts(settings),
    ...absenceAlerts(settings, component),
    ...jobAlerts(settings),
    ...probeAlerts(settings),
    ...sloRules(settings),
    ...maintenanceRules(settings),
    ...stormAlert(settings, component),
  ];
  const configured = withNewImages(withServiceRuleSettings(groups, settings), settings);
  return withTeamLabels(
    configured.map((group) => exceptElsewhere(group, settings, component)),
    settings.services,
  );
}
