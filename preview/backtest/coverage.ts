import type { PrometheusApi } from "./prometheusApi";
import type { Span } from "./result";

/** Precision of the times of the first and last sample. */
export const PRECISION_MS = 300_000;

/**
 * Returns the time range from a metric's first sample to its last, or undefined if it has no samples.
 */
export async function coverageOf(
  api: Pick<PrometheusApi, "hasSeries">,
  metric: string,
  span: Span,
): Promise<Span | undefined> {
  if (!(await api.hasSeries(metric, span))) return undefined;
  const { from, to } = span;
  const first = await bisect(from, to, (time) => api.hasSeries(metric, { from, to: time }));
  const last = await bisect(to, from, (time) => api.hasSeries(metric, { from: time, to }));
  return { from: first, to: last };
}

/** Finds the time closest to `near` from which a condition holds until `far`. */
async function bisect(near: number, far: number, holds: (time: number) => Promise<boolean>) {
  const step = Math.sign(far - near) * PRECISION_MS;
  // Most metrics have samples for the whole range, so this shortcut saves most queries.
  if (Math.abs(far - near) <= PRECISION_MS || (await holds(near + step))) return near;
  let [fails, succeeds] = [near, far];
  while (Math.abs(succeeds - fails) > PRECISION_MS) {
    const middle = Math.round((fails + succeeds) / 2);
    if (await holds(middle)) succeeds = middle;
    else fails = middle;
  }
  return succeeds;
}

/** Whether a metric has samples from the start to the end of a time range. */
export function covers(coverage: Span | undefined, span: Span): boolean {
  return (
    coverage !== undefined &&
    coverage.from <= span.from + 2 * PRECISION_MS &&
    coverage.to >= span.to - 2 * PRECISION_MS
  );
}

/** Returns the time range from the first to the last sample of several metrics. */
export function spanOf(coverages: (Span | undefined)[]): Span | undefined {
  const known = coverages.filter((span) => span !== undefined);
  if (known.length === 0) return undefined;
  return {
    from: Math.min(...known.map(({ from }) => from)),
    to: Math.max(...known.map(({ to }) => to)),
  };
}
