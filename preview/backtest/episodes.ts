/** A time range in which a condition held at every evaluation, in milliseconds since 1970. */
export interface Run {
  from: number;
  to: number;
}

/** A time range in which an alert fired. */
export interface Episode {
  start: number;
  /** The first evaluation at which it no longer fired; undefined if it still fired at the last one. */
  end: number | undefined;
}

/** The durations of an alerting rule, in milliseconds. */
export interface Timing {
  forMs: number;
  keepFiringMs: number;
  intervalMs: number;
}

/** Joins the times of consecutive evaluations, and continues earlier runs. */
export function addTimes(runs: Run[], times: number[], intervalMs: number): Run[] {
  for (const time of times) {
    const last = runs.at(-1);
    if (last !== undefined && time - last.to <= intervalMs) last.to = time;
    else runs.push({ from: time, to: time });
  }
  return runs;
}

/**
 * The episodes of an alert with one set of labels, as Prometheus evaluates it: the alert is pending
 * from the first evaluation with a result, fires at the first one at which `for` has passed, and is
 * pending anew after an evaluation without a result, unless it fires and `keep_firing_for` has not
 * passed.
 */
export function episodesOf(runs: Run[], timing: Timing, lastEvaluation: number): Episode[] {
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
