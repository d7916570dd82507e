/**
 * The dashboards as JSON, without Pulumi, imported from `@ticketing/observability/dashboards`.
 *
 * @module dashboards
 */
import { dashboardJson } from "./build";
import { dashboardsSettings } from "./settings";
import type { GrafanaDashboardsArgs } from "./grafanaDashboards";
import { formatArgumentProblems } from "../shared/problems";

export { LogCollector } from "../logs/options";
export type { GrafanaDashboardsArgs };

/** A dashboard of this library, for any Grafana. */
export interface BuiltDashboard {
  /** Stable UID, which links use. */
  uid: string;
  /** Model that Grafana imports or provisions, as JSON. */
  json: string;
}

/**
 * Builds the dashboards for the given services. The namespace and the labels of the arguments have no
 * effect, because nothing is deployed. Throws one error that lists every problem.
 */
export function buildDashboards(args: GrafanaDashboardsArgs = {}): BuiltDashboard[] {
  const { settings, problems } = dashboardsSettings(args);
  if (problems !== undefined) throw new Error(formatArgumentProblems("buildDashboards", problems));
  return [...dashboardJson(settings)].map(([uid, json]) => ({ uid, json }));
}
