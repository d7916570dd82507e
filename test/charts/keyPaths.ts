/**
 * Paths of all settings in a chart's default values, sorted: `server.replicas`, with a backslash
 * before a dot that belongs to a key (`grafana\.ini.log`). What is empty, a list or a single value
 * ends a path: below it the chart prescribes nothing.
 */
export function keyPaths(values: unknown): string[] {
  return [...pathsBelow([], values)].sort();
}

/** The keys of one path. */
export function keysOf(path: string): string[] {
  return path.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
}

/** The path of these keys. */
export function pathOf(keys: string[]): string {
  return keys.map((key) => key.replaceAll(".", "\\.")).join(".");
}

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function* pathsBelow(keys: string[], value: unknown): Generator<string> {
  if (!isMap(value) || Object.keys(value).length === 0) {
    if (keys.length > 0) yield pathOf(keys);
    return;
  }
  for (const [key, inner] of Object.entries(value)) yield* pathsBelow([...keys, key], inner);
}
