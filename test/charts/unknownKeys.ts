import * as fs from "node:fs";
import * as path from "node:path";
import { charts } from "../../components/charts/charts";
import {
  type Key,
  freeKeys,
  unknownKeys as unknownKeysOf,
} from "../../components/shared/unknownKeys";
import { keysOf, pathOf } from "./keyPaths";

/** Paths in `values` that the pinned chart does not know. */
export function unknownKeys(chart: string, values: Record<string, unknown>): string[] {
  const lines = recordedLines(chart);
  if (lines.length === 0) throw new Error(`no keys are recorded for the chart ${chart}`);
  return unknownKeysOf(formatKeys(lines.map(keysOf)), values).map(({ path: keys }) => pathOf(keys));
}

/**
 * Formats key paths as a nested list, such as `grafana{admin{userKey},persistence*}`. `*` marks open
 * keys.
 */
export function formatKeys(paths: string[][]): string {
  const root: Key = { below: new Map(), isOpen: false };
  for (const path of paths) {
    const isOpen = path.at(-1) === "**";
    const free = path.findIndex((name) => freeKeys.has(name));
    let key = root;
    const end = free >= 0 ? free + 1 : path.length - (isOpen ? 1 : 0);
    for (const name of path.slice(0, end)) {
      const next = key.below.get(name) ?? { below: new Map<string, Key>(), isOpen: false };
      key.below.set(name, next);
      key = next;
    }
    key.isOpen ||= isOpen;
  }
  const text = ({ below }: Key): string =>
    [...below]
      .map(
        ([name, key]) => `${name}${key.isOpen ? "*" : ""}${key.below.size ? `{${text(key)}}` : ""}`,
      )
      .join(",");
  return text(root);
}

/** The module with the keys of all charts that the library ships. */
export function chartKeysModule(): string {
  const entries = Object.values(charts).map(({ name, version }) => {
    const keys = formatKeys(recordedLines(name).map(keysOf));
    return `  "${name}": {\n    version: "${version}",\n    keys: ${JSON.stringify(keys)},\n  },\n`;
  });
  return `// Generated from test/charts/keys by test/charts/writeChartKeys.ts.

/** The keys of the values of each chart, and the version that has them. */
export const chartKeys: Record<string, { version: string; keys: string } | undefined> = {
${entries.join("")}};
`;
}

/**
 * The keys of `keys/<chart>.txt` and, for what the chart's values file does not show, of
 * `keys/<chart>.commented.txt`.
 */
function recordedLines(chart: string): string[] {
  return [...readLines(`${chart}.txt`), ...readLines(`${chart}.commented.txt`)];
}

/** Lines of `keys/<file>` without comments and blanks; none when there is no such file. */
export function readLines(file: string): string[] {
  const full = path.join(__dirname, "keys", file);
  if (!fs.existsSync(full)) return [];
  return fs
    .readFileSync(full, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
