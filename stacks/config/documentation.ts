import { z } from "zod";
import { serviceSchema } from "../../components/services/settings/settings";
import { alertSchema } from "../../components/services/settings/thresholdSettings";
import { secretsOf, type Secret } from "../../components/secrets/secrets";
import { presets } from "../presets/presets";
import { keyOfArgument } from "./argumentKeys";
import { costSchema } from "./cost";
import { partSchemas } from "./readPart";
import { configurationSchema, placedServiceSchema, teamSchema } from "./schema";

// Generates the tables in docs/configuration.md from the settings schemas.

/** A row of a table. */
export interface Row {
  key: string;
  value: string;
  default: string;
  meaning: string;
}

/** The subset of JSON Schema that the settings schemas convert to. */
interface JsonSchema {
  type?: string;
  format?: string;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  default?: unknown;
  defaultText?: string;
  description?: string;
}

const { receivers } = partSchemas.slack.shape;
const { cluster, namespaces, storage, placement, existingPrometheus } = configurationSchema.shape;
const { environment, environmentName, labels, imageRegistry, networkPolicies, runbookBaseUrl } =
  configurationSchema.shape;

/** Returns the rows of each table, keyed by the table's name in the page. */
export function configurationRows(): Record<string, Row[]> {
  return {
    environment: rowsOfObject(
      "",
      z.object({
        environment,
        environmentName,
        labels,
        imageRegistry,
        networkPolicies,
        runbookBaseUrl,
      }),
    ),
    cluster: rowsOfObject("", z.object({ cluster, namespaces, storage, placement })),
    existingPrometheus: rowsOfObject("", z.object({ existingPrometheus })),
    prometheus: [
      ...rowsOfPart("prometheus"),
      ...rowsOfPart("alertmanager"),
      ...rowsOfPart("grafana"),
    ],
    loki: rowsOfPart("loki"),
    datadog: [
      ...secretsOf("datadog").map(rowOfSecret),
      ...rowsOfPart("datadog"),
      ...rowsOfPart("datadogMonitors"),
    ],
    slack: [
      ...secretsOf("slack").map(rowOfSecret),
      ...rowsOfPart("slack"),
      ...rowsOfObject("", z.object({ receivers })),
    ],
    alerts: rowsOfObject("alerts.", alertSchema),
    services: [
      ...rowsOfObject("services[].", serviceSchema.extend(placedServiceSchema.shape)),
      ...rowsOfObject("teams.<team>.", teamSchema).filter(({ key }) => !/(slo|alerts)\./.test(key)),
    ].filter(({ key }) => !isThresholdOverride(key)),
    cost: rowsOfObject("cost.", costSchema),
  };
}

/** Fills in a page's tables, between the markers `<!-- table: name -->` and `<!-- end -->`. */
export function withTables(page: string): string {
  const tables = configurationRows();
  return page.replace(/(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g, (_all, start, name, end) => {
    const rows = tables[String(name)];
    if (rows === undefined) throw new Error(`no table is named ${name}`);
    return `${start}\n${markdownTable(rows)}\n\n${end}`;
  });
}

function markdownTable(rows: Row[]): string {
  const cells = rows.map(({ key, value, default: fallback, meaning }) => [
    `\`monitoring:${key}\``,
    value,
    fallback,
    meaning,
  ]);
  return [["key", "value", "default", "meaning"], ["---", "---", "---", "---"], ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function rowsOfPart(part: keyof typeof partSchemas): Row[] {
  return rowsOfObject(`${part}.`, partSchemas[part], presetValues(part)).filter(
    ({ key }) => keyOfArgument(part, key.split(/[.[]/)[1]) === undefined,
  );
}

function rowsOfObject(prefix: string, schema: z.ZodType, presets?: Presets): Row[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return rowsOfFields(prefix, json, presets);
}

type Presets = Record<string, Record<string, unknown>>;

function presetValues(part: string): Presets {
  const values = (preset: object) => (preset as Presets)[part] ?? {};
  return Object.fromEntries(
    Object.entries(presets).map(([name, preset]) => [name, values(preset)]),
  );
}

function rowsOfFields(
  prefix: string,
  { properties = {}, required = [] }: JsonSchema,
  presets: Presets = {},
): Row[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const key = `${prefix}${name}`;
    const row: Row = {
      key,
      value: valueOf(field),
      default: defaultOf(name, field, required.includes(name), presets),
      meaning: field.description ?? "",
    };
    const fields = [
      ...rowsOfFields(`${key}.`, field),
      ...rowsOfFields(`${key}[].`, field.items ?? {}),
      ...rowsOfFields(`${key}.<name>.`, (field.additionalProperties || {}) as JsonSchema),
    ];
    return row.meaning === "" && fields.length > 0 ? fields : [row, ...fields];
  });
}

/**
 * Whether a key overrides a threshold for one service. The table of alert settings describes
 * thresholds.
 */
function isThresholdOverride(key: string): boolean {
  const name = /^services\[\]\.alerts\.(\w+)/.exec(key)?.[1];
  return name !== undefined && name in alertSchema.shape;
}

function rowOfSecret({ key, part, optional, replacedBy, mapBy, description }: Secret): Row {
  const alternatives = [replacedBy, `${part}.existingSecret`].filter((name) => name !== undefined);
  return {
    key,
    value: mapBy ? "map of secrets" : "secret",
    default: optional
      ? "none"
      : `required, unless ${alternatives.map((name) => `\`${name}\``).join(" or ")} is set`,
    meaning: description,
  };
}

function valueOf({ type, format, enum: values, anyOf, items, ...bounds }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (anyOf?.[0] !== undefined) return valueOf(anyOf[0]);
  if (type === "array") {
    const item = valueOf(items ?? {});
    return item.startsWith("`") ? `list of ${item}` : `list of ${item}s`;
  }
  if (type === "object") return "map";
  if (type === "string") return format === "uri" ? "URL" : "string";
  if (type !== "number" && type !== "integer") return type ?? "";
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = bounds;
  const limits = [
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    minimum !== undefined && `at least ${minimum}`,
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
    maximum !== undefined && `at most ${maximum}`,
  ];
  return [type === "integer" ? "whole number" : "number", ...limits.filter(Boolean)].join(", ");
}

function defaultOf(
  name: string,
  { default: value, defaultText }: JsonSchema,
  isRequired: boolean,
  presets: Presets,
): string {
  if (defaultText !== undefined) return defaultText;
  const overrides = Object.entries(presets).filter(
    ([, values]) => values[name] !== undefined && values[name] !== value,
  );
  return [
    isRequired ? "required" : formatDefault(value),
    ...overrides.map(([preset, values]) => `\`${preset}\`: ${formatDefault(values[name])}`),
  ].join("; ");
}

function formatDefault(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatDefault).join(", ") || "none";
  if (typeof value === "object" && value !== null) {
    return "id" in value ? formatDefault(value.id) : "none";
  }
  if (value === undefined || value === "") return "none";
  return typeof value === "string" ? `\`${value}\`` : JSON.stringify(value);
}
