const powers = ["", "k", "m", "g", "t", "p", "e"];

/**
 * Parses a Kubernetes quantity (`100Gi`, `50G`, `1e11`) into bytes. Returns undefined for other values.
 */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === "number") return value > 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE])i|([kMGTPEm])|[eE](\d+))?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, digits = "", binary, decimal, exponent] = match;
  const number = Number(digits);
  if (binary !== undefined) return number * 1024 ** powers.indexOf(binary.toLowerCase());
  if (decimal === "m") return number / 1000;
  if (decimal !== undefined) return number * 1000 ** powers.indexOf(decimal.toLowerCase());
  return number * 10 ** Number(exponent ?? 0);
}

/**
 * Parses a Prometheus size (`85GB`, `87040MiB`) into bytes. Returns undefined for other values. Units
 * are binary, with or without the `i`.
 */
export function parseSize(value: unknown): number | undefined {
  if (value === "0" || value === 0) return 0;
  const match =
    typeof value === "string" ? /^(\d+(?:\.\d*)?|\.\d+)([KMGTPE]?)i?B$/.exec(value) : null;
  if (match === null) return undefined;
  return Number(match[1]) * 1024 ** powers.indexOf((match[2] ?? "").toLowerCase());
}
