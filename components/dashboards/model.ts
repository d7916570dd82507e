import { DashboardUid, LinkedPanel } from "../alerting/dashboardLinks";

/** A query for Prometheus, or for Loki in a panel or variable with `source: "loki"`. */
export interface Query {
  expr: string;
  /** Legend, or the title of the column in a table. */
  legend: string;
  /** Unit of the column in a table. Default: the unit of the panel. */
  unit?: string;
}

/** A panel before it is rendered for Grafana. */
export interface Panel {
  kind: "graph" | "stat" | "table" | "logs";
  title: string;
  /** What the panel shows, if its title does not make that clear. */
  description?: string;
  /** Grafana unit, such as `reqps`. */
  unit: string;
  queries: Query[];
  source?: "prometheus" | "loki";
  /** Links from alerts open this panel; its ID is in the table of linked panels. */
  link?: LinkedPanel;
  /** Width in columns of the 24-column grid. Default: depends on the kind. */
  width?: number;
}

/** A variable with the values of a label. */
export interface Variable {
  name: string;
  /** Series with that label. */
  series: string;
  /** Whether several values, or all, can be chosen. */
  multiple?: boolean;
}

/** A dashboard before it is rendered for Grafana. */
export interface DashboardModel {
  uid: DashboardUid;
  title: string;
  description: string;
  variables: Variable[];
  rows: { title: string; panels: Panel[] }[];
  /** Start of the time range. Default: `now-6h`. */
  from?: string;
  /** Expression that returns a series for each deployment, which all graphs mark. */
  deployments?: string;
}

type PanelOptions = Pick<Panel, "description" | "link" | "source" | "width">;

/** A graph over time. */
export function graph(title: string, unit: string, queries: Query[], options: PanelOptions = {}): Panel {
  return { kind: "graph", title, unit, queries, ...options };
}

/** The latest value as a number. */
export function stat(title: string, unit: string, expr: string, options: PanelOptions = {}): Panel {
  return { kind: "stat", title, unit, queries: [query(expr, title)], ...options };
}

/** One row for each combination of labels, one column for each query. */
export function table(title: string, queries: Query[], options: PanelOptions = {}): Panel {
  return { kind: "table", title, unit: "short", queries, ...options };
}

/** Log lines, newest first. */
export function logs(title: string, expr: string, options: PanelOptions = {}): Panel {
  const queries = [query(expr, "")];
  return { kind: "logs", title, unit: "none", queries, source: "loki", ...options };
}

export function query(expr: string, legend: string, unit?: string): Query {
  return unit === undefined ? { expr, legend } : { expr, legend, unit };
}
