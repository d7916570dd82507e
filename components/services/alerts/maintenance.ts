import { alertNames } from "../../alerting/alertNames";
import { labels } from "../../alerting/annotations";
import { AlertGroup, AlertRule, Severity } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";
import { workloadOfPod } from "./podScope";
import { MonitoredServicesSettings, ServiceSettings } from "../settings/settings";

/**
 * Returns rules for an alert that fires during a service's planned maintenance, for the service and for
 * each of its pods. The alert notifies no receiver, and inhibits all other alerts on the service and
 * its pods.
 */
export function maintenanceRules({
  namespace,
  services,
}: Pick<MonitoredServicesSettings, "namespace" | "services">): AlertGroup[] {
  const rules = services.flatMap(({ name, maintenance }) =>
    maintenance.map((window) => plannedMaintenance(namespace, name, window)),
  );
  return rules.length === 0 ? [] : [{ name: `${namespace}.maintenance`, rules }];
}

function plannedMaintenance(
  namespace: string,
  service: string,
  { from, to, reason }: ServiceSettings["maintenance"][number],
): AlertRule {
  const seconds = (time: string) => Date.parse(time) / 1000;
  const inNamespace = `namespace="${namespace}"`;
  return {
    alert: alertNames.plannedMaintenance,
    expr: [
      `(`,
      `  group by (namespace, service) (${configuredServices}{${inNamespace}, service="${service}"})`,
      `  or`,
      `  label_replace(`,
      `    group by (namespace, pod) (${workloadOfPod}{${inNamespace}, workload="${service}"}),`,
      `    "service", "${service}", "", ""`,
      `  )`,
      `)`,
      `and on () (vector(time()) >= ${seconds(from)} < ${seconds(to)})`,
    ].join("\n"),
    forMinutes: 0,
    severity: Severity.None,
    summary: `${labels.service}: planned maintenance until ${to}`,
    description: `Planned maintenance of ${labels.service} in ${labels.namespace} from ${from} to ${to}: ${reason}. Its other alerts are sent afterward if they are still firing.`,
  };
}
