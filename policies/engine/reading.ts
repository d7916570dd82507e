import { PendingText, Plain, PlainMap, UNKNOWN, plain, plainProperty } from "../facts/plain";

interface Reading {
  props: PlainMap;
  pending: PendingText[];
}

/**
 * Cached properties, by the object that the SDK creates for each message. If the caller passes the same
 * object to every policy of a pack, as the preview does, each resource is read once instead of once per
 * policy.
 */
const readings = new WeakMap<object, Reading>();

/** Returns a resource's properties as plain data. Callers must not modify them. */
export function readProperties(props: object): PlainMap {
  return reading(props).props;
}

/**
 * Adds the texts of assets to the properties. Assets can only be read asynchronously. Returns undefined
 * if there are none, which is the most common case.
 */
export function loadTexts(props: object): Promise<void> | undefined {
  try {
    const known = reading(props);
    return known.pending.length === 0 ? undefined : load(known);
  } catch {
    // The policy that reads the properties reports the failure.
    return undefined;
  }
}

/** Returns a copy of a resource's properties as plain data, which the caller may modify. */
export async function copyProperties(props: object): Promise<PlainMap> {
  const copy = read(props);
  await load(copy);
  return copy.props;
}

/** Returns one property as plain data. */
export function readProperty(props: object, key: string): Plain {
  const target = targetOf(props) ?? props;
  const known = readings.get(target);
  return known === undefined ? plainProperty(target, key) : known.props[key];
}

function reading(props: object): Reading {
  const target = targetOf(props) ?? props;
  const known = readings.get(target);
  if (known !== undefined) return known;
  const reading = read(target);
  readings.set(target, reading);
  return reading;
}

function read(props: object): Reading {
  const pending: PendingText[] = [];
  return { props: plain(props, pending) as PlainMap, pending };
}

async function load(reading: Reading): Promise<void> {
  for (const { map, key, text } of reading.pending) {
    map[key] = await text.catch(() => UNKNOWN);
  }
  reading.pending = [];
}

/** Returns the object behind the SDK's proxy, which wraps the properties separately for each policy. */
function targetOf(props: object): object | undefined {
  return (props as { __getSpecialProxyTarget?: object }).__getSpecialProxyTarget;
}
