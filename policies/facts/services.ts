import { Plain, UNKNOWN, at, entriesAt, isText, listAt, textAt } from "./plain";
import { Resource, objectName } from "./resource";

/** A service that the stack scrapes. */
export interface ScrapedService {
  name: string;
  namespace: string;
  /** Names that may identify its series and pods. */
  knownAs: string[];
  urn: string;
}

export function isMonitor(type: string): boolean {
  return /^kubernetes:monitoring\.coreos\.com\/v1:(Service|Pod)Monitor(Patch)?$/.test(type);
}

/** The services that a monitor selects, one for each namespace. */
export function scrapedServices(resource: Resource): ScrapedService[] {
  if (!isMonitor(resource.type) || at(resource.props, "spec") === UNKNOWN) return [];
  // A patch changes a monitor that another stack manages, and does not need to select services.
  if (resource.type.endsWith("Patch")) return [];
  const { props, urn } = resource;
  const selected = listAt(props, "spec", "namespaceSelector", "matchNames").filter(isText);
  const namespaces =
    selected.length > 0 ? selected : [textAt(props, "metadata", "namespace") ?? "default"];
  const knownAs = [...new Set([...namesOf(props), objectName(resource)])];
  const [name = ""] = knownAs;
  return namespaces.map((namespace) => ({ name, namespace, knownAs, urn }));
}

/** Names in the label `service` that relabeling sets, and in labels that select the Service. */
function namesOf(props: Plain): string[] {
  const spec = at(props, "spec");
  const endpoints = [...listAt(spec, "endpoints"), ...listAt(spec, "podMetricsEndpoints")];
  const relabeled = endpoints
    .flatMap((endpoint) => listAt(endpoint, "relabelings"))
    .filter(
      (step) => textAt(step, "targetLabel") === "service" && at(step, "sourceLabels") === undefined,
    )
    .map((step) => textAt(step, "replacement"));
  const selected = entriesAt(spec, "selector", "matchLabels")
    .filter(([label]) => ["app", "app.kubernetes.io/name", "k8s-app", "service"].includes(label))
    .map(([, value]) => value);
  return [...relabeled, ...selected]
    .filter(isText)
    .filter((value) => value !== "" && !value.includes("$"));
}
