import { Plain } from "./plain";

// The parser is loaded on first use: most stacks do not need it, and the pack starts faster.

/** Parses YAML; returns undefined if the text is invalid. */
export function readYaml(text: string): Plain {
  const { parse } = require("yaml") as typeof import("yaml");
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A configuration that is a map, or a text that a chart treats as a template. */
export function readConfig(config: Plain): Plain {
  return typeof config === "string" ? readYaml(withoutActions(config)) : config;
}

/** The documents of a text that a chart treats as a template; invalid YAML is skipped. */
export function readDocuments(text: string): Plain[] {
  const { parseAllDocuments } = require("yaml") as typeof import("yaml");
  const read = parseAllDocuments(withoutActions(text));
  return Array.isArray(read)
    ? read.flatMap((document) => (document.errors.length > 0 ? [] : [document.toJS() as unknown]))
    : [];
}

/** The result of a template is known only after the chart is rendered. */
function withoutActions(template: string): string {
  return template.replace(/\{\{.*?\}\}/gs, "");
}
