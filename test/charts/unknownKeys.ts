import * as fs from "node:fs";
import * as path from "node:path";
import { isMap, keysOf, pathOf } from "./keyPaths";

/** Keys whose value is an object of Kubernetes itself: a chart's default does not list its fields. */
const kubernetesObjects = new Set([
  "affinity",
  "annotations",
  "containerSecurityContext",
  "deploymentStrategy",
  "labels",
  "livenessProbe",
  "nodeSelector",
  "podAnnotations",
  "podLabels",
  "podSecurityContext",
  "readinessProbe",
  "resources",
  "securityContext",
  "startupProbe",
  "strategy",
  "updateStrategy",
]);

/** A setting of a chart; without inner settings, or when open, everything may lie below it. */
interface Setting {
  inner: Map<string, Setting>;
  open: boolean;
}

/**
 * Paths in `values` that the pinned chart does not know; Helm ignores such keys without a word.
 * Reads `keys/<chart>.txt` and, for what the chart's values file does not show,
 * `keys/<chart>.commented.txt`.
 */
export function unknownKeys(chart: string, values: Record<string, unknown>): string[] {
  return [...unknownBelow(settingsOf(chart), [], values)];
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

const settings = new Map<string, Setting>();

function settingsOf(chart: string): Setting {
  let root = settings.get(chart);
  if (root === undefined) {
    const lines = readLines(`${chart}.txt`);
    if (lines.length === 0) throw new Error(`no keys are recorded for the chart ${chart}`);
    root = tree([...lines, ...readLines(`${chart}.commented.txt`)]);
    settings.set(chart, root);
  }
  return root;
}

function tree(lines: string[]): Setting {
  const root: Setting = { inner: new Map(), open: false };
  for (const line of lines) {
    const keys = keysOf(line);
    const open = keys.at(-1) === "**";
    let current = root;
    for (const key of open ? keys.slice(0, -1) : keys) {
      const next = current.inner.get(key) ?? { inner: new Map(), open: false };
      current.inner.set(key, next);
      current = next;
    }
    current.open ||= open;
  }
  return root;
}

function* unknownBelow(
  setting: Setting,
  keys: string[],
  values: Record<string, unknown>,
): Generator<string> {
  for (const [key, value] of Object.entries(values)) {
    const inner = setting.inner.get(key);
    const here = [...keys, key];
    if (inner === undefined) yield pathOf(here);
    else if (isMap(value) && !isFree(key, inner)) yield* unknownBelow(inner, here, value);
  }
}

function isFree(key: string, setting: Setting): boolean {
  return setting.open || setting.inner.size === 0 || kubernetesObjects.has(key);
}
