/**
 * Builds the dashboards as JSON, without Pulumi. Import from `@ticketing/observability/dashboards`.
 *
 * @module dashboards
 */
import { dashboardJson } from "./build";
import { dashboardsSettings } from "./settings";
import type { GrafanaDashboardsArgs } from "./grafanaDashboards";
import { formatArgumentProblems } from "../shared/problems";

export { LogCollector } from "../logs/enums";
export type { GrafanaDashboardsArgs };

/** A dashboard that any Grafana can load. */
export interface BuiltDashboard {
  /** Stable UID, which links refer to. */
  uid: string;
  /** Dashboard model as JSON, which Grafana can import or provision. */
  json: string;
}

/**
 * Builds the dashboards for the given services. The `namespace` and `labels` arguments have no effect,
 * because nothing is deployed. Throws one error that lists every problem.
 */
export function buildDashboards(args: GrafanaDashboardsArgs = {}): BuiltDashboard[] {
  const { settings, problems } = dashboardsSettings(args);
  if (problems !== undefined) throw new Error(formatArgumentProblems("buildDashboards", problems));
  return [...dashboardJson(settings)].map(([uid, json]) => ({ uid, json }));
}
