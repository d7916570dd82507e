import { serviceMatchers } from "../../alerting/promql";
import { AlertGroup } from "../../alerting/rules";
import { MonitoredServicesSettings } from "../settings/settings";
import { mustBeUp, sortedNames } from "./thresholdVariants";

/**
 * A series with the value 1 for each configured service, whether or not Prometheus scrapes it. The
 * `component` label distinguishes several MonitoredServices in the same namespace.
 */
export const configuredServices = "namespace_service:configured:info";

/**
 * Returns rules that record which services must exist. Scraped series disappear with their
 * ServiceMonitor, Service or namespace, but these series disappear only when the configuration changes.
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

/** Selects a component's services that must have targets, except services whose alerts are disabled. */
export function alertingServices(settings: MonitoredServicesSettings, component: string): string {
  const extraMatchers = [`component="${component}"`];
  const except = sortedNames(settings.services.filter((service) => !mustBeUp(service)));
  return `${configuredServices}{${serviceMatchers(settings.namespace, { except }, extraMatchers)}}`;
}
