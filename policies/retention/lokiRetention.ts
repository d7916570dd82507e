import { Field, Finding, checkField, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { remediationOf } from "../engine/violation";
import { HelmChart, helmChart, isHelmType } from "../facts/helm";
import { mistypedFields } from "../facts/knownFields";
import { lokiCharts, lokiConfigs, lokiField, lokiWritePath } from "../facts/loki";
import { Path, Plain, at, formatPath, entriesAt, isText, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { SECONDS_PER_DAY, parseDuration } from "../shared/duration";
import { clamp, limits } from "../limits/limits";
import { own } from "../shared/own";

const { min, max, default: defaultDays } = limits.lokiRetentionDays;

const properties = {
  minDays: numberProperty(min, "Minimum number of days.", { minimum: 1 }),
  maxDays: numberProperty(max, "Maximum number of days.", { minimum: 1 }),
};
type Config = ConfigOf<typeof properties>;

export const lokiRetention = resourcePolicy({
  name: "loki-retention",
  description: "Loki deletes old logs, and its retention period is within bounds.",
  why: "A retention period alone deletes nothing: without the compactor's retention and its delete request store, Loki retains logs forever, and their cost only grows.",
  remediation: remediationOf({ path: "loki.retentionDays", value: defaultDays }),
  severity: "high",
  baseline: { defaults: { minDays: 1, maxDays: 400 } },
  config: properties,
  appliesTo: isHelmType,
  check,
  remediate: true,
});

function check(resource: Resource, config: Config): Finding[] {
  const chart = helmChart(resource);
  if (chart === undefined || !lokiCharts.has(chart.chart)) return [];
  if (at(chart.values, "loki", "enabled") === false) return [];
  const period = lokiField(chart, "limits_config", "retention_period");
  return [
    ...checkPeriod(period, config.minDays, config.maxDays),
    ...checkOverrides(chart, config),
    ...checkDeletion(chart),
    ...checkSchemas(chart, at(resource.props, "version")),
    ...checkSelectors(chart),
    ...checkStart(resource, chart),
    ...checkLookback(chart),
    ...checkCompactor(resource, chart),
    ...checkFields(chart),
    ...checkStore(chart),
  ];
}

/** Checks the retention periods of single streams and tenants. */
function checkOverrides(chart: HelmChart, { minDays, maxDays }: Config): Finding[] {
  const streams = lokiField(chart, "limits_config", "retention_stream");
  const tenants: Path = ["loki", "runtimeConfig", "overrides"];
  return [
    // Streams may be retained for less than `minDays`, but not for more than `maxDays`.
    ...listAt(streams.value).map((stream, index) => ({
      value: at(stream, "period"),
      path: [...streams.path, index, "period"],
      least: 1,
    })),
    ...entriesAt(chart.values, ...tenants)
      .map(([tenant, limits]) => ({
        value: at(limits, "retention_period"),
        path: ["values", ...tenants, tenant, "retention_period"],
        least: minDays,
      }))
      .filter(({ value }) => value !== undefined),
  ]
    .flatMap(({ least, ...field }) => checkPeriod(field, least, maxDays))
    .map((finding) => ({ ...finding, set: undefined }));
}

/** Checks that the selectors of single streams are valid. */
function checkSelectors(chart: HelmChart): Finding[] {
  const streams = lokiField(chart, "limits_config", "retention_stream");
  return listAt(streams.value).flatMap((stream, index) =>
    checkField(
      { path: [...streams.path, index, "selector"], value: at(stream, "selector") },
      (selector) =>
        isText(selector) && /^\s*\{.*\}\s*$/s.test(selector)
          ? undefined
          : {
              problem: "a stream selector is invalid, so Loki does not start",
              bound: "matchers in braces",
              fix: "write '{namespace=\"audit\"}'",
            },
    ),
  );
}

/** Checks that the compactor deletes logs after their retention. */
function checkDeletion(chart: HelmChart): Finding[] {
  const enabled = lokiField(chart, "compactor", "retention_enabled");
  return checkField(enabled, (value) =>
    value === true
      ? undefined
      : {
          problem: "the compactor's retention is disabled, so Loki never deletes logs",
          bound: "true",
          fix: `set ${formatPath(enabled.path)}: true`,
          set: true,
        },
  );
}

/** Checks that the compactor has a store for its delete requests. */
function checkStore(chart: HelmChart): Finding[] {
  const store = lokiField(chart, "compactor", "delete_request_store");
  return checkField(store, (value) =>
    isText(value) && value.trim() !== ""
      ? undefined
      : {
          problem:
            "delete_request_store is not set, but retention requires it, so Loki does not start",
          bound: "the object store that holds the logs",
          fix: `set ${formatPath(store.path)}: ${objectStore(chart) ?? "s3"}`,
          set: objectStore(chart),
        },
  );
}

/**
 * Checks that a compactor runs, because it deletes the logs. By default, the chart does not run a
 * separate one.
 */
function checkCompactor(resource: Resource, { chart, values }: HelmChart): Finding[] {
  if (chart !== "loki") return [];
  const part = { ingester: "compactor", write: "backend", singleBinary: undefined }[
    lokiWritePath(values)
  ];
  if (part === undefined) return [];
  return checkValue(resource, ["values", part, "replicas"], (replicas) =>
    Number(replicas ?? (part === "compactor" ? 0 : 3)) > 0
      ? undefined
      : {
          problem: `no compactor runs, so Loki never deletes logs`,
          bound: "one replica",
          fix: `set values.${part}.replicas: 1`,
          set: 1,
        },
  );
}

/** Reports misspelled limits and compactor settings, because Loki does not start with them. */
function checkFields({ values }: HelmChart): Finding[] {
  return lokiConfigs(values).flatMap(({ path, config }) =>
    ["limits_config", "compactor"].flatMap((section) => [
      ...mistypedFields(section, at(config, section)).map(({ key, suggestion }) => ({
        path: [...path, section, key],
        problem: "Loki does not have this field, so it does not start",
        bound: suggestion,
        fix: `write ${suggestion} instead of ${key}`,
      })),
      ...entriesAt(config, section)
        .filter(([key]) => removedFields.has(key))
        .map(([key]) => ({
          path: [...path, section, key],
          problem: "Loki 3 no longer has this field, so it does not start",
          bound: "the fields of Loki 3",
          fix: `remove ${key}`,
        })),
    ]),
  );
}

/** Loki 2 fields in these sections that have no similarly named field in Loki 3. */
export const removedFields = new Set([
  "enforce_metric_name",
  "ruler_evaluation_delay_duration",
  "shared_store",
]);

/** Checks that a schema is in effect today and that it is suitable for production. */
function checkStart(resource: Resource, chart: HelmChart): Finding[] {
  const list = lokiField(chart, "schemaConfig", "configs");
  const first = { path: [...list.path, 0, "from"], value: at(listAt(list.value)[0], "from") };
  const isTest: Path = ["values", "loki", "useTestSchema"];
  return [
    ...checkField(first, (from) =>
      isText(from) && Date.parse(from) > Date.now() + 2 * SECONDS_PER_DAY * 1000
        ? {
            problem: "no schema is in effect yet, so Loki does not start",
            bound: "a first schema with a date in the past",
            fix: "set from of the first schema to a date before the first logs",
          }
        : undefined,
    ),
    ...checkValue(resource, isTest, (value) =>
      value === true
        ? {
            problem: "the schema is the chart's test schema, which may change with the chart",
            bound: "a schema of your own in loki.schemaConfig",
            fix: "remove loki.useTestSchema, and set loki.schemaConfig.configs",
          }
        : undefined,
    ),
  ];
}

/** Checks that queries reach the oldest logs. 0 means no limit. */
function checkLookback(chart: HelmChart): Finding[] {
  const lookback = lokiField(chart, "limits_config", "max_query_lookback");
  const retention = daysOf(lokiField(chart, "limits_config", "retention_period").value) ?? 0;
  return checkField(lookback, (value) => {
    const days = daysOf(value) ?? 0;
    return days > 0 && days < retention
      ? {
          problem: "queries cannot read the oldest logs, although Loki retains them",
          bound: `0, or at least ${retention} days`,
          fix: "remove max_query_lookback, or shorten retention_period",
        }
      : undefined;
  });
}

/** Object stores with two names. */
const storeNames: Record<string, string> = { aws: "s3", google: "gcs" };

/** Values that the last schema must have for structured metadata, which Loki 3 stores by default. */
const presentSchema = [
  ["store", "tsdb"],
  ["schema", "v13"],
] as const;

/** Checks that the schemas are in order, and that Loki can start with the last one. */
function checkSchemas(chart: HelmChart, version: Plain): Finding[] {
  const { path, value } = lokiField(chart, "schemaConfig", "configs");
  const schemas = listAt(value);
  const lastField = (...keys: string[]): Field => ({
    path: [...path, schemas.length - 1, ...keys],
    value: at(schemas.at(-1), ...keys),
  });
  const structured = lokiField(chart, "limits_config", "allow_structured_metadata");
  const isLokiThree = chart.chart === "loki" && Number.parseInt(String(version), 10) >= 6;
  const required = isLokiThree && structured.value !== false ? presentSchema : [];
  return [
    ...checkOrder(schemas, path),
    ...required.flatMap(([key, expected]) =>
      checkField(lastField(key), (actual) =>
        !isText(actual) || actual === expected
          ? undefined
          : {
              problem:
                "Loki 3 does not start with this schema, because the schema does not support structured metadata",
              bound: expected,
              fix: `add a schema with ${key}: ${expected} and a date in the future, and set loki.limits_config.allow_structured_metadata: false until then`,
            },
      ),
    ),
    ...checkObjectStore(chart, lastField("object_store")),
    ...checkIndexPeriod(lastField("index", "period")),
  ];
}

function checkOrder(schemas: Plain[], path: Path): Finding[] {
  const dates = schemas.map((schema) => textAt(schema, "from") ?? "");
  const disordered = dates.findIndex(
    (date, index) => index > 0 && date <= (dates[index - 1] ?? ""),
  );
  if (disordered < 0 || dates.includes("")) return [];
  return [
    {
      path: [...path, disordered, "from"],
      problem: "a schema starts before the one above it, so Loki does not start",
      bound: "dates in ascending order",
      fix: "add a new schema at the end, with a date in the future",
    },
  ];
}

/** Checks that a schema uses the release's storage. */
function checkObjectStore(chart: HelmChart, field: Field): Finding[] {
  const storage = textAt(chart.values, "loki", "storage", "type");
  const isSame = (store: string) => (own(storeNames, store) ?? store) === storage;
  return checkField(field, (store) =>
    !isText(store) || storage === undefined || isSame(store)
      ? undefined
      : {
          problem: "the schema writes logs to a different store than the release's storage",
          found: undefined,
          bound: "the type of loki.storage",
          fix: `set ${formatPath(field.path)} to loki.storage.type`,
        },
  );
}

/** Checks that a schema has the index period that retention requires. */
function checkIndexPeriod(field: Field): Finding[] {
  return checkField(field, (period) =>
    period === undefined || daysOf(period) === 1
      ? undefined
      : {
          problem: "the index period is not 24h, but retention requires it, so Loki does not start",
          bound: "24h",
          fix: `set ${formatPath(field.path)}: 24h in a new schema`,
        },
  );
}

function checkPeriod(field: Field, minDays: number, maxDays: number): Finding[] {
  return checkField(field, (value) => {
    const days = daysOf(value);
    const problem = problemWith(value, days, minDays, maxDays);
    if (problem === undefined) return undefined;
    const nearest = Math.floor(clamp(Math.ceil(days || defaultDays), Math.ceil(minDays), maxDays));
    return {
      problem,
      bound: `${minDays} to ${maxDays} days, in whole days`,
      setting: { path: "loki.retentionDays", value: nearest },
      fix: `set ${formatPath(field.path)}: "${nearest * 24}h"`,
      set: `${nearest * 24}h`,
    };
  });
}

function problemWith(
  value: Plain,
  days: number | undefined,
  minDays: number,
  maxDays: number,
): string | undefined {
  if (value === undefined || value === "") {
    return "retention_period is not set, so Loki retains logs forever (an unknown value counts as not set)";
  }
  if (days === undefined) {
    return 'retention_period is not a duration that Loki accepts, such as "360h"';
  }
  if (days === 0) return "retention_period is 0, so Loki retains logs forever";
  if (days < minDays) return `retention_period is shorter than ${minDays} days`;
  if (days > maxDays) return `retention_period is longer than ${maxDays} days`;
  return Number.isInteger(days)
    ? undefined
    : "retention_period is not a multiple of 24h, the period of the index";
}

/**
 * Converts a duration to days; undefined if it is not a duration. Loki also accepts a bare 0, as a
 * number or a string.
 */
function daysOf(value: Plain): number | undefined {
  const seconds = value === 0 ? 0 : parseDuration(value);
  return seconds === undefined ? undefined : seconds / SECONDS_PER_DAY;
}

const objectStores = new Set([
  ...["s3", "aws", "gcs", "azure", "swift", "filesystem"],
  ...["bos", "cos", "alibabacloud"],
]);

/** Returns the object store for logs: the last schema's or, without one, the chart's storage type. */
function objectStore(chart: HelmChart): string | undefined {
  const schemas = [
    ["loki", "schemaConfig", "configs"],
    ["loki", "config", "schema_config", "configs"],
  ];
  const last = schemas.flatMap((path) => listAt(chart.values, ...path)).at(-1);
  const store = textAt(last, "object_store") ?? textAt(chart.values, "loki", "storage", "type");
  // Any other string could be a secret, so it must not appear in a message.
  return store !== undefined && objectStores.has(store) ? store : undefined;
}
