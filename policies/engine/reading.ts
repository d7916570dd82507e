import { PendingText, Plain, PlainMap, UNKNOWN, plain, plainProperty } from "../facts/plain";

interface Reading {
  props: PlainMap;
  pending: PendingText[];
}

/**
 * Results by the object that the SDK created from a message. If a driver passes the same object to
 * every policy of a pack, as the preview does, each resource is read once instead of once per policy.
 */
const readings = new WeakMap<object, Reading>();

/** The properties of a resource as plain data. Do not change them. */
export function readProperties(props: object): PlainMap {
  return reading(props).props;
}

/**
 * Completes the properties with the texts of assets, which can only be read asynchronously.
 * Undefined if there are none, as in most resources.
 */
export function loadTexts(props: object): Promise<void> | undefined {
  try {
    const known = reading(props);
    return known.pending.length === 0 ? undefined : load(known);
  } catch {
    // The policy that reads the properties reports that it cannot.
    return undefined;
  }
}

/** The properties of a resource as plain data that the caller may change. */
export async function copyProperties(props: object): Promise<PlainMap> {
  const copy = read(props);
  await load(copy);
  return copy.props;
}

/** One property as plain data. */
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

/** The object behind the proxy in which the SDK wraps the properties for each policy. */
function targetOf(props: object): object | undefined {
  return (props as { __getSpecialProxyTarget?: object }).__getSpecialProxyTarget;
}
