import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

/**
 * JSON schemas, as kubeconform reads them, of the kinds of Kubernetes and of custom resources.
 * They are strict: a field that the API does not know is an error.
 *
 * - `_definitions.json`: every type of the Kubernetes OpenAPI
 * - `KIND-GROUP-VERSION.json` (`configmap-v1.json`, `prometheusrule-monitoring-v1.json`): per kind
 *
 * @param {object} sources
 * @param {string} sources.openApi the file `swagger.json` of Kubernetes
 * @param {string} sources.crds a folder of CustomResourceDefinitions, YAML
 * @param {string} folder where the schemas go
 */
export function writeSchemas({ openApi, crds }, folder) {
  mkdirSync(folder, { recursive: true });
  const write = (name, schema) =>
    writeFileSync(path.join(folder, name), JSON.stringify(schema), { flag: "wx" });

  const { definitions } = JSON.parse(readFileSync(openApi, "utf8"));
  write("_definitions.json", { definitions: mapValues(definitions, kubernetesType) });

  for (const [name, definition] of Object.entries(definitions)) {
    // A type with many kinds (DeleteOptions) is a parameter of requests, not an object.
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

/** The name under which kubeconform looks for a kind. */
function fileName({ kind, group, version }) {
  const firstOfGroup = group.split(".")[0];
  return [kind, firstOfGroup, version].filter(Boolean).join("-").toLowerCase() + ".json";
}

function reference(definition) {
  return { $ref: `_definitions.json#/definitions/${definition}` };
}

/** A type of the Kubernetes OpenAPI. The API server treats null as "not set" for optional fields. */
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

/** The schema without texts and extensions, closed to unknown fields, as is all within it. */
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
