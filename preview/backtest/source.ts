import { serveBlocks } from "./blocks";
import { type PrometheusApi, apiAt } from "./prometheusApi";
import type { Span } from "./result";

/** Recorded data. */
export interface Source {
  api: PrometheusApi;
  requested: Span;
  /** Time range of the data; undefined if it must be determined from the metrics. */
  available: Span | undefined;
  close: () => Promise<void>;
}

/** Opens the most recent days of data from a Prometheus URL or a folder with TSDB blocks. */
export async function openSource(urlOrFolder: string, days: number): Promise<Source> {
  const before = (to: number): Span => ({ from: to - days * 86_400_000, to });
  if (/^https?:\/\//.test(urlOrFolder)) {
    const api = apiAt(urlOrFolder, process.env);
    return {
      api,
      requested: before(Date.now()),
      available: undefined,
      close: () => Promise.resolve(),
    };
  }
  const { api, from, to, stop } = await serveBlocks(urlOrFolder);
  const requested = before(to);
  const available = { from: Math.max(from, requested.from), to };
  return { api, requested, available, close: stop };
}
