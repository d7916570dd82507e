import { ExpectedError } from "../config/errors";
import type { Span } from "./result";

/** A series of a range query, with its sample times in milliseconds. */
export interface Series {
  labels: Record<string, string>;
  times: number[];
}

/** Times at which an expression is evaluated, in milliseconds. */
export interface Steps extends Span {
  stepMs: number;
}

/** An error that Prometheus returns for a query. */
export class QueryError extends Error {}

/** A query that exceeds one of Prometheus's limits but may succeed for a shorter time range. */
class TooLarge extends QueryError {}

/** Prometheus's limit on points per series in a response. */
const MAX_POINTS = 11_000;

/**
 * Maximum number of concurrent queries, so a cluster's Prometheus can still evaluate its rules in time.
 */
const CONCURRENT_QUERIES = 3;

/** Client for the HTTP API of Prometheus, or of a compatible system. */
export class PrometheusApi {
  private waiting: (() => void)[] = [];
  private running = 0;

  constructor(
    readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /**
   * Evaluates an expression at each step. Returns the result in consecutive parts, because Prometheus
   * limits the number of points in a response.
   */
  async *queryRange(query: string, { from, to, stepMs }: Steps): AsyncGenerator<Series[]> {
    for (let start = from; start <= to; start += MAX_POINTS * stepMs) {
      const end = Math.min(to, start + (MAX_POINTS - 1) * stepMs);
      yield* this.queryPart(query, { from: start, to: end, stepMs });
    }
  }

  private async *queryPart(query: string, { from, to, stepMs }: Steps): AsyncGenerator<Series[]> {
    try {
      const fields = { query, start: from / 1000, end: to / 1000, step: stepMs / 1000 };
      const { result } = (await this.post("query_range", fields)) as { result: RangeResult[] };
      yield result.map(seriesOf);
    } catch (error) {
      const steps = Math.floor((to - from) / stepMs);
      if (!(error instanceof TooLarge) || steps < 2) throw error;
      const middle = from + Math.floor(steps / 2) * stepMs;
      yield* this.queryPart(query, { from, to: middle, stepMs });
      yield* this.queryPart(query, { from: middle + stepMs, to, stepMs });
    }
  }

  /** Whether the data contains a series of a metric in a time range. */
  async hasSeries(metric: string, { from, to }: Span): Promise<boolean> {
    const match = `{__name__=${JSON.stringify(metric)}}`;
    const fields = { "match[]": match, start: from / 1000, end: to / 1000, limit: 1 };
    return ((await this.post("series", fields)) as unknown[]).length > 0;
  }

  private async post(path: string, fields: Record<string, string | number>): Promise<unknown> {
    await this.start();
    try {
      const body = new URLSearchParams(
        Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
      );
      const address = `${this.url}/api/v1/${path}`;
      const response = await fetch(address, { method: "POST", body, headers: this.headers });
      return this.dataOf(response.status, await response.text());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // fetch only reports "fetch failed". The cause has the actual reason.
      const cause = error.cause instanceof Error ? error.cause.message : error.message;
      throw new ExpectedError(
        `--backtest ${this.url}: does not respond: ${cause}\n` +
          "  fix: pass the URL of a Prometheus, such as the one that npm run open -- prometheus prints",
      );
    } finally {
      this.finish();
    }
  }

  private dataOf(status: number, text: string): unknown {
    const answer = jsonOf(text);
    if (answer?.status === "success") return answer.data;
    if (status === 401 || status === 403) {
      throw new ExpectedError(
        `--backtest ${this.url}: rejects the credentials with status ${status}\n` +
          "  fix: set PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD",
      );
    }
    if (answer?.error === undefined) {
      throw new ExpectedError(
        `--backtest ${this.url}: responds with status ${status}, but not like the Prometheus API\n` +
          "  fix: pass the URL of a Prometheus, without /api/v1",
      );
    }
    const isTooLarge = /too many samples|timed out|timeout/.test(answer.error);
    throw isTooLarge ? new TooLarge(answer.error) : new QueryError(answer.error);
  }

  private async start(): Promise<void> {
    if (this.running < CONCURRENT_QUERIES) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Hands a query's slot to the next waiting query. */
  private finish(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}

interface RangeResult {
  metric: Record<string, string>;
  values?: [seconds: number, value: string][];
  /** Samples of native histograms. */
  histograms?: [seconds: number, value: unknown][];
}

function seriesOf({ metric, values = [], histograms = [] }: RangeResult): Series {
  const { __name__: _name, ...labels } = metric;
  const times = [...values, ...histograms].map(([seconds]) => Math.round(seconds * 1000));
  return { labels, times: histograms.length > 0 ? times.sort((a, b) => a - b) : times };
}

function jsonOf(text: string): { status: string; data?: unknown; error?: string } | undefined {
  try {
    return JSON.parse(text) as ReturnType<typeof jsonOf>;
  } catch {
    return undefined;
  }
}

/** Returns a client for the API at a URL, with credentials from the environment. */
export function apiAt(url: string, environment: NodeJS.ProcessEnv): PrometheusApi {
  const { username, password, origin, pathname } = new URL(url);
  if (username !== "" || password !== "") {
    throw new ExpectedError(
      "--backtest: the URL must not contain credentials\n" +
        "  fix: set PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD",
    );
  }
  const address = origin + pathname.replace(/\/+$/, "");
  const token = environment["PROMETHEUS_TOKEN"];
  const user = environment["PROMETHEUS_USERNAME"];
  const pair = `${user}:${environment["PROMETHEUS_PASSWORD"] ?? ""}`;
  const authorization = token
    ? `Bearer ${token}`
    : user
      ? `Basic ${Buffer.from(pair).toString("base64")}`
      : undefined;
  return new PrometheusApi(address, authorization === undefined ? {} : { authorization });
}
