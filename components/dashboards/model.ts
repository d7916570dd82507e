import { DashboardUid, LinkedPanel } from "../alerting/dashboardLinks";

/** A query for Prometheus, or for Loki in a panel or variable with `source: "loki"`. */
export interface Query {
  expr: string;
  /** Legend, or the column title in a table. */
  legend: string;
  /** Unit of the column in a table. Default: the panel's unit. */
  unit?: string;
}

/** A panel before it is rendered for Grafana. */
export interface Panel {
  kind: "graph" | "stat" | "table" | "logs";
  title: string;
  /** Explanation of what the panel shows, if its title does not make that clear. */
  description?: string;
  /** Grafana unit, such as `reqps`. */
  unit: string;
  queries: Query[];
  /** Data source of the queries. Default: Prometheus. */
  source?: "loki";
  /**
   * Entry in the table of linked panels, which sets the panel's ID. Links from alerts open this panel.
   */
  link?: LinkedPanel;
  /** Width in columns of the 24-column grid. Default: depends on the kind of panel. */
  width?: number;
}

/** A dashboard variable whose values are the values of a label. */
export interface Variable {
  name: string;
  /** Series that have the label. */
  series: string;
  /** Whether the user can select several values, or all of them. */
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
  /** Expression that returns a series for each deployment. Every graph marks these deployments. */
  deployments?: string;
}

type PanelOptions = Pick<Panel, "description" | "link" | "source" | "width">;

/** Returns a graph over time. */
export function graph(title: string, unit: string, queries: Query[], options: PanelOptions = {}): Panel {
  return { kind: "graph", title, unit, queries, ...options };
}

/** Returns a panel that shows the latest value as a number. */
export function stat(title: string, unit: string, expr: string): Panel {
  return { kind: "stat", title, unit, queries: [query(expr, title)] };
}

/** Returns a table with one row for each combination of labels and one column for each query. */
export function table(title: string, queries: Query[], options: PanelOptions = {}): Panel {
  return { kind: "table", title, unit: "short", queries, ...options };
}

/** Returns a panel that shows log lines, newest first. */
export function logs(title: string, expr: string, options: PanelOptions = {}): Panel {
  const queries = [query(expr, "")];
  return { kind: "logs", title, unit: "none", queries, source: "loki", ...options };
}

export function query(expr: string, legend: string, unit?: string): Query {
  return unit === undefined ? { expr, legend } : { expr, legend, unit };
}
