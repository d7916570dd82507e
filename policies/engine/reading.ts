import { PendingText, Plain, PlainMap, plain, plainProperty } from "../facts/plain";

interface Reading {
  props: PlainMap;
  pending: PendingText[];
}

/**
 * Readings by the object that the SDK created from a message. If a driver passes the same object to
 * every policy of a pack, as the preview does, each resource is read once, not once per policy.
 */
const readings = new WeakMap<object, Reading>();

/** The properties of a resource as plain data, including the texts of assets. Do not change them. */
export function readProperties(props: object): Promise<PlainMap> {
  return withTexts(reading(props));
}

/** The properties of a resource as plain data that the caller may change. */
export function copyProperties(props: object): Promise<PlainMap> {
  return withTexts(read(props));
}

/** The properties without the texts of assets, which can only be read asynchronously. */
export function readWithoutTexts(props: object): PlainMap {
  return reading(props).props;
}

/** One property as plain data. */
export function readProperty(props: object, key: string): Plain {
  const known = readings.get(targetOf(props) ?? props);
  return known === undefined ? plainProperty(props, key) : known.props[key];
}

function reading(props: object): Reading {
  const target = targetOf(props) ?? props;
  const known = readings.get(target) ?? read(target);
  readings.set(target, known);
  return known;
}

function read(props: object): Reading {
  const pending: PendingText[] = [];
  return { props: plain(props, pending) as PlainMap, pending };
}

async function withTexts({ props, pending }: Reading): Promise<PlainMap> {
  for (const { map, key, text } of pending) map[key] = await text;
  return props;
}

/** The object behind the proxy in which the SDK wraps the properties for each policy. */
function targetOf(props: object): object | undefined {
  return (props as { __getSpecialProxyTarget?: object }).__getSpecialProxyTarget;
}
