/**
 * What a subject of an alert is doing: well, just below or above the threshold, far above it, above
 * it with too little traffic to count or just enough of it, or nothing at all.
 */
export type Level = "well" | "below" | "above" | "far" | "quiet" | "busy" | "gone";

export interface Series {
  series: string;
  values: string;
}

/** How long a scenario is, and what happens in it; minutes. */
export interface Course {
  minutes: number;
  levelAt: (minute: number) => Level;
  /** When every counter starts again at zero. */
  resetAt?: number;
  /** Part of a service's traffic that this pod has. */
  share?: number;
}

export const stepSeconds = 30;

type Labels = Record<string, string>;

/** A gauge with a value for each level; undefined is no sample. */
export function gauge(
  name: string,
  labels: Labels,
  course: Course,
  valueOf: (level: Level, minute: number) => number | undefined,
): Series {
  return written(name, labels, course, (minute) => valueOf(course.levelAt(minute), minute));
}

/** A counter that grows by so much a second at each level. */
export function counter(
  name: string,
  labels: Labels,
  course: Course,
  rateOf: (level: Level, minute: number) => number,
): Series {
  let total = 0;
  return written(name, labels, course, (minute, step) => {
    const level = course.levelAt(minute);
    if (step > 0) total += rateOf(level, minute) * (course.share ?? 1) * stepSeconds;
    if (course.resetAt === minute) total = 0;
    return level === "gone" ? undefined : total;
  });
}

/** A histogram of which a part of the calls is slower than `threshold`. */
export function histogram(
  name: string,
  labels: Labels,
  course: Course,
  threshold: number,
  rateOf: (level: Level) => { all: number; slow: number },
): Series[] {
  const bucket = (le: string, part: (rate: { all: number; slow: number }) => number) =>
    counter(`${name}_bucket`, { ...labels, le }, course, (level) => part(rateOf(level)));
  return [
    bucket(String(threshold / 2), ({ all, slow }) => (all - slow) / 2),
    bucket(String(threshold), ({ all, slow }) => all - slow),
    bucket(String(threshold * 2), ({ all }) => all),
    bucket("+Inf", ({ all }) => all),
  ];
}

function written(
  name: string,
  labels: Labels,
  { minutes }: Course,
  valueAt: (minute: number, step: number) => number | undefined,
): Series {
  const steps = (minutes * 60) / stepSeconds + 1;
  const values: string[] = [];
  let before: number | undefined;
  for (let step = 0; step < steps; step += 1) {
    const value = valueAt((step * stepSeconds) / 60, step);
    // What Prometheus writes when a target or a series is gone.
    if (value === undefined) values.push(before === undefined ? "_" : "stale");
    else values.push(String(Number(value.toPrecision(12))));
    before = value;
  }
  const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return { series: `${name}{${text.join(", ")}}`, values: values.join(" ") };
}
