import { StackFinding } from "../engine/policy";
import { Plain, UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
import { Resource, objectName } from "../facts/resource";
import { matchesLabels } from "../facts/selection";
import { scrapedServices } from "../facts/services";

export const serviceType = "kubernetes:core/v1:Service";

/** Checks that each ServiceMonitor names ports of the Services that it selects in the stack. */
export function checkPorts(resources: Resource[]): StackFinding[] {
  const services = resources.filter(({ type }) => type === serviceType);
  return resources
    .filter(({ type }) => type === "kubernetes:monitoring.coreos.com/v1:ServiceMonitor")
    .flatMap((monitor): StackFinding[] => {
      const selected = services.filter((service) => isScraped(service, monitor));
      const ports = selected.map(({ props }) => at(props, "spec", "ports"));
      if (selected.length === 0 || hasUnknown(ports)) return [];
      const names = ports
        .flatMap((list) => listAt(list))
        .flatMap((port) => textAt(port, "name") ?? []);
      return listAt(monitor.props, "spec", "endpoints").flatMap((endpoint: Plain, index) => {
        const port = textAt(endpoint, "port");
        if (port === undefined || names.includes(port)) return [];
        return [
          {
            urn: monitor.urn,
            problem: "the monitor scrapes a port that its Services do not have",
            where: `ServiceMonitor "${objectName(monitor)}", spec.endpoints[${index}].port`,
            found: port,
            bound: `the name of a port: ${names.join(", ")}`,
            fix: `set port: ${names[0] ?? "<name>"}, or name the port of the Service ${port}`,
          },
        ];
      });
    });
}

function isScraped({ props }: Resource, monitor: Resource): boolean {
  const namespace = at(props, "metadata", "namespace") ?? "default";
  const isAny = at(monitor.props, "spec", "namespaceSelector", "any") === true;
  return (
    namespace !== UNKNOWN &&
    (isAny || scrapedServices(monitor).some((service) => service.namespace === namespace)) &&
    matchesLabels(at(monitor.props, "spec", "selector"), at(props, "metadata", "labels")) === true
  );
}
