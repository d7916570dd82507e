import type { DocumentOptions, ParseOptions, SchemaOptions, ToJSOptions } from "yaml";
import { Plain, UNKNOWN } from "./plain";

// The parser is loaded on first use: most stacks do not need it, and the pack starts faster.

/**
 * Helm, Kubernetes and Alertmanager read YAML 1.1, in which `yes` is true, with merge keys, and the
 * last of two equal keys applies.
 */
const options: ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions = {
  version: "1.1",
  merge: true,
  uniqueKeys: false,
  maxAliasCount: 10_000,
  // Of the scalars of YAML 1.1, these readers keep dates and times such as 22:00 as text.
  customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !isDateOrTime(tag)),
  logLevel: "silent",
};

function isDateOrTime({ tag, format }: { tag: string; format?: string }): boolean {
  return tag === "tag:yaml.org,2002:timestamp" || format === "TIME";
}

/** Maximum number of values in a document, counting those that an alias repeats: a few hundred bytes can repeat billions. */
const MAX_VALUES = 500_000;

/** Parses the first document of a YAML text. A text that cannot be read is {@link UNKNOWN}. */
export function readYaml(text: string): Plain {
  return documentsOf(text)[0] ?? undefined;
}

/** A configuration that is a map, or a text that a chart treats as a template. */
export function readConfig(config: Plain): Plain {
  return typeof config === "string" ? readYaml(withoutActions(config)) : config;
}

/** The documents of a text that a chart treats as a template; a document that cannot be read is {@link UNKNOWN}. */
export function readDocuments(text: string): Plain[] {
  return documentsOf(withoutActions(text));
}

function documentsOf(text: string): Plain[] {
  const { parseAllDocuments } = require("yaml") as typeof import("yaml");
  try {
    const documents = parseAllDocuments(text, options);
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => {
      try {
        const value: unknown = document.errors.length > 0 ? UNKNOWN : document.toJS(options);
        return sizeOf(value, new Map()) > MAX_VALUES ? UNKNOWN : value;
      } catch {
        return UNKNOWN;
      }
    });
  } catch {
    return [UNKNOWN];
  }
}

/** Number of values in a value, where an alias counts like its copy. Infinite if a value contains itself. */
function sizeOf(value: Plain, known: Map<unknown, number>): number {
  if (typeof value !== "object" || value === null) return 1;
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  known.set(value, Infinity);
  const size = Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item, known), 1);
  known.set(value, size);
  return size;
}

/** The result of a template is known only after the chart is rendered. */
function withoutActions(template: string): string {
  return template.replace(/\{\{.*?\}\}/gs, "");
}
