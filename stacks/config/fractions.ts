import { isMap } from "../../policies/shared/isMap";

/**
 * Turns strings such as `"2.5"` into numbers, at any depth, because `pulumi config set --path` stores a
 * fraction as a string unless `--type float` is set. Use it only for maps in which every such string
 * represents a number.
 */
export function parseFractions(value: unknown): unknown {
  if (typeof value === "string") return /^\d+\.\d+$/.test(value) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(parseFractions);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, parseFractions(item)]),
  );
}

/** Parses the fractions in a service's objective and thresholds. */
export function parseServiceFractions(service: unknown): unknown {
  if (!isMap(service)) return service;
  const numeric = Object.entries(service).filter(([key]) => key === "slo" || key === "alerts");
  return {
    ...service,
    ...Object.fromEntries(numeric.map(([key, value]) => [key, parseFractions(value)])),
  };
}
