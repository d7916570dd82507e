import { Plain, UNKNOWN, at, entriesAt, listAt, textAt } from "./plain";
import { Resource, objectName } from "./resource";

const monitorTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitorPatch",
  "kubernetes:monitoring.coreos.com/v1:PodMonitor",
  "kubernetes:monitoring.coreos.com/v1:PodMonitorPatch",
]);

/** A service that the stack scrapes. */
export interface ScrapedService {
  name: string;
  namespace: string;
  /** Names that may identify its series and pods. */
  knownAs: string[];
  urn: string;
}

export function isMonitor(type: string): boolean {
  return monitorTypes.has(type);
}

/** The services that a monitor selects, one for each namespace. */
export function scrapedServices(resource: Resource): ScrapedService[] {
  if (!isMonitor(resource.type) || at(resource.props, "spec") === UNKNOWN) return [];
  // A patch changes a monitor that another stack manages, and does not need to select services.
  if (resource.type.endsWith("Patch")) return [];
  const name = objectName(resource);
  const ownNamespace = textAt(resource.props, "metadata", "namespace") ?? "default";
  const selected = listAt(resource.props, "spec", "namespaceSelector", "matchNames").filter(
    (namespace): namespace is string => typeof namespace === "string",
  );
  const knownAs = [...new Set([...namesOf(resource.props), name])];
  return (selected.length > 0 ? selected : [ownNamespace]).map((namespace) => ({
    name: knownAs[0] ?? name,
    namespace,
    knownAs,
    urn: resource.urn,
  }));
}

/** The label `service` that relabeling sets, and the labels that select the Service. */
function namesOf(props: Plain): string[] {
  const spec = at(props, "spec");
  const endpoints = [...listAt(spec, "endpoints"), ...listAt(spec, "podMetricsEndpoints")];
  const relabeled = endpoints
    .flatMap((endpoint) => [...listAt(endpoint, "relabelings")])
    .filter(
      (step) => textAt(step, "targetLabel") === "service" && at(step, "sourceLabels") === undefined,
    )
    .map((step) => textAt(step, "replacement"));
  const selected = entriesAt(spec, "selector", "matchLabels")
    .filter(([label]) => ["app", "app.kubernetes.io/name", "k8s-app", "service"].includes(label))
    .map(([, value]) => (value === UNKNOWN ? undefined : value));
  return [...relabeled, ...selected].filter(
    (value): value is string => typeof value === "string" && value !== "" && !value.includes("$"),
  );
}
