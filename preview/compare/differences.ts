import { isDeepStrictEqual } from "node:util";
import { isMap } from "../../policies/shared/isMap";

/** A path with different values. A value is undefined on the side that does not have it. */
export interface Difference {
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * Returns the innermost differences between two values. List items are matched by name, or by position
 * if they have none.
 */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [old, current] = [entriesOf(before), entriesOf(after)];
  if (old === undefined || current === undefined) return [{ path, before, after }];
  return keysOf(old, current).flatMap((key) =>
    differences(
      old.get(key),
      current.get(key),
      key.startsWith("[") || path === "" ? `${path}${key}` : `${path}.${key}`,
    ),
  );
}

/** Returns the keys that at least one of the maps has. */
export function keysOf<K>(before: ReadonlyMap<K, unknown>, after: ReadonlyMap<K, unknown>): K[] {
  return [...new Set([...before.keys(), ...after.keys()])];
}

function entriesOf(value: unknown): Map<string, unknown> | undefined {
  if (isMap(value)) return new Map(Object.entries(value));
  if (!Array.isArray(value)) return undefined;
  const names = value.map((item: unknown) => (isMap(item) ? item["name"] : undefined));
  const isNamed =
    names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  // A list of plain values is compared as a whole, because its items have no meaning on their own.
  if (!isNamed && !value.some(isMap)) return undefined;
  return new Map(
    value.map((item: unknown, index) => [`[${isNamed ? (names[index] as string) : index}]`, item]),
  );
}

/** Returns the paths that differ. A list whose items have no names counts as a single path. */
export function changedPaths(before: unknown, after: unknown): string[] {
  // Otherwise, an item that moved in such a list would yield a path for each of its values.
  const paths = differences(before, after).map(({ path }) => path.replace(/\[\d+\].*/, ""));
  return [...new Set(paths)];
}

/** Formats a value for a table: `15`, `a, b`, `{"id":7249}`; `-` for none. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "-";
  if (typeof value === "string") return value === "" ? '""' : value;
  if (Array.isArray(value) && !value.some((item) => typeof item === "object")) {
    return value.length === 0 ? "none" : value.join(", ");
  }
  return JSON.stringify(value);
}
