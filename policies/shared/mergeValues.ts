/** Helm chart values, as in a values file. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the chart knows their types
export type Values = Record<string, any>;

/**
 * Merges Helm values over other values. Maps are merged recursively, lists and scalars are replaced, and
 * `undefined` is skipped. `null` is kept, because it tells Helm to remove the chart's default. Returns a
 * new map and does not modify its arguments.
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

/** Whether a value is a map to merge, as opposed to an Output or an Asset. */
export function isPlainMap(value: unknown): value is Values {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
