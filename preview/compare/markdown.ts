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
  const topics = Object.entries(comparison) as [keyof Comparison, Record<string, string>[]][];
  const sections = topics.filter(([, rows]) => rows.length > 0);
  return `${[
    `## ${heading}`,
    ...(sections.length === 0 ? ["No changes."] : []),
    ...sections.map(([topic, rows]) => `### ${titles[topic]}\n\n${table(rows)}`),
    ...additions,
    verdict,
  ].join("\n\n")}\n`;
}

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
