import type { GrafanaModel, GrafanaPanel } from "../components/dashboards/grafanaModels";

/** The answer to one query of a panel: series with samples over time, or lines of a log. */
export interface Answer {
  refId: string;
  legendFormat: string;
  series: { labels: Record<string, string>; points: [seconds: number, value: string][] }[];
}

/** The answers to the queries of each panel by its ID, and the time that they cover. */
export interface PictureData {
  answers: ReadonlyMap<number, Answer[]>;
  startSeconds: number;
  endSeconds: number;
  /** How many seconds of the picture one second of the data is. */
  timeScale: number;
}

const column = 50;
const row = 30;
const gap = 8;
const colors = [
  "#73bf69",
  "#f2cc0c",
  "#8ab8ff",
  "#ff780a",
  "#b877d9",
  "#5794f2",
  "#ff9830",
  "#96d98d",
];

/**
 * Draws a dashboard as SVG: its layout, titles and units, and the data of each panel. It shows what
 * Grafana would show, not exactly how: Grafana draws it in a browser, with details on each panel.
 */
export function drawDashboard(model: GrafanaModel, data: PictureData): string {
  const panels = model.panels.map((panel) => drawPanel(panel, data)).join("\n");
  const height = Math.max(...model.panels.map(({ gridPos: { y, h } }) => y + h)) * row + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="${height}" viewBox="0 0 1200 ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#ccccdc">
<rect width="1200" height="${height}" fill="#111217"/>
<text x="8" y="24" font-size="17">${escape(model.title)}</text>
<g transform="translate(0 36)">
${panels}
</g>
</svg>
`;
}

function drawPanel(panel: GrafanaPanel, data: PictureData): string {
  const { x, y, w, h } = panel.gridPos;
  const place = `transform="translate(${x * column + gap / 2} ${y * row + gap / 2})"`;
  if (panel.type === "row") {
    return `<g ${place}><text y="17" font-size="14">${escape(panel.title)}</text></g>`;
  }
  const size = { width: w * column - gap, height: h * row - gap };
  const answers = data.answers.get(panel.id) ?? [];
  return `<g ${place}>
<rect width="${size.width}" height="${size.height}" rx="3" fill="#181b1f" stroke="#2c3235"/>
<text x="10" y="20" font-weight="bold">${escape(fitted(panel.title, size.width - 20))}</text>
${contents[panel.type]?.(panel, answers, size, data) ?? ""}
</g>`;
}

interface Size {
  width: number;
  height: number;
}

type Contents = (panel: GrafanaPanel, answers: Answer[], size: Size, data: PictureData) => string;

const contents: Record<string, Contents> = {
  timeseries: drawLines,
  stat: drawStat,
  table: drawTable,
  logs: drawLogs,
};

function drawLines(panel: GrafanaPanel, answers: Answer[], size: Size, data: PictureData): string {
  const unit = panel.fieldConfig?.defaults.unit;
  const lines = answers.flatMap(({ legendFormat, series }) =>
    series.map(({ labels, points }) => ({
      legend: legendOf(legendFormat, labels),
      points: points
        .map(([seconds, value]): [number, number] => [seconds, Number(value)])
        .filter(([, value]) => Number.isFinite(value)),
    })),
  );
  const largest = Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  const top = largest === 0 ? 1 : largest * 1.1;
  const plot = { left: 62, top: 34, width: size.width - 76, height: size.height - 78 };
  const xOf = (seconds: number) =>
    plot.left +
    ((seconds - data.startSeconds) / (data.endSeconds - data.startSeconds)) * plot.width;
  const yOf = (value: number) => plot.top + plot.height * (1 - Math.max(0, value) / top);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = number(yOf(share * top));
    return `<path d="M${plot.left} ${y}h${plot.width}" stroke="#2c3235"/><text x="${plot.left - 6}" y="${y + 4}" font-size="10" fill="#9fa7b3" text-anchor="end">${escape(formatted(share * top, unit))}</text>`;
  });
  const minutes = ((data.endSeconds - data.startSeconds) * data.timeScale) / 60;
  const times = [1, 0.5, 0].map((share) => {
    const text = share === 0 ? "now" : `-${Math.round(minutes * share)} min`;
    const anchor = share === 1 ? "start" : share === 0 ? "end" : "middle";
    return `<text x="${number(plot.left + plot.width * (1 - share))}" y="${plot.top + plot.height + 14}" font-size="10" fill="#9fa7b3" text-anchor="${anchor}">${text}</text>`;
  });
  const drawn = lines.map(({ legend, points }, index) => {
    const corners = points
      .map(([seconds, value]): Point => [number(xOf(seconds)), number(yOf(value))])
      .filter(isCorner);
    const path = corners.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x} ${y}`).join("");
    return `<path d="${path}" fill="none" ${styleOf(legend, index)}/>`;
  });
  return [...grid, ...times, ...drawn, drawLegend(lines, size)].join("\n");
}

type Point = [x: number, y: number];

/** Whether a line bends at a point. */
function isCorner([, y]: Point, index: number, points: Point[]): boolean {
  return points[index - 1]?.[1] !== y || points[index + 1]?.[1] !== y;
}

function styleOf(legend: string, index: number): string {
  if (legend === "alert threshold") return 'stroke="#f2495c" stroke-dasharray="8 8"';
  return `stroke="${colorOf(index)}" stroke-width="1.5"`;
}

function colorOf(index: number): string {
  return colors[index % colors.length]!;
}

