import type { Api } from "../cluster/api";

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Returns the result of an instant query. */
export async function query(prometheus: Api, expr: string): Promise<Sample[]> {
  const { data } = await prometheus.json<{
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  }>(`/api/v1/query?query=${encodeURIComponent(expr)}`);
  return data.result.map(({ metric, value: [, text] }) => ({
    labels: metric,
    value: Number(text),
  }));
}

/**
 * Returns an expression for the increase of a counter in the last hour. `increase` alone misses the
 * first value of a series, and many counters do not exist until the first event.
 */
export function increaseInLastHour(counter: string): string {
  return `((${counter} unless ${counter} offset 1h) or increase(${counter}[1h]))`;
}
