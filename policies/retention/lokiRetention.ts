import { SECONDS_PER_DAY, parseDuration } from "../shared/duration";
import { HelmChart, helmChart, isHelmType } from "../facts/helm";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  listAt,
  setAt,
  textAt,
} from "../facts/plain";
import { lokiCharts, lokiConfigPaths } from "../facts/loki";
import { Resource } from "../facts/resource";
import { readConfig } from "../facts/yaml";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation, configSet, shown } from "../engine/violation";

export interface LokiRetentionConfig {
  minDays: number;
  maxDays: number;
}

const { min, max } = limits.lokiRetentionDays;

export const lokiRetention: ResourcePolicy<LokiRetentionConfig> = {
  scope: "resource",
  name: "loki-retention",
  description: "Loki deletes its logs after a number of days within bounds.",
  why: "A retention period alone deletes nothing: without the compactor's retention and its delete request store, logs stay for ever, and so does their bill.",
  remediation: configSet("loki.retentionDays", limits.lokiRetentionDays.default),
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    minDays: { type: "number", minimum: 1, default: min, description: "Fewest days." },
    maxDays: { type: "number", minimum: 1, default: max, description: "Most days." },
  },
  appliesTo: isHelmType,
  judge,
  remediate,
};

/** A field of Loki's configuration with its place among the values. */
interface Field {
  value: Plain;
  path: Path;
}

function fieldOf({ chart, values }: HelmChart, ...field: Path): Field {
  for (const source of lokiConfigPaths) {
    const config = readConfig(at(values, ...source));
    if (config === UNKNOWN) return { value: UNKNOWN, path: ["values", ...source] };
    const value = at(config, ...field);
    if (value !== undefined && value !== null)
      return { value, path: ["values", ...source, ...field] };
  }
  return { value: undefined, path: ["values", ...(ownSource[chart] ?? ["loki"]), ...field] };
}

/** Where the older charts take what the chart `loki` has under `loki`. */
const ownSource: Record<string, Path> = {
  "loki-stack": ["loki", "config"],
  "loki-distributed": ["loki", "structuredConfig"],
};

function judge(resource: Resource, config: LokiRetentionConfig): Verdict {
  const chart = helmChart(resource);
  if (chart === undefined || !lokiCharts.has(chart.chart)) return holds;
  if (at(chart.values, "loki", "enabled") === false) return holds;
  const checks = [
    period(chart, config),
    ...streams(chart, config),
    ...tenants(chart, config),
    deletion(chart),
    deleteRequestStore(chart),
  ];
  const what = `release "${chart.release}" (${chart.chart})`;
  return {
    violations: checks.flatMap(({ violation, field }) =>
      violation === undefined
        ? []
        : [{ ...violation, where: `${what}, ${formatPath(field.path)}` }],
    ),
    unknown: checks.find(({ field }) => field.value === UNKNOWN)?.field,
  };
}

interface Check {
  field: Field;
  violation?: Omit<Violation, "where"> | undefined;
}

function period(chart: HelmChart, config: LokiRetentionConfig): Check {
  const field = fieldOf(chart, "limits_config", "retention_period");
  return periodCheck(field, config.minDays, config.maxDays);
}

function periodCheck(field: Field, minDays: number, maxDays: number): Check {
  const { value } = field;
  if (value === UNKNOWN) return { field };
  const seconds = secondsOf(value);
  const days = seconds === undefined ? undefined : seconds / SECONDS_PER_DAY;
  const problem = problemWith(value, days, minDays, maxDays);
  if (problem === undefined) return { field };
  return {
    field,
    violation: {
      problem,
      found: shown(value),
      bound: `${minDays} to ${maxDays} days, in whole days`,
      fix: `${configSet("loki.retentionDays", suggestedDays(days, minDays, maxDays))}, or ${field.path.at(-1)}: "${suggestedDays(days, minDays, maxDays) * 24}h" in the values`,
    },
  };
}

function problemWith(
  value: Plain,
  days: number | undefined,
  minDays: number,
  maxDays: number,
): string | undefined {
  if (value === undefined || value === "") {
    return "retention_period is not set, so logs are kept for ever (a value that a preview cannot know yet counts as not set)";
  }
  if (days === undefined)
    return 'retention_period is not a duration that Loki reads, such as "360h"';
  if (days === 0) return "retention_period is 0, which keeps logs for ever";
  if (days < minDays) return `retention_period is shorter than ${minDays} days`;
  if (days > maxDays) return `retention_period is longer than ${maxDays} days`;
  if (!Number.isInteger(days))
    return "retention_period is not a multiple of 24h, the period of the index";
  return undefined;
}

