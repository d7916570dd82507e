import { anchoredPattern } from "./matcher";

/** A step in `alert_relabel_configs` or `relabel_configs`. */
export interface RelabelStep {
  action?: unknown;
  source_labels?: unknown;
  separator?: unknown;
  regex?: unknown;
  target_label?: unknown;
  replacement?: unknown;
}

/**
 * Applies relabeling steps to labels. Returns undefined if a step drops them. Supports a replacement
 * with a capture group only together with the default expression, which matches the whole value.
 */
export function relabel(
  steps: readonly RelabelStep[],
  labels: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  let result = new Map(Object.entries(labels));
  for (const step of steps) {
    const action = textOf(step.action, "replace").toLowerCase();
    const expression = textOf(step.regex, "(.*)");
    const matches = (text: string) => anchoredPattern(expression)?.test(text) ?? false;
    const sources = Array.isArray(step.source_labels) ? step.source_labels.map(String) : [];
    const value = sources
      .map((label) => result.get(label) ?? "")
      .join(typeof step.separator === "string" ? step.separator : ";");
    if (action === "drop" && matches(value)) return undefined;
    if (action === "keep" && !matches(value)) return undefined;
    if (action === "labeldrop" || action === "labelkeep") {
      const isKept = (label: string) => matches(label) === (action === "labelkeep");
      result = new Map([...result].filter(([label]) => isKept(label)));
    }
    const replacement = textOf(step.replacement, "$1");
    const isWhole = /^\$(1|\{1\})$/.test(replacement) && expression === "(.*)";
    if (action === "replace" && matches(value) && (isWhole || !replacement.includes("$"))) {
      result.set(textOf(step.target_label, ""), isWhole ? value : replacement);
    }
  }
  return Object.fromEntries([...result].filter(([, value]) => value !== ""));
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : fallback;
}
