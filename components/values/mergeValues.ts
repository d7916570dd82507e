import deepmerge from "deepmerge";

/** Chart values: what `helm` reads from a values file. */
export type Values = Record<string, any>;

/**
 * Lays the caller's values over ours: maps merge, lists and everything else replace, `null` removes
 * a chart's default. Returns a fresh object and mutates neither side.
 */
export function mergeValues(ours: Values, theirs: Values = {}): Values {
  return deepmerge(ours, theirs, {
    arrayMerge: (_ours, list) => list as unknown[],
    isMergeableObject: (value) => Array.isArray(value) || isPlainObject(value),
  });
}

/** Anything else (an Output, an Asset) is a leaf and passes through by reference. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
