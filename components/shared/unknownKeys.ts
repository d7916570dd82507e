import { isPlainMap } from "../../policies/shared/mergeValues";
import type * as recorded from "../charts/chartKeys";
import { isUnresolved } from "./placeholders";
import { nearest } from "./problems";

/** Keys of Kubernetes objects and free-form maps. Charts do not list the keys under them. */
export const freeKeys = new Set([
  "affinity",
  "annotations",
  "containerSecurityContext",
  "deploymentStrategy",
  "global",
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

/** A chart key. A key with no keys under it, or one that is marked as open (`*`), accepts any value. */
export interface Key {
  below: Map<string, Key>;
  isOpen: boolean;
}

/** A key that a chart does not list. */
export interface UnknownKey {
  path: string[];
  /** The most similar chart key at the same level. */
  nearest?: string | undefined;
}

/**
 * Returns a chart's keys, and the chart version that they were recorded from. Loaded on demand, because
 * few programs set chart values.
 */
export function recordedKeys(chart: string): { version: string; keys: string } | undefined {
  return (require("../charts/chartKeys") as typeof recorded).chartKeys[chart];
}

/** A map in the chart that the values replace with something else, and the keys of the map. */
export interface ReplacedMap {
  path: string[];
  keys: string[];
}

/**
 * Returns the maps in a chart that the values replace with something else. Helm would fail to render
 * the chart with these values.
 */
export function replacedMaps(keys: string, values: Record<string, unknown>): ReplacedMap[] {
  return [...replacedBelow(parseKeys(keys), [], values)];
}

function* replacedBelow(
  key: Key,
  path: string[],
  values: Record<string, unknown>,
): Generator<ReplacedMap> {
  for (const [name, value] of Object.entries(values)) {
    const known = key.below.get(name);
    if (known === undefined || known.below.size === 0 || known.isOpen) continue;
    if (isPlainMap(value)) yield* replacedBelow(known, [...path, name], value);
    // `null` removes the chart's map.
    else if (value !== undefined && value !== null && !isUnresolved(value)) {
      yield { path: [...path, name], keys: [...known.below.keys()] };
    }
  }
}

/** Returns the value keys that a chart does not list. */
export function unknownKeys(keys: string, values: Record<string, unknown>): UnknownKey[] {
  return [...unknownBelow(parseKeys(keys), [], values)];
}

function* unknownBelow(
  key: Key,
  path: string[],
  values: Record<string, unknown>,
): Generator<UnknownKey> {
  for (const [name, value] of Object.entries(values)) {
    const known = key.below.get(name);
    if (known === undefined) {
      // Some charts mention these keys only in comments.
      if (freeKeys.has(name)) continue;
      const others = [...key.below.keys()].filter((other) => !Object.hasOwn(values, other));
      yield { path: [...path, name], nearest: nearest(name, others) };
    } else if (isPlainMap(value) && known.below.size > 0 && !known.isOpen) {
      yield* unknownBelow(known, [...path, name], value);
    }
  }
}

/** Parses the keys of a chart, a nested list such as `grafana{admin{userKey},persistence*}`. */
function parseKeys(text: string): Key {
  const stack: Key[] = [{ below: new Map(), isOpen: false }];
  let last = stack[0];
  for (const [token] of text.matchAll(/[{},]|[^{},]+/g)) {
    if (token === "{" && last !== undefined) stack.push(last);
    else if (token === "}") stack.pop();
    else if (token !== ",") {
      last = { below: new Map(), isOpen: token.endsWith("*") };
      stack.at(-1)?.below.set(token.replace(/\*$/, ""), last);
    }
  }
  return stack[0] ?? { below: new Map(), isOpen: false };
}
