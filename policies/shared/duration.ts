const secondsOf = {
  y: 365 * 86400,
  w: 7 * 86400,
  d: 86400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
} as const;

const form = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Parses a duration in the format of Prometheus and Loki (`15d`, `1d12h`, `744h`), in seconds. Returns
 * undefined for any other value. Units must descend, and `0` is the only text without a unit.
 */
export function parseDuration(value: unknown): number | undefined {
  if (value === "0") return 0;
  const match = typeof value === "string" && value !== "" ? form.exec(value) : null;
  if (match === null) return undefined;
  return Object.values(secondsOf).reduce(
    (sum, seconds, index) => sum + Number(match[index + 1] ?? 0) * seconds,
    0,
  );
}

export const SECONDS_PER_DAY = secondsOf.d;
export const SECONDS_PER_MINUTE = secondsOf.m;

/** Formats a number of days as a duration. Durations have no fractions: 15 is `15d`, 1.5 is `36h`. */
export function formatDays(days: number): string {
  return Number.isInteger(days) ? `${days}d` : `${Math.ceil(days * 24)}h`;
}
