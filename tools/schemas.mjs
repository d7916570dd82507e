import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

/**
 * Writes JSON schemas of the Kubernetes kinds and of custom resources, for kubeconform. The schemas are
 * strict: unknown fields are errors.
 *
 * - `_definitions.json` contains every type of the Kubernetes OpenAPI.
 * - `KIND-GROUP-VERSION.json` contains one kind, such as `configmap-v1.json` or
 *   `prometheusrule-monitoring-v1.json`.
 *
 * @param {object} sources
 * @param {string} sources.openApi the file `swagger.json` of Kubernetes
 * @param {string} sources.crds a folder of CustomResourceDefinitions, in YAML
 * @param {string} folder the output folder
 */
export function writeSchemas({ openApi, crds }, folder) {
  mkdirSync(folder, { recursive: true });
  const write = (name, schema) =>
    writeFileSync(path.join(folder, name), JSON.stringify(schema), { flag: "wx" });

  const { definitions } = JSON.parse(readFileSync(openApi, "utf8"));
  write("_definitions.json", { definitions: mapValues(definitions, kubernetesType) });

  for (const [name, definition] of Object.entries(definitions)) {
    // A type with many kinds, such as DeleteOptions, is a request parameter rather than an object.
    const kinds = definition["x-kubernetes-group-version-kind"] ?? [];
    if (kinds.length === 1) write(fileName(kinds[0]), reference(name));
  }

  for (const file of readdirSync(crds)) {
    const { spec } = parse(readFileSync(path.join(crds, file), "utf8"));
    for (const { name: version, schema } of spec.versions) {
      const kind = { kind: spec.names.kind, group: spec.group, version };
      write(fileName(kind), customResource(schema.openAPIV3Schema));
    }
  }
}

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const intOrString = ["integer", "string"];

/** Returns the file name that kubeconform expects for a kind. */
function fileName({ kind, group, version }) {
  const firstOfGroup = group.split(".")[0];
  return [kind, firstOfGroup, version].filter(Boolean).join("-").toLowerCase() + ".json";
}

function reference(definition) {
  return { $ref: `_definitions.json#/definitions/${definition}` };
}

/**
 * Returns the schema of a type in the Kubernetes OpenAPI. For optional fields, the API server treats
 * null as "not set".
 */
function kubernetesType(definition, name) {
  if (name.endsWith(".resource.Quantity")) return { type: ["string", "number", "null"] };
  const { required = [], ...schema } = strict(definition);
  if (!schema.properties) return orNull(schema);
  const properties = mapValues(schema.properties, (property, key) =>
    required.includes(key) ? notNull(property) : orNull(property),
  );
  return orNull({ ...schema, properties, ...(required.length > 0 && { required }) });
}

function customResource(schema) {
  const { properties, ...rest } = strict(schema);
  return { ...rest, properties: { ...properties, metadata: reference(objectMeta) } };
}

/** Removes texts and extensions from a schema, and disallows unknown fields at all levels. */
function strict(schema) {
  const result = Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "description" && !key.startsWith("x-")),
  );
  const { properties, items, additionalProperties } = schema;
  if (items) result.items = strict(items);
  if (typeof additionalProperties === "object") {
    result.additionalProperties = strict(additionalProperties);
  }
  if (properties) {
    result.properties = mapValues(properties, strict);
    const open = schema["x-kubernetes-preserve-unknown-fields"];
    if (!open) result.additionalProperties ??= false;
  }
  if (schema["x-kubernetes-int-or-string"] || schema.format === "int-or-string") {
    result.type = intOrString;
  }
  return schema.nullable ? orNull(result) : result;
}

function orNull(schema) {
  return schema.type ? { ...schema, type: [schema.type, "null"].flat() } : schema;
}

function notNull(schema) {
  return schema.$ref ? { allOf: [schema], not: { type: "null" } } : schema;
}

function mapValues(object, change) {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}
