import { readPage } from "./markdown";

/** A documented query and the panel that shows its series. */
export interface DocumentedQuery {
  query: string;
  dashboard: string;
  panelTitle: string;
  panelId: number;
}

/** The list of queries in docs/dashboards.md. */
export function documentedQueries(): DocumentedQuery[] {
  const pattern = /^- `(.+?)`: [\w ]+, ([\w ]+) \(`\/d\/([\w-]+)\?viewPanel=panel-(\d+)`\)$/gm;
  return [...readPage("docs/dashboards.md").matchAll(pattern)].map(
    ([, query = "", panelTitle = "", dashboard = "", id]) => ({
      query,
      dashboard,
      panelTitle,
      panelId: Number(id),
    }),
  );
}