function drawLegend(lines: { legend: string }[], size: Size): string {
  let x = 10;
  const entries: string[] = [];
  for (const [index, { legend }] of lines.entries()) {
    if (legend === "") continue;
    const text = fitted(legend, size.width / 2, 10);
    const width = textWidth(text, 10) + 26;
    if (x + width > size.width - 40) {
      entries.push(
        `<text x="${x}" y="${size.height - 10}" font-size="10">+ ${lines.length - index}</text>`,
      );
      break;
    }
    entries.push(
      `<path d="M${x} ${size.height - 14}h12" ${styleOf(legend, index)}/><text x="${x + 16}" y="${size.height - 10}" font-size="10">${escape(text)}</text>`,
    );
    x = Math.round(x + width);
  }
  return entries.join("");
}

function drawStat(panel: GrafanaPanel, answers: Answer[], size: Size): string {
  const unit = panel.fieldConfig?.defaults.unit;
  const values = answers.flatMap(({ series }) =>
    series.map(({ points }) => formatted(Number(points.at(-1)?.[1]), unit)),
  );
  const text = values.slice(0, 3).join("   ");
  return `<text x="${size.width / 2}" y="${size.height / 2 + 20}" font-size="28" fill="#73bf69" text-anchor="middle">${escape(text)}</text>`;
}

interface TablePanel extends GrafanaPanel {
  transformations?: { id: string; options: { renameByName?: Record<string, string> } }[];
  fieldConfig?: {
    defaults: { unit?: string };
    overrides?: {
      matcher: { options: string };
      properties: { id: string; value: unknown }[];
    }[];
  };
}

/** One row for each set of labels, with the value of each query. */
function drawTable(panel: TablePanel, answers: Answer[], size: Size): string {
  const names = panel.transformations?.find(({ id }) => id === "organize")?.options.renameByName;
  const valueNames = answers.map(({ refId }) => names?.[`Value #${refId}`] ?? refId);
  const unitOf = (name: string) =>
    panel.fieldConfig?.overrides
      ?.find(({ matcher }) => matcher.options === name)
      ?.properties.find(({ id }) => id === "unit")?.value as string | undefined;
  const rows = new Map<string, string[]>();
  const labelNames = ["namespace", "service"].filter((name) =>
    answers.some(({ series }) => series.some(({ labels }) => name in labels)),
  );
  for (const [index, { series }] of answers.entries()) {
    for (const { labels, points } of series) {
      const key = labelNames.map((name) => labels[name] ?? "");
      const cells = rows.get(key.join("/")) ?? [...key, ...valueNames.map(() => "")];
      cells[labelNames.length + index] = formatted(
        Number(points.at(-1)?.[1]),
        unitOf(valueNames[index]!),
      );
      rows.set(key.join("/"), cells);
    }
  }
  const header = [...labelNames, ...valueNames];
  const width = (size.width - 20) / header.length;
  const line = (cells: string[], index: number) =>
    cells
      .map((cell, at) => {
        const fill = index === 0 ? ' fill="#6e9fff"' : "";
        return `<text x="${number(10 + at * width)}" y="${44 + index * 22}"${fill}>${escape(fitted(cell, width - 8))}</text>`;
      })
      .join("");
  const visible = [header, ...[...rows.values()].sort()].slice(0, Math.floor(size.height / 22) - 1);
  return visible.map(line).join("\n");
}

function drawLogs(_panel: GrafanaPanel, answers: Answer[], size: Size): string {
  const lines = answers
    .flatMap(({ series }) => series.flatMap(({ points }) => points))
    .sort(([a], [b]) => b - a)
    .slice(0, Math.floor(size.height / 18) - 2);
  return lines
    .map(
      ([, text], index) =>
        `<text x="10" y="${42 + index * 18}" font-family="monospace" font-size="11">${escape(fitted(text, size.width - 20))}</text>`,
    )
    .join("\n");
}

function legendOf(format: string, labels: Record<string, string>): string {
  if (format !== "" && format !== "__auto") {
    return format.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? "");
  }
  const { __name__: name = "", ...others } = labels;
  return Object.values(others).join(" ") || name;
}

const scales: Record<string, { steps: [factor: number, unit: string][]; space: string }> = {
  s: {
    steps: [
      [3600, "h"],
      [60, "min"],
      [1, "s"],
      [0.001, "ms"],
      [1e-6, "µs"],
    ],
    space: " ",
  },
  bytes: {
    steps: [
      [2 ** 40, "TiB"],
      [2 ** 30, "GiB"],
      [2 ** 20, "MiB"],
      [2 ** 10, "KiB"],
      [1, "B"],
    ],
    space: " ",
  },
  Bps: {
    steps: [
      [1e9, "GB/s"],
      [1e6, "MB/s"],
      [1e3, "kB/s"],
      [1, "B/s"],
    ],
    space: " ",
  },
  short: {
    steps: [
      [1e9, "B"],
      [1e6, "M"],
      [1e3, "K"],
      [1, ""],
    ],
    space: "",
  },
};

/** A number with the unit of a panel, in the notation of Grafana. */
export function formatted(value: number, unit = "short"): string {
  if (Number.isNaN(value)) return "No data";
  if (unit === "percentunit") return `${significant(value * 100)}%`;
  const scale = scales[unit];
  if (scale === undefined) {
    const suffix: Record<string, string> = { reqps: " req/s", pps: " p/s", cores: " cores" };
    return significant(value) + (suffix[unit] ?? "");
  }
  const [factor, name] = scale.steps.find(([size]) => Math.abs(value) >= size) ?? [
    1,
    unit === "s" ? "s" : "",
  ];
  return value === 0 ? "0" : significant(value / factor) + (name === "" ? "" : scale.space + name);
}

function significant(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function number(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The width of a character as a share of the size of its font, on average. */
const characterWidth = 0.6;

function textWidth(text: string, size: number): number {
  return text.length * size * characterWidth;
}

function fitted(text: string, width: number, size = 12): string {
  const most = Math.max(1, Math.floor(width / (size * characterWidth)));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
