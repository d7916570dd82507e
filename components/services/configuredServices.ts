import { AlertGroup } from "../alerting/rules";
import { MonitoredServicesSettings } from "./settings";
import { hasAlerts } from "./thresholdVariants";

/** A series with the value 1 for each configured service, whether or not Prometheus scrapes it. */
export const configuredServices = "namespace_service:configured:info";

/**
 * Records the services that must exist. Series from a scrape disappear together with their
 * ServiceMonitor, Service or namespace; these series end only with the configuration.
 */
export function configuredServiceRules({
  namespace,
  services,
}: MonitoredServicesSettings): AlertGroup[] {
  const members = services.filter(hasAlerts);
  if (members.length === 0) return [];
  return [
    {
      name: `${namespace}.configured`,
      // Queries find a sample for 5 minutes, so one in 2 minutes is enough and costs a quarter.
      intervalSeconds: 120,
      rules: members.map((service) => ({
        record: configuredServices,
        labels: { namespace, service: service.name },
        expr: "vector(1)",
      })),
    },
  ];
}
