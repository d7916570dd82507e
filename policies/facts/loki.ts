import { SECONDS_PER_DAY, parseDuration } from "../shared/duration";
import { own } from "../shared/own";
import { type HelmChart, helmChart } from "./helm";
import { Path, Plain, UNKNOWN, at, hasUnknown, isPresent, listAt } from "./plain";
import { Resource } from "./resource";
import { readConfig } from "./yaml";

/** Charts that install Loki. */
export const lokiCharts = new Set([
  "loki",
  "loki-stack",
  "loki-distributed",
  "loki-simple-scalable",
]);

/** Components of Loki whose Services receive logs or queries. */
const parts =
  "gateway|distributor|write|read|backend|querier|query-frontend|ruler|single-binary|ingester";

/** Matches the names of the Services that Loki charts create: `loki`, `logs-loki-gateway`. */
export const lokiServiceForm = new RegExp(`^(?:[\\w-]+-)?loki(?:-(?:${parts}))?(?:-headless)?$`);

/** Charts that send logs to Loki. */
export const collectors = /^(promtail|alloy|grafana-agent|fluent-bit|vector|k8s-monitoring)$/;

/** Index prefixes that Loki uses if its configuration does not set one. */
export const defaultIndexPrefixes = ["index/", "loki_index_"];

/** The S3 settings of a Loki release. */
export interface LokiRelease {
  /** Names of its buckets, as far as they are known. */
  buckets: string[];
  /** Whether unknown values could name additional buckets. */
  unknownBuckets: boolean;
  /** Longest retention of any stream, in days; undefined if it is unknown, 0 or not set. */
  retentionDays: number | undefined;
  /** Additional prefixes of the index objects. */
  indexPrefixes: string[];
}

/**
 * Paths of Loki's configuration in chart values, in order of precedence. `loki-stack` nests version 2 of
 * the `loki` chart under `loki`, with the complete configuration in `config`.
 */
const configPaths: Path[] = [["loki", "structuredConfig"], ["loki", "config"], ["loki"]];

/**
 * Returns the parts of Loki's configuration in chart values, in order of precedence, with their paths in
 * the release's properties.
 */
export function lokiConfigs(values: Plain): { path: Path; config: Plain }[] {
  return configPaths.map((path) => ({
    path: ["values", ...path],
    config: readConfig(at(values, ...path)),
  }));
}

export function lokiRelease(resource: Resource): LokiRelease | undefined {
  const chart = helmChart(resource);
  if (chart === undefined || !lokiCharts.has(chart.chart)) return undefined;
  const { values } = chart;
  const configs = lokiConfigs(values).map(({ config }) => config);
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
    .find(isPresent);
  const seconds = parseDuration(period);
  const streams = configs
    .flatMap((config) => listAt(config, "limits_config", "retention_stream"))
    .map((stream) => parseDuration(at(stream, "period")) ?? 0);
  const schemas = configs.flatMap((config) => [
    ...listAt(config, "schemaConfig", "configs"),
    ...listAt(config, "schema_config", "configs"),
  ]);
  const prefixes = schemas
    .map((schema) => at(schema, "index", "prefix"))
    .filter((prefix): prefix is string => typeof prefix === "string" && prefix !== "");
  return {
    buckets: named
      .flatMap((name) => (typeof name === "string" ? name.split(",") : []))
      .filter((name) => name !== ""),
    unknownBuckets: values === UNKNOWN || named.some(hasUnknown),
    retentionDays: seconds ? Math.max(seconds, ...streams) / SECONDS_PER_DAY : undefined,
    indexPrefixes: prefixes,
  };
}

/** Paths of Loki's configuration in older charts. In the `loki` chart, the path is `loki`. */
const legacyPaths: Record<string, Path> = {
  "loki-stack": ["loki", "config"],
  "loki-distributed": ["loki", "structuredConfig"],
};

/**
 * Returns a field of Loki's configuration, with the path where it is set or, if it is not set, where it
 * belongs.
 */
export function lokiField(
  { chart, values }: HelmChart,
  ...field: Path
): { value: Plain; path: Path } {
  for (const { path, config } of lokiConfigs(values)) {
    if (config === UNKNOWN) return { value: UNKNOWN, path };
    const value = at(config, ...field) ?? undefined;
    if (value !== undefined) return { value, path: [...path, ...field] };
  }
  return { value: undefined, path: ["values", ...(own(legacyPaths, chart) ?? ["loki"]), ...field] };
}

/** Extracts the bucket from `s3://region/bucket` or `s3://key:secret@region/bucket`. */
function bucketOfUrl(url: Plain): Plain {
  if (typeof url !== "string") return url === UNKNOWN ? UNKNOWN : undefined;
  return /^s3:\/\/[^/]*\/([^/?]+)/.exec(url)?.[1];
}

/**
 * Returns the values key of the component that receives logs in the `loki` chart. The component depends
 * on the mode.
 */
export function lokiWritePath(values: Plain): "ingester" | "write" | "singleBinary" {
  const mode = String(at(values, "deploymentMode"));
  if (mode === "Distributed") return "ingester";
  return writePathModes.has(mode) ? "write" : "singleBinary";
}

const writePathModes = new Set([
  "SimpleScalable",
  "SimpleScalable<->Distributed",
  "SingleBinary<->SimpleScalable",
]);
