/** Chart values: what `helm` reads from a values file. */
export type Values = Record<string, any>;

/**
 * Lays the caller's values over ours: maps merge, lists and everything else replace, `null` removes
 * a chart's default, `undefined` says nothing. Returns a fresh map and mutates neither side.
 */
export function mergeValues(ours: Values, theirs: Values = {}): Values {
  const merged = new Map<string, unknown>(Object.entries(ours));
  for (const [key, value] of Object.entries(theirs) as [string, unknown][]) {
    if (value === undefined) continue;
    const own = merged.get(key);
    merged.set(key, isMap(own) && isMap(value) ? mergeValues(own, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Anything else (a list, an Output, an Asset) is a leaf. */
function isMap(value: unknown): value is Values {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
