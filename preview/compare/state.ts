import * as path from "node:path";
import { parse } from "yaml";
import type { Maintenance } from "../../components/services/monitoredServices";
import { alertmanagerFile, alertmanagerSecret } from "../output/exports";
import type { PolicyReport } from "../pack/policyReport";
import { type PlainMap, listAt, mapAt, textAt } from "../../policies/facts/plain";

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

/** The parts of a preview that are compared, from its JSON document and its files. */
export interface PreviewState {
  facts: ({ part: string } & Record<string, string>)[];
  policy: Pick<PolicyReport, "policies" | "violations" | "exceptions">;
  resources: ResourceEntry[];
  /**
   * Fingerprint of each encrypted setting, by its path. Undefined for a revision whose preview does not
   * list them.
   */
  encrypted?: Record<string, string>;
  /** Undefined for a stack without Slack. */
  alertmanager: PlainMap | undefined;
}

/** Files from `--out` that {@link readState} uses. */
export const stateFiles = /^(alertmanager\/.*\.(yaml|tmpl)|manifests\/secret-.*\.yaml)$/;

/** Parses a preview's JSON document and its files from `--out`, by path. */
export function readState(document: unknown, files: ReadonlyMap<string, string>): PreviewState {
  const { resources, ...others } = document as Omit<PreviewState, "alertmanager">;
  const alertmanager = files.get(alertmanagerFile);
  const config = alertmanager === undefined ? undefined : (parse(alertmanager) as PlainMap);
  const secrets = new Map(
    [...files].flatMap(([file, text]) => {
      if (!/^manifests\/secret-/.test(file)) return [];
      const secret = parse(text) as PlainMap;
      return [[objectId(secret), mapAt(secret, "data")] as const];
    }),
  );
  const filesOf = (key: string): unknown =>
    key === path.basename(alertmanagerFile) ? config : files.get(`${folder}/${key}`);
  return {
    ...others,
    alertmanager: config,
    resources: resources.map((resource) => {
      const data = secrets.get(objectId(resource.inputs));
      if (data === undefined || !resource.type.endsWith(":Secret")) return resource;
      const { data: _data, ...inputs } = resource.inputs;
      const isConfig = textAt(inputs, "metadata", "name") === alertmanagerSecret;
      const contents = Object.entries(data).map(([key, hidden]) => [
        key,
        (isConfig ? filesOf(key) : undefined) ?? hidden,
      ]);
      return { ...resource, inputs: { ...inputs, stringData: Object.fromEntries(contents) } };
    }),
  };
}

const folder = path.dirname(alertmanagerFile);

function objectId(object: PlainMap): string {
  return JSON.stringify(["namespace", "name"].map((key) => textAt(object, "metadata", key)));
}

/** The state before a stack exists. */
export const noState: PreviewState = {
  facts: [],
  policy: { policies: [], violations: [], exceptions: [] },
  resources: [],
  encrypted: {},
  alertmanager: undefined,
};

const componentType = /^monitoring:index:/;

export function componentsOf({ resources }: Pick<PreviewState, "resources">): ResourceEntry[] {
  return resources.filter(({ type }) => componentType.test(type));
}

/** A service that a MonitoredServices component configures. */
export interface ConfiguredService {
  /** `<namespace>/<name>`. */
  id: string;
  /** URN of the component. */
  component: string;
  name: string;
  namespace: string;
  team: string | undefined;
  maintenance: Maintenance[];
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
      const maintenance = listAt(service, "maintenance") as Maintenance[];
      return { id, component: urn, name, namespace, team, maintenance, kind, probe };
    });
  });
}

/**
 * Returns a function that maps service IDs to names. If two namespaces have a service with the same
 * name, it returns the ID.
 */
export function serviceNames(...states: PreviewState[]): (id: string) => string {
  const ids = new Set(states.flatMap((state) => servicesOf(state).map(({ id }) => id)));
  const nameOf = (id: string): string => id.slice(id.indexOf("/") + 1);
  const names = [...ids].map(nameOf);
  return (id) => (names.filter((name) => name === nameOf(id)).length > 1 ? id : nameOf(id));
}
