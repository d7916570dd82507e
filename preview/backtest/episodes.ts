import type { Episode, Span } from "./result";

/** Durations of an alerting rule, in milliseconds. */
export interface Timing {
  forMs: number;
  keepFiringMs: number;
  intervalMs: number;
}

/**
 * Groups the times of consecutive evaluations with a result into runs, extending earlier runs.
 */
export function addTimes(runs: Span[], times: number[], intervalMs: number): Span[] {
  for (const time of times) {
    const last = runs.at(-1);
    if (last !== undefined && time - last.to <= intervalMs) last.to = time;
    else runs.push({ from: time, to: time });
  }
  return runs;
}

/**
 * Computes the episodes of an alert with one label set, the way Prometheus evaluates it. The alert
 * becomes pending at the first evaluation with a result and fires at the first one after `for` has
 * elapsed. After an evaluation without a result, it starts over, unless it is firing and
 * `keep_firing_for` has not elapsed.
 */
export function episodesOf(runs: Span[], timing: Timing, lastEvaluation: number): Episode[] {
  const { forMs, keepFiringMs, intervalMs } = timing;
  const evaluations = (ms: number): number => Math.ceil(ms / intervalMs) * intervalMs;
  const endAfter = (time: number): number => time + intervalMs + evaluations(keepFiringMs);
  const firing: { start: number; end: number }[] = [];
  for (const { from, to } of runs) {
    const last = firing.at(-1);
    if (last !== undefined && from <= last.end) {
      last.end = endAfter(to);
      continue;
    }
    const start = from + evaluations(forMs);
    if (start <= to) firing.push({ start, end: endAfter(to) });
  }
  return firing.map(({ start, end }) => ({ start, end: end > lastEvaluation ? undefined : end }));
}
