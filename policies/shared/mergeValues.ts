/** Chart values, as `helm` reads them from a values file. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the chart knows their types
export type Values = Record<string, any>;

/**
 * Merges Helm values over other values: maps are merged, lists and other values are replaced, and
 * `undefined` is skipped. A `null` is kept, because it makes Helm remove the chart's default.
 * Returns a new map and mutates neither argument.
 */
export function mergeValues(base: Values, overrides: Values = {}): Values {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(overrides) as [string, unknown][]) {
    if (value === undefined) continue;
    const below = merged.get(key);
    merged.set(key, isPlainMap(below) && isPlainMap(value) ? mergeValues(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Whether a value is a map to merge: an Output or an Asset is not. */
export function isPlainMap(value: unknown): value is Values {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
