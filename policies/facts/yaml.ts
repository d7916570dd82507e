import type { DocumentOptions, ParseOptions, SchemaOptions, ToJSOptions } from "yaml";
import { Plain, UNKNOWN } from "./plain";

// The parser is loaded on first use. Most stacks do not need it, and the pack starts faster without it.

/**
 * Helm, Kubernetes and Alertmanager use YAML 1.1, where `yes` is true. They support merge keys, and the
 * last of two duplicate keys wins.
 */
const options: ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions = {
  version: "1.1",
  merge: true,
  uniqueKeys: false,
  maxAliasCount: 10_000,
  // Unlike YAML 1.1, these tools treat dates and times such as 22:00 as strings.
  customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !isDateOrTime(tag)),
  logLevel: "silent",
};

function isDateOrTime({ tag, format }: { tag: string; format?: string }): boolean {
  return tag === "tag:yaml.org,2002:timestamp" || format === "TIME";
}

/**
 * Maximum number of values in a document, counting each alias as a copy. With aliases, a few hundred
 * bytes can expand to billions of values.
 */
const MAX_VALUES = 500_000;

/** Parses the first document of a YAML text. Returns {@link UNKNOWN} if the text is invalid. */
export function readYaml(text: string): Plain {
  return readDocuments(text)[0] ?? undefined;
}

/** Returns a configuration, parsed if it is text. The chart treats text as a template. */
export function readConfig(config: Plain): Plain {
  return typeof config === "string" ? readYaml(withoutActions(config)) : config;
}

/**
 * Parses the documents in a text that a chart treats as a template. Invalid documents are {@link
 * UNKNOWN}.
 */
export function readTemplate(text: string): Plain[] {
  return readDocuments(withoutActions(text));
}

/** Parses the documents in a YAML text. Invalid documents are {@link UNKNOWN}. */
export function readDocuments(text: string): Plain[] {
  const { Composer, Parser } = require("yaml") as typeof import("yaml");
  try {
    const tokens = [...new Parser().parse(text)];
    // The composer is recursive, and a stack overflow inside one of its regular expressions ends the
    // process.
    if (depthOf(tokens) > MAX_DEPTH) return [UNKNOWN];
    return [...new Composer(options).compose(tokens)].map((document) => {
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

/** Maximum nesting of a text's tokens. A map in a list in a map has a depth of about 10. */
const MAX_DEPTH = 1_000;

function depthOf(tokens: object[]): number {
  let deepest = 0;
  const open: [object, number][] = tokens.map((token) => [token, 1]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    deepest = Math.max(deepest, depth);
    if (deepest > MAX_DEPTH) break;
    for (const inner of Object.values(token) as unknown[]) {
      if (typeof inner === "object" && inner !== null) open.push([inner, depth + 1]);
    }
  }
  return deepest;
}

/**
 * Counts a value and all values nested in it. Each alias counts as a copy. Returns Infinity if there is
 * a cycle.
 */
function sizeOf(value: Plain, known: Map<unknown, number>): number {
  if (typeof value !== "object" || value === null) return 1;
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  known.set(value, Infinity);
  const size = Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item, known), 1);
  known.set(value, size);
  return size;
}

/** Removes template actions, because their results are unknown until the chart is rendered. */
function withoutActions(template: string): string {
  return template.replace(/\{\{.*?\}\}/gs, "");
}
