import { parseDuration } from "../shared/duration";
import { HelmChart, helmChart } from "./helm";
import { Path, Plain, UNKNOWN, at, hasUnknown, listAt } from "./plain";
import { Resource } from "./resource";
import { readConfig } from "./yaml";

const lokiCharts = new Set(["loki", "loki-stack", "loki-distributed", "loki-simple-scalable"]);

/** What a release of Loki needs of AWS. */
export interface LokiRelease {
  chart: HelmChart;
  /** Names of its buckets, as far as they are known. */
  buckets: string[];
  /** Whether it could have further buckets once everything is known. */
  unknownBuckets: boolean;
  /** Days that it keeps logs; undefined while that is not known or not set. */
  retentionDays: number | undefined;
  /** What its objects of the index begin with. */
  indexPrefixes: string[];
}

/** Where Loki's configuration may stand, the one that wins first. */
const sources: Path[] = [["loki", "structuredConfig"], ["loki", "config"], ["loki"]];

export function lokiRelease(resource: Resource): LokiRelease | undefined {
  const chart = helmChart(resource);
  if (chart === undefined || !lokiCharts.has(chart.chart)) return undefined;
  const { values } = chart;
  const configs = sources.map((source) => readConfig(at(values, ...source)));
  const named = [
    ...["chunks", "ruler", "admin"].map((key) => at(values, "loki", "storage", "bucketNames", key)),
    ...configs.flatMap((config) => [
      at(config, "common", "storage", "s3", "bucketnames"),
      at(config, "storage_config", "aws", "bucketnames"),
      at(config, "storage_config", "object_store", "s3", "bucket_name"),
      bucketOfUrl(at(config, "storage_config", "aws", "s3")),
      bucketOfUrl(at(config, "storage", "s3", "s3")),
    ]),
  ];
  const period = configs
    .map((config) => at(config, "limits_config", "retention_period"))
    .find((value) => value !== undefined && value !== null);
  const seconds = typeof period === "string" ? parseDuration(period) : undefined;
  const schemas = configs.flatMap((config) => [
    ...listAt(config, "schemaConfig", "configs"),
    ...listAt(config, "schema_config", "configs"),
  ]);
  const prefixes = schemas
    .map((schema) => at(schema, "index", "prefix"))
    .filter((prefix): prefix is string => typeof prefix === "string" && prefix !== "");
  return {
    chart,
    buckets: [
      ...new Set(
        named.flatMap((name) => (typeof name === "string" ? name.split(",") : [])).filter(Boolean),
      ),
    ],
    unknownBuckets: values === UNKNOWN || named.some(hasUnknown),
    retentionDays: seconds === undefined || seconds === 0 ? undefined : seconds / 86_400,
    indexPrefixes: [...new Set(["index/", "loki_index_", ...prefixes])],
  };
}

/** `s3://region/bucket`, `s3://key:secret@region/bucket`. */
function bucketOfUrl(url: Plain): Plain {
  if (typeof url !== "string") return url === UNKNOWN ? UNKNOWN : undefined;
  return /^s3:\/\/[^/]*\/([^/?]+)/.exec(url)?.[1];
}
