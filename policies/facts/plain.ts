import { isMap } from "../shared/isMap";
import { own } from "../shared/own";
import { Path, formatPath } from "../shared/path";

export { type Path, formatPath, isMap };

/** Placeholder for an unknown value, such as an ARN during the first preview. */
export const UNKNOWN = Symbol("unknown");

/** Plain data: JSON values and {@link UNKNOWN}. */
export type Plain = unknown;
export type PlainMap = Record<string, unknown>;

/** Pulumi's wire-protocol placeholders for unknown values, one per type. */
const unknownTexts = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Converts a resource's properties to plain data: unknown values become {@link UNKNOWN}, and secrets
 * become plain values, whether they come from the engine, mocks or a test. Reads each key separately,
 * because the SDK throws if a policy reads an unknown value, and then reports that the whole policy
 * can't run.
 */
export function plain(value: unknown, pending: PendingText[] = []): Plain {
  if (typeof value === "string") return unknownTexts.has(value) ? UNKNOWN : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return Array.from({ length: value.length }, (_, index) => plainAt(value, index, pending));
  }
  const keys = Object.keys(value);
  if (keys.includes("__pulumiUnknown")) return UNKNOWN;
  if (keys.includes(SIGNATURE) && plainAt(value, SIGNATURE, pending) === SECRET_SIGNATURE) {
    return plainAt(value, "value", pending);
  }
  const copy: PlainMap = {};
  for (const key of keys) {
    const item = plainAt(value, key, pending);
    if (item instanceof Promise) pending.push({ map: copy, key, text: item });
    setOwn(copy, key, item instanceof Promise ? undefined : item);
  }
  return copy;
}

/**
 * Sets a key of a map. Defines `__proto__` as a property, because assigning to it would change the map's
 * prototype.
 */
export function setOwn(map: PlainMap, key: string, value: unknown): void {
  if (key !== "__proto__") map[key] = value;
  else
    Object.defineProperty(map, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
}

/** The content of an asset, which the SDK provides as a promise. */
export interface PendingText {
  map: PlainMap;
  key: string;
  text: Promise<unknown>;
}

/** Copies one property of a resource. */
export function plainProperty(props: object, key: string): Plain {
  return Object.hasOwn(props, key) ? plainAt(props, key, []) : undefined;
}

function plainAt(container: object, key: string | number, pending: PendingText[]): Plain {
  let value: unknown;
  try {
    value = (container as Record<string | number, unknown>)[key];
  } catch (error) {
    if (isUnknownValueError(error)) return UNKNOWN;
    throw error;
  }
  return value instanceof Promise ? unproxied(value) : plain(value, pending);
}

/** Returns the promise behind the SDK's proxy. The proxy itself cannot be awaited. */
function unproxied(promise: Promise<unknown>): Promise<unknown> {
  const { __getSpecialProxyTarget: target } = promise as { __getSpecialProxyTarget?: unknown };
  return target instanceof Promise ? unproxied(target) : promise;
}

/** Whether a list contains only one item, and it is this text. */
export function isOnly(list: readonly Plain[], text: string): boolean {
  return list.length === 1 && list[0] === text;
}

/**
 * Whether the SDK threw this error because a value is unknown. The SDK does not export the error's
 * class.
 */
export function isUnknownValueError(error: unknown): boolean {
  return typeof error === "object" && error !== null && "unknownTypeSentinel" in error;
}

/**
 * Returns the value at a path of plain data: undefined if it is absent, {@link UNKNOWN} if it or a
 * parent is unknown.
 */
export function at(value: Plain, ...path: Path): Plain {
  let current = value;
  for (const key of path) {
    if (current === UNKNOWN) return UNKNOWN;
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) {
      return undefined;
    }
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

/** Returns the list at a path; empty if the value is not a list. */
export function listAt(value: Plain, ...path: Path): Plain[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

/** Returns the map at a path; empty if the value is not a map. */
export function mapAt(value: Plain, ...path: Path): PlainMap {
  const map = at(value, ...path);
  return isMap(map) ? map : {};
}

/** Returns the entries of the map at a path; empty if the value is not a map. */
export function entriesAt(value: Plain, ...path: Path): [string, Plain][] {
  return Object.entries(mapAt(value, ...path));
}

/**
 * Returns the items of the list at a path with their indexes, or the entries of the map; empty for other
 * values.
 */
export function itemsAt(value: Plain, ...path: Path): [key: string | number, item: Plain][] {
  const items = at(value, ...path);
  return Array.isArray(items) ? [...items.entries()] : entriesAt(items);
}

/** Returns the string at a path; undefined if the value is not a string. */
export function textAt(value: Plain, ...path: Path): string | undefined {
  const text = at(value, ...path);
  return isText(text) ? text : undefined;
}

/** Returns the entries of a map whose values are strings. */
export function textsAt(value: Plain, ...path: Path): [string, string][] {
  return entriesAt(value, ...path).filter((entry): entry is [string, string] => isText(entry[1]));
}

export function isText(value: Plain): value is string {
  return typeof value === "string";
}

/** Whether a value is neither undefined nor null. Unknown values are present. */
export function isPresent(value: Plain): boolean {
  return value !== undefined && value !== null;
}

/** Whether a value is present and not an empty string. */
export function isSet(value: Plain): boolean {
  return isPresent(value) && value !== "";
}

/** Whether a value contains an unknown value at any depth. */
export function hasUnknown(value: Plain): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasUnknown);
}

/**
 * Sets a value in a resource's properties, creating missing maps. Modifies the properties in place, so
 * other values stay secret or unknown. Returns false if a parent is not a map.
 */
export function setAt(props: PlainMap, path: Path, value: unknown): boolean {
  let current = props;
  for (const key of path.slice(0, -1)) {
    const name = String(key);
    if (!isPresent(own(current, name))) setOwn(current, name, {});
    const next = own(current, name);
    if (typeof next !== "object" || next === null) return false;
    current = next as PlainMap;
  }
  setOwn(current, String(path.at(-1)), value);
  return true;
}
