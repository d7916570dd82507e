import { Plain, UNKNOWN, at, entriesAt, listAt, textAt } from "./plain";
import { Resource } from "./resource";

const monitorTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitorPatch",
  "kubernetes:monitoring.coreos.com/v1:PodMonitor",
  "kubernetes:monitoring.coreos.com/v1:PodMonitorPatch",
]);

/** A service that a stack has scraped. */
export interface MonitoredService {
  name: string;
  namespace: string;
  /** Every name under which its series and pods may appear. */
  knownAs: string[];
  urn: string;
}

export function isMonitor(type: string): boolean {
  return monitorTypes.has(type);
}

/** The services that a monitor selects: one for each namespace it looks into. */
export function servicesOf(resource: Resource): MonitoredService[] {
  if (!isMonitor(resource.type) || at(resource.props, "spec") === UNKNOWN) return [];
  // It changes a monitor that is somewhere else, and need not say whom that selects.
  if (resource.type.endsWith("Patch")) return [];
  const name = textAt(resource.props, "metadata", "name") ?? resource.name;
  const own = textAt(resource.props, "metadata", "namespace") ?? "default";
  const selected = listAt(resource.props, "spec", "namespaceSelector", "matchNames").filter(
    (namespace): namespace is string => typeof namespace === "string",
  );
  const knownAs = [...new Set([...namesOf(resource.props), name])];
  return (selected.length > 0 ? selected : [own]).map((namespace) => ({
    name: knownAs[0] ?? name,
    namespace,
    knownAs,
    urn: resource.urn,
  }));
}

/** The label `service` that scraping sets, and the labels by which the Service is selected. */
function namesOf(props: Plain): string[] {
  const spec = at(props, "spec");
  const endpoints = [...listAt(spec, "endpoints"), ...listAt(spec, "podMetricsEndpoints")];
  const relabelled = endpoints
    .flatMap((endpoint) => [...listAt(endpoint, "relabelings")])
    .filter(
      (step) => textAt(step, "targetLabel") === "service" && at(step, "sourceLabels") === undefined,
    )
    .map((step) => textAt(step, "replacement"));
  const selected = entriesAt(spec, "selector", "matchLabels")
    .filter(([label]) => ["app", "app.kubernetes.io/name", "k8s-app", "service"].includes(label))
    .map(([, value]) => (value === UNKNOWN ? undefined : value));
  return [...relabelled, ...selected].filter(
    (value): value is string => typeof value === "string" && value !== "" && !value.includes("$"),
  );
}
