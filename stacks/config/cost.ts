import { z } from "zod";
import { Checked, check, example } from "../../components/shared/problems";
import { wholeNumber } from "../../components/shared/schemas";
import { limits } from "../../policies/limits/limits";

const price = example(z.number().min(0), 0.08).optional();

/** Schema of `monitoring:cost`. */
export const costSchema = z.strictObject({
  samplesPerSecond: example(z.number().gt(0), 20_000)
    .optional()
    .describe(
      "Samples per second that Prometheus ingests: `rate(prometheus_tsdb_head_samples_appended_total[1d])`.",
    ),
  logGbPerDay: example(z.number().gt(0), 20)
    .optional()
    .describe(
      "Logs of all pods, before compression, in GB (10⁹ bytes) per day: `sum(increase(loki_distributor_bytes_received_total[1d])) / 1e9`.",
    ),
  nodes: example(wholeNumber.min(1), 6)
    .optional()
    .describe("Number of nodes in the cluster. Datadog bills each node as a host."),
  bytesPerSample: z
    .number()
    .gt(0)
    .max(100)
    .default(limits.prometheusSamples.bytes)
    .describe(
      "Bytes per sample on disk, 1 to 2 according to the Prometheus documentation: `rate(prometheus_tsdb_compaction_chunk_size_bytes_sum[1d]) / rate(prometheus_tsdb_compaction_chunk_samples_sum[1d])`.",
    ),
  logCompression: z
    .number()
    .min(1)
    .max(100)
    .default(5)
    .describe(
      "Compression ratio of Loki's chunks. With gzip, Loki's default, the ratio for JSON lines is 4.7 if each line contains a random trace ID, and 7.9 otherwise.",
    ),
  prices: z
    .strictObject({
      currency: example(z.string().regex(/^[A-Z]{3}$/, "must be three capital letters"), "EUR")
        .default("USD")
        .describe("Currency of the prices."),
      volumeGbMonth: price.describe("Price per GiB of volume, per month."),
      bucketGbMonth: price.describe("Price per GB of bucket storage, per month."),
      datadogHostMonth: price.describe("Price per Datadog host, per month."),
      datadogLogGb: price.describe("Price per GB of logs that Datadog ingests and retains."),
    })
    .optional()
    .describe("Prices that you pay. The estimated cost omits everything without a price."),
});

/** Assumptions behind the retention and cost estimates. */
export type CostSettings = z.output<typeof costSchema>;

/** Checks `monitoring:cost` and fills in defaults. */
export function costSettings(args: object): Checked<CostSettings> {
  return check(costSchema, args);
}
