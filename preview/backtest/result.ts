/** A time range, in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** A time range in which an alert fired. */
export interface Episode {
  start: number;
  /**
   * The first evaluation at which the alert no longer fired; undefined if it was still firing at the
   * last one.
   */
  end: number | undefined;
}

/** An episode of an alert with one label set. */
export interface AlertEpisode extends Episode {
  alert: string;
  severity: string;
  labels: Record<string, string>;
}

/** The result of an alert's changed rules in one state. */
export interface Side {
  episodes: AlertEpisode[];
  /** Reasons why some of the rules cannot be judged. */
  notJudged: string[];
  /** Metrics without samples that the rules read. */
  missing: string[];
  /** Metrics with samples in only a part of the time range. */
  partial: string[];
  /** Whether no rule can return a result without the missing metrics. */
  hasNoData: boolean;
}

export interface AlertResult {
  alert: string;
  /** Undefined if all of this state's rules are also in the other state. */
  before: Side | undefined;
  after: Side | undefined;
}

/** How often the changed alerts would have fired, according to recorded data. */
export interface Backtest {
  requested: Span;
  /** The part of the requested time range that has data; undefined if there is none. */
  judged: Span | undefined;
  alerts: AlertResult[];
  /** Number of notifications in the judged time range. */
  notifications: { severity: string; before: number; after: number }[];
}

const WEEK_MS = 7 * 86_400_000;

/** Returns a text that identifies a label set. */
export function labelsKey(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

export function perWeek(number: number, { from, to }: Span): number {
  return Math.round((number * WEEK_MS * 10) / (to - from)) / 10;
}
