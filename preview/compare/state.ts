import { parse } from "yaml";
import type { PolicyReport } from "../pack/analyzer";
import type { PlainMap } from "../../policies/facts/plain";

/** A resource as the JSON document of a preview states it. */
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

export function componentsOf({ resources }: PreviewState): ResourceEntry[] {
  return resources.filter(({ type }) => componentType.test(type));
}

/** The services of each MonitoredServices component, by its URN. */
export function servicesByComponent(state: PreviewState): Map<string, MonitoredService[]> {
  return new Map(
    componentsOf(state).flatMap(({ urn, inputs }) =>
      Array.isArray(inputs["services"]) && typeof inputs["namespace"] === "string"
        ? [[urn, inputs["services"] as unknown as MonitoredService[]] as const]
        : [],
    ),
  );
}

export interface MonitoredService {
  name: string;
  team?: string;
}
