/**
 * Property values in the format that the SDK sends to the engine. It is JSON, where a special value is a
 * map with a signature and an unknown value is a fixed string.
 */
export type WireValue =
  null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

export type WireObject = Record<string, WireValue>;

/** Placeholder for a value that is unknown in a first preview. */
export const UNKNOWN = "[unknown]";
/** Placeholder for a secret in all output. */
export const SECRET = "[secret]";

/** Wire format of an unknown value. */
export const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** Converts properties to plain values, with secrets in plain text and unknown values as `[unknown]`. */
export function plainValues(properties: WireObject): Record<string, unknown> {
  return plain(properties) as Record<string, unknown>;
}

/** Converts properties to plain values, with secrets as `[secret]` and unknown values as `[unknown]`. */
export function redactedValues(properties: WireObject): Record<string, unknown> {
  return mapValues(properties, () => SECRET) as Record<string, unknown>;
}

/**
 * Converts properties to the format that the engine sends to a policy pack, with IDs in place of
 * resource references.
 */
export function policyValues(properties: WireObject): WireObject {
  return withoutReferences(properties) as WireObject;
}

function plain(value: WireValue): unknown {
  return mapValues(value, plain);
}

function mapValues(value: WireValue, showSecret: (inner: WireValue) => unknown): unknown {
  if (value === UNKNOWN_ON_THE_WIRE) return UNKNOWN;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => mapValues(item, showSecret));
  const signature = value[SIGNATURE_KEY];
  if (signature === SECRET_SIGNATURE) return showSecret(value["value"] ?? null);
  if (signature === RESOURCE_SIGNATURE) return referenceOf(value);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key !== SIGNATURE_KEY) result[key] = mapValues(item, showSecret);
  }
  return result;
}

/** Returns the value of a resource reference: the resource's ID, or the URN of a component. */
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
