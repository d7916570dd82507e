import { z } from "zod";
import { Checked, check, example } from "../../components/shared/problems";
import { wholeNumber } from "../../components/shared/schemas";

const price = example(z.number().min(0), 0.08).optional();

/** Schema of `monitoring:cost`. */
export const costSchema = z.strictObject({
  /** Samples that Prometheus takes in; `rate(prometheus_tsdb_head_samples_appended_total[1d])`. */
  samplesPerSecond: example(z.number().gt(0), 20_000).optional(),
  /** Logs of all pods before compression, in GB (10⁹ bytes). */
  logGbPerDay: example(z.number().gt(0), 20).optional(),
  /** Nodes of the cluster, which are Datadog's hosts. */
  nodes: example(wholeNumber.min(1), 6).optional(),
  /**
   * Bytes of a sample on disk. Prometheus' documentation says 1 to 2; a server of one's own tells
   * `rate(prometheus_tsdb_compaction_chunk_size_bytes_sum[1d]) / rate(prometheus_tsdb_compaction_chunk_samples_sum[1d])`.
   */
  bytesPerSample: z.number().gt(0).max(100).default(2),
  /** How many times smaller Loki's chunks are than the logs; 5 to 7 is usual. */
  logCompression: z.number().min(1).max(100).default(5),
  /** What you pay; nothing is assumed. */
  prices: z
    .strictObject({
      currency: example(
        z.string().regex(/^[A-Z]{3}$/, "must be three capital letters"),
        "EUR",
      ).default("USD"),
      /** A GiB of volume, a month. */
      volumeGbMonth: price,
      /** A GB of bucket, a month. */
      bucketGbMonth: price,
      /** A host in Datadog, a month. */
      datadogHostMonth: price,
      /** A GB of logs that Datadog takes in and keeps. */
      datadogLogGb: price,
    })
    .optional(),
});

/** What the estimate of `preview` assumes. */
export type CostSettings = z.output<typeof costSchema>;

/** Checks `monitoring:cost` and fills in its defaults. */
export function costSettings(given: object): Checked<CostSettings> {
  return check(costSchema, given);
}
