import { serviceMatchers } from "../alerting/promql";
import { AlertGroup } from "../alerting/rules";
import { MonitoredServicesSettings } from "./settings";
import { mustBeUp, sortedNames } from "./thresholdVariants";

/**
 * A series with the value 1 for each configured service, whether or not Prometheus scrapes it. The
 * label `component` tells the MonitoredServices of a namespace apart.
 */
export const configuredServices = "namespace_service:configured:info";

/**
 * Records the services that must exist. Series from a scrape disappear together with their
 * ServiceMonitor, Service or namespace; these series end only with the configuration.
 */
export function configuredServiceRules(
  { namespace, services }: MonitoredServicesSettings,
  component: string,
): AlertGroup[] {
  if (services.length === 0) return [];
  return [
    {
      name: `${namespace}.configured`,
      // Queries look back 5 minutes, so one sample every 2 minutes is enough, at a quarter of the cost.
      intervalSeconds: 120,
      rules: services.map(({ name }) => ({
        record: configuredServices,
        labels: { namespace, service: name, component },
        expr: "vector(1)",
      })),
    },
  ];
}

/** Selects the services of a component that must have targets, except those whose alerts are disabled. */
export function alertingServices(settings: MonitoredServicesSettings, component: string): string {
  const extraMatchers = [`component="${component}"`];
  const except = sortedNames(settings.services.filter((service) => !mustBeUp(service)));
  return `${configuredServices}{${serviceMatchers(settings.namespace, { except }, extraMatchers)}}`;
}
