import { parse } from "yaml";
import type { PolicyReport } from "../pack/analyzer";
import { type PlainMap, listAt, textAt } from "../../policies/facts/plain";

/** A resource in the JSON document of a preview. */
export interface ResourceEntry {
  urn: string;
  type: string;
  name: string;
  parent?: string;
  external?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs: PlainMap;
}

/** The part of a preview that a comparison reads: its JSON document, and its Alertmanager configuration. */
export interface PreviewState {
  facts: ({ part: string } & Record<string, string>)[];
  policy: Pick<PolicyReport, "policies" | "violations" | "exceptions">;
  resources: ResourceEntry[];
  /** Undefined for a stack without Slack. */
  alertmanager: PlainMap | undefined;
}

/** The state in the JSON document of a preview and in its Alertmanager configuration, if it has one. */
export function readState(document: unknown, alertmanager: string | undefined): PreviewState {
  return {
    ...(document as Omit<PreviewState, "alertmanager">),
    alertmanager: alertmanager === undefined ? undefined : (parse(alertmanager) as PlainMap),
  };
}

/** The state before a stack exists. */
export const noState: PreviewState = {
  facts: [],
  policy: { policies: [], violations: [], exceptions: [] },
  resources: [],
  alertmanager: undefined,
};

const componentType = /^monitoring:index:/;

export function componentsOf({ resources }: Pick<PreviewState, "resources">): ResourceEntry[] {
  return resources.filter(({ type }) => componentType.test(type));
}

/** A service that a MonitoredServices configures. */
export interface ConfiguredService {
  /** `<namespace>/<name>`. */
  id: string;
  /** URN of the component. */
  component: string;
  name: string;
  namespace: string;
  team: string | undefined;
  kind: string | undefined;
  probe: string | undefined;
}

export function servicesOf(state: PreviewState): ConfiguredService[] {
  return componentsOf(state).flatMap(({ urn, inputs }) => {
    const namespace = textAt(inputs, "namespace") ?? "";
    return listAt(inputs, "services").map((service) => {
      const name = textAt(service, "name") ?? "";
      const id = `${namespace}/${name}`;
      const [team, kind] = [textAt(service, "team"), textAt(service, "kind")];
      const probe = textAt(service, "probe");
      return { id, component: urn, name, namespace, team, kind, probe };
    });
  });
}

/** The names of services by ID. If two namespaces have a service with the same name, the ID is the name. */
export function serviceNames(...states: PreviewState[]): (id: string) => string {
  const ids = new Set(states.flatMap((state) => servicesOf(state).map(({ id }) => id)));
  const nameOf = (id: string): string => id.slice(id.indexOf("/") + 1);
  const names = [...ids].map(nameOf);
  return (id) => (names.filter((name) => name === nameOf(id)).length > 1 ? id : nameOf(id));
}
