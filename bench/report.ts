import * as os from "node:os";

interface Section {
  title: string;
  method: string;
  lines: string[];
  charts: Chart[];
}

/** Formats a count with thousands separators. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A growth curve. */
export interface Chart {
  title: string;
  x: { name: string; values: number[] };
  y: { name: string; values: number[] };
}

/**
 * Results of a run. Each is printed as soon as it is measured, and all are written to a documentation
 * page at the end.
 */
export class Report {
  private readonly sections: Section[] = [];

  /** Starts a section. `method` describes what is compared and how. */
  section(title: string, method: string): void {
    console.log(`\n${title}`);
    this.sections.push({ title, method, lines: [], charts: [] });
  }

  /** Adds a result to the current section. */
  line(text: string): void {
    console.log(`  ${text}`);
    this.sections.at(-1)?.lines.push(text);
  }

  /** Adds a growth curve to the current section. */
  chart(chart: Chart): void {
    this.sections.at(-1)?.charts.push(chart);
  }

  /** Returns the page with all results. */
  markdown(): string {
    const machine = `${os.availableParallelism()} cores, Node.js ${process.versions.node.split(".")[0]}`;
    const intro =
      "`npm run bench -- --write` runs the measurements and generates this page. All figures come from one run" +
      ` (${machine}). Only the ratios are comparable between machines.`;
    const body = this.sections.map(({ title, method, lines, charts }) =>
      [
        `## ${title}`,
        method,
        lines.map((text) => `- ${text}`).join("\n"),
        ...charts.map(diagram),
      ].join("\n\n"),
    );
    return `${["# Performance", intro, ...body].join("\n\n")}\n`;
  }
}

function diagram({ title, x, y }: Chart): string {
  const points = (values: number[]): string =>
    `[${values.map((value) => +value.toFixed(2)).join(", ")}]`;
  return [
    "```mermaid",
    "xychart-beta",
    `  title "${title}"`,
    // Values are categories, because they span orders of magnitude.
    `  x-axis "${x.name}" [${x.values.map((value) => `"${value}"`).join(", ")}]`,
    `  y-axis "${y.name}" 0 --> ${Math.ceil(Math.max(...y.values) * 1.1)}`,
    `  bar ${points(y.values)}`,
    "```",
  ].join("\n");
}
