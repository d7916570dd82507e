import type { Comparison } from "./compare";

const titles: Record<keyof Comparison, string> = {
  problems: "Problems",
  deletedData: "Deleted data",
  settings: "Settings",
  secrets: "Secrets",
  alerts: "Alerts",
  notifications: "Notifications",
  retentionAndCost: "Retention and cost",
  charts: "Charts",
  dashboards: "Dashboards",
  metrics: "Metrics",
  policies: "Policies",
  resources: "Resources",
};

/**
 * Formats a comparison as Markdown, for a terminal or a pull request comment. Additional sections come
 * after the topics.
 */
export function markdown(
  heading: string,
  comparison: Comparison,
  verdict: string,
  additions: string[] = [],
): string {
  const topics = Object.keys(comparison) as (keyof Comparison)[];
  const changed = topics.filter((topic) => comparison[topic].length > 0);
  return `${[
    `## ${heading}`,
    ...(changed.length === 0 ? ["No changes."] : []),
    ...changed.map((topic) => `### ${titles[topic]}\n\n${table(comparison[topic])}`),
    ...additions,
    verdict,
  ].join("\n\n")}\n`;
}

/**
 * Formats rows with the same columns as a table. The types of rows are aliases, because an interface is
 * not assignable to a Record.
 */
export function table(rows: Record<string, string>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [
    line(columns.map((name) => name.charAt(0).toUpperCase() + name.slice(1))),
    `|${columns.map(() => " --- |").join("")}`,
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ""))),
  ].join("\n");
}

/** Puts text on one line, and escapes characters that would end the table cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
}