/** Loki reads a bare `0` too, whether YAML has it as a number or as a text. */
function secondsOf(value: Plain): number | undefined {
  return typeof value === "string" || value === 0 ? parseDuration(String(value)) : undefined;
}

function suggestedDays(days: number | undefined, minDays: number, maxDays: number): number {
  const wanted = days === undefined || days === 0 ? limits.lokiRetentionDays.default : days;
  return Math.floor(Math.min(Math.max(Math.ceil(wanted), Math.ceil(minDays)), maxDays));
}

/** Streams may be kept shorter, never longer. */
function streams(chart: HelmChart, { maxDays }: LokiRetentionConfig): Check[] {
  const list = fieldOf(chart, "limits_config", "retention_stream");
  return listAt(list.value).map((stream, index) => {
    const path = [...list.path, index, "period"];
    return periodCheck({ value: at(stream, "period"), path }, 1, maxDays);
  });
}

function tenants(chart: HelmChart, config: LokiRetentionConfig): Check[] {
  const base: Path = ["loki", "runtimeConfig", "overrides"];
  return entriesAt(chart.values, ...base)
    .filter(([, overrides]) => at(overrides, "retention_period") !== undefined)
    .map(([tenant, overrides]) => {
      const path = ["values", ...base, tenant, "retention_period"];
      return periodCheck(
        { value: at(overrides, "retention_period"), path },
        config.minDays,
        config.maxDays,
      );
    });
}

function deletion(chart: HelmChart): Check {
  const field = fieldOf(chart, "compactor", "retention_enabled");
  if (field.value === true || field.value === UNKNOWN) return { field };
  return {
    field,
    violation: {
      problem: "the compactor's retention is off, so nothing is ever deleted",
      found: shown(field.value),
      bound: "true",
      fix: "set loki.compactor.retention_enabled: true in the values",
    },
  };
}

function deleteRequestStore(chart: HelmChart): Check {
  const field = fieldOf(chart, "compactor", "delete_request_store");
  if (field.value === UNKNOWN) return { field };
  if (typeof field.value === "string" && field.value.trim() !== "") return { field };
  return {
    field,
    violation: {
      problem:
        "delete_request_store is not set: Loki does not start with retention on and no store for it",
      found: shown(field.value),
      bound: "the object store of the logs",
      fix: `set loki.compactor.delete_request_store: ${objectStore(chart) ?? "s3"} in the values`,
    },
  };
}

const stores = new Set([
  ...["s3", "aws", "gcs", "azure", "swift", "filesystem"],
  ...["bos", "cos", "alibabacloud"],
]);

/** The store that the logs are in, by the chart's storage type or the last schema. */
function objectStore(chart: HelmChart): string | undefined {
  const type = textAt(chart.values, "loki", "storage", "type");
  const schemas = [
    ["loki", "schemaConfig", "configs"],
    ["loki", "config", "schema_config", "configs"],
  ];
  const last = schemas.flatMap((path) => listAt(chart.values, ...path)).at(-1);
  const store = textAt(last, "object_store") ?? type;
  // Into a message and into `delete_request_store` goes a store that Loki has, and no other text.
  return store !== undefined && stores.has(store) ? store : undefined;
}

function remediate(resource: Resource, props: PlainMap, config: LokiRetentionConfig): boolean {
  const chart = helmChart(resource);
  if (chart === undefined || judge(resource, config).violations.length === 0) return false;
  const field = fieldOf(chart, "limits_config", "retention_period");
  let changed = false;
  if (period(chart, config).violation !== undefined) {
    const seconds = secondsOf(field.value);
    const days = seconds === undefined ? undefined : seconds / SECONDS_PER_DAY;
    const hours = suggestedDays(days, config.minDays, config.maxDays) * 24;
    changed = setAt(props, field.path, `${hours}h`) || changed;
  }
  const enabled = deletion(chart);
  if (enabled.violation !== undefined) changed = setAt(props, enabled.field.path, true) || changed;
  const store = deleteRequestStore(chart);
  const wanted = objectStore(chart);
  if (store.violation !== undefined && wanted !== undefined) {
    changed = setAt(props, store.field.path, wanted) || changed;
  }
  return changed;
}
