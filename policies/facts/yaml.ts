import { Plain } from "./plain";

// The parser is loaded where there is a text to read: most stacks have none, and a pack starts faster.

/** What a text of YAML says; undefined for one that is none. */
export function readYaml(text: string): Plain {
  const { parse } = require("yaml") as typeof import("yaml");
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A configuration may be a map, or a text that a chart treats as a template of one. */
export function readConfig(config: Plain): Plain {
  return typeof config === "string" ? readYaml(withoutActions(config)) : config;
}

/** The documents in a text that a chart treats as a template; those that are no YAML are left out. */
export function readDocuments(text: string): Plain[] {
  const { parseAllDocuments } = require("yaml") as typeof import("yaml");
  const read = parseAllDocuments(withoutActions(text));
  return Array.isArray(read)
    ? read.flatMap((document) => (document.errors.length > 0 ? [] : [document.toJS() as unknown]))
    : [];
}

/** What a template does is known only when the chart is rendered. */
function withoutActions(template: string): string {
  return template.replace(/\{\{.*?\}\}/gs, "");
}
