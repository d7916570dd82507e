/**
 * The form in which the Pulumi SDK hands property values to the engine: JSON, in which special
 * values are maps with a signature and everything not known yet is one distinguished string.
 */
export type WireValue =
  null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

export type WireObject = Record<string, WireValue>;

/** Path of a value inside a resource's inputs: `["stringData", "api-key"]`. */
export type ValuePath = (string | number)[];

/** What stands for a value that a first preview cannot know. */
export const UNKNOWN = "[unknown]";
/** What stands for a secret wherever people or files can see it. */
export const SECRET = "[secret]";

/** How the protocol writes a value that is not known yet. */
export const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** The values as a policy or a test wants to read them: secrets in plain text, unknowns as `[unknown]`. */
export function plainValues(properties: WireObject): Record<string, unknown> {
  return mapValues(properties, (secret) => plain(secret)) as Record<string, unknown>;
}

/** The values as anybody may see them: secrets as `[secret]`, unknowns as `[unknown]`. */
export function redactedValues(properties: WireObject): Record<string, unknown> {
  return mapValues(properties, () => SECRET) as Record<string, unknown>;
}

/** The values as the engine gives them to a policy: marked, except that references are ids. */
export function policyValues(properties: WireObject): WireObject {
  return withoutReferences(properties) as WireObject;
}

/** Paths of the values that are marked as secret. */
export function secretPaths(properties: WireObject): ValuePath[] {
  return pathsOf(properties, isSecret);
}

/** Paths of the values that a first preview cannot know. */
export function unknownPaths(properties: WireObject): ValuePath[] {
  return pathsOf(properties, (value) => value === UNKNOWN_ON_THE_WIRE);
}

function plain(value: WireValue): unknown {
  return mapValues(value, plain);
}

function mapValues(value: WireValue, ofSecret: (inner: WireValue) => unknown): unknown {
  if (value === UNKNOWN_ON_THE_WIRE) return UNKNOWN;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => mapValues(item, ofSecret));
  const signature = value[SIGNATURE_KEY];
  if (signature === SECRET_SIGNATURE) return ofSecret(value["value"] ?? null);
  if (signature === RESOURCE_SIGNATURE) return referenceOf(value);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key !== SIGNATURE_KEY) result[key] = mapValues(item, ofSecret);
  }
  return result;
}

/** What a provider sees of a resource passed as an input: its id, or the URN of a component. */
function referenceOf(reference: Record<string, WireValue>): unknown {
  const id = reference["id"];
  if (id === undefined) return reference["urn"];
  return id === "" || id === null || id === UNKNOWN_ON_THE_WIRE ? UNKNOWN : id;
}

function withoutReferences(value: WireValue): WireValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (value[SIGNATURE_KEY] === RESOURCE_SIGNATURE) {
    const reference = referenceOf(value);
    return reference === UNKNOWN ? UNKNOWN_ON_THE_WIRE : (reference as WireValue);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutReferences(item)]),
  );
}

function isSecret(value: WireValue): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    value[SIGNATURE_KEY] === SECRET_SIGNATURE
  );
}

function pathsOf(properties: WireObject, matches: (value: WireValue) => boolean): ValuePath[] {
  const found: ValuePath[] = [];
  const walk = (value: WireValue, path: ValuePath): void => {
    if (matches(value)) found.push(path);
    if (value === null || typeof value !== "object") return;
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    else if (isSecret(value)) walk(value["value"] ?? null, path);
    else for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  for (const [key, value] of Object.entries(properties)) walk(value, [key]);
  return found;
}
