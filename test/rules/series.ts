/**
 * State of the subject of an alert: healthy, just below, just above or far above the threshold, above
 * it with traffic just below or just above the traffic floor, or without series.
 */
export type Level =
  "healthy" | "below" | "above" | "farAbove" | "lowTraffic" | "enoughTraffic" | "gone";

export interface Series {
  series: string;
  values: string;
}

/** The levels of a subject over the minutes of a scenario. */
export interface Timeline {
  minutes: number;
  levelAt: (minute: number) => Level;
  /** Minute at which every counter resets to zero. */
  resetAt?: number;
  /** Share of the service's traffic that this pod receives. Default: 1. */
  share?: number;
}

export const stepSeconds = 30;

type Labels = Record<string, string>;

/** A gauge with a value for each level; undefined means no sample. */
export function gauge(
  name: string,
  labels: Labels,
  timeline: Timeline,
  valueOf: (level: Level, minute: number) => number | undefined,
): Series {
  return series(name, labels, timeline, (minute) => valueOf(timeline.levelAt(minute), minute));
}

/** A counter with a rate per second for each level. */
export function counter(
  name: string,
  labels: Labels,
  timeline: Timeline,
  rateOf: (level: Level, minute: number) => number,
): Series {
  let total = 0;
  return series(name, labels, timeline, (minute, step) => {
    const level = timeline.levelAt(minute);
    if (step > 0) total += rateOf(level, minute) * (timeline.share ?? 1) * stepSeconds;
    if (timeline.resetAt === minute) total = 0;
    return level === "gone" ? undefined : total;
  });
}

/** A histogram with rates of all requests and of those slower than `threshold`, in seconds. */
export function histogram(
  name: string,
  labels: Labels,
  timeline: Timeline,
  threshold: number,
  rateOf: (level: Level) => { all: number; slow: number },
): Series[] {
  const bucket = (le: string, selectRate: (rates: { all: number; slow: number }) => number) =>
    counter(`${name}_bucket`, { ...labels, le }, timeline, (level) => selectRate(rateOf(level)));
  return [
    bucket(String(threshold / 2), ({ all, slow }) => (all - slow) / 2),
    bucket(String(threshold), ({ all, slow }) => all - slow),
    bucket(String(threshold * 2), ({ all }) => all),
    bucket("+Inf", ({ all }) => all),
  ];
}

/** Classic histograms as native ones, whose buckets are eight in each doubling of the latency. */
export function asNative(buckets: Series[]): Series[] {
  const histograms = new Map<string, { bound: number; values: string[] }[]>();
  for (const { series, values } of buckets) {
    const [, bound = ""] = /, le="(.*?)"/.exec(series) ?? [];
    const name = series.replace(/_bucket\{/, "{").replace(/, le=".*?"/, "");
    const bucket = {
      bound: bound === "+Inf" ? Infinity : Number(bound),
      values: values.split(" "),
    };
    histograms.set(name, [...(histograms.get(name) ?? []), bucket]);
  }
  return [...histograms].map(([series, classic]) => ({
    series,
    values: (classic[0]?.values ?? [])
      .map((first, step) =>
        /stale|_/.test(first)
          ? first
          : nativeSample(classic.map(({ bound, values }) => [bound, Number(values[step])])),
      )
      .join(" "),
  }));
}

/** A sample in the notation of promtool, from the cumulative counts of buckets. */
function nativeSample(cumulative: [bound: number, count: number][]): string {
  const finite = cumulative.filter(([bound]) => Number.isFinite(bound));
  // The middle of each classic bucket.
  const indexes = finite.map(([bound]) => Math.ceil(8 * Math.log2(bound / Math.SQRT2)));
  const [offset = 0] = indexes;
  const counts = Array.from({ length: (indexes.at(-1) ?? 0) - offset + 1 }, () => 0);
  finite.forEach(([, count], number) => {
    const below = finite[number - 1]?.[1] ?? 0;
    counts[(indexes[number] ?? 0) - offset] = Number((count - below).toPrecision(12));
  });
  const count = cumulative.at(-1)?.[1];
  return `{{schema:3 sum:1 count:${count} offset:${offset} buckets:[${counts.join(" ")}]}}`;
}

function series(
  name: string,
  labels: Labels,
  { minutes }: Timeline,
  valueAt: (minute: number, step: number) => number | undefined,
): Series {
  const steps = (minutes * 60) / stepSeconds + 1;
  const values: string[] = [];
  let previous: number | undefined;
  for (let step = 0; step < steps; step += 1) {
    const value = valueAt((step * stepSeconds) / 60, step);
    // Prometheus marks a series as stale when its target or the series disappears.
    if (value === undefined) values.push(previous === undefined ? "_" : "stale");
    else values.push(String(Number(value.toPrecision(12))));
    previous = value;
  }
  const matchers = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return { series: `${name}{${matchers.join(", ")}}`, values: values.join(" ") };
}
