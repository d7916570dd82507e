import { noState, type PreviewState, type ResourceEntry } from "../../../preview/compare/state";

/** A state with these resources and parts. */
export function stateWith(
  resources: ResourceEntry[],
  parts: Partial<PreviewState> = {},
): PreviewState {
  return { ...noState, resources, ...parts };
}

export function resource(
  type: string,
  name: string,
  inputs: object,
  options: Partial<ResourceEntry> = {},
): ResourceEntry {
  const urn = `urn:pulumi:prod::monitoring::${type}::${name}`;
  return { urn, type, name, inputs: inputs as ResourceEntry["inputs"], ...options };
}

/** The component that monitors these services in the namespace `shop`. */
export function monitoredServices(services: object[]): ResourceEntry {
  return resource("monitoring:index:MonitoredServices", "services", {
    namespace: "shop",
    services,
  });
}

/** The rules of that component. */
export function serviceRules(rules: object[]): ResourceEntry {
  return resource(
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    "rules",
    { spec: { groups: [{ name: "shop", rules }] } },
    { parent: monitoredServices([]).urn },
  );
}
