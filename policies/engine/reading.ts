import { PendingText, Plain, PlainMap, plain, plainProperty } from "../facts/plain";

interface Reading {
  props: PlainMap;
  pending: PendingText[];
}

/**
 * Readings by the object that the SDK made of a message. A driver that hands the same object to
 * every policy of a pack, as the preview does, has each resource read once instead of once a policy.
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

/** The properties without the texts of assets, which only a promise has. */
export function readWithoutTexts(props: object): PlainMap {
  return reading(props).props;
}

/** One of the properties as plain data. */
export function readProperty(props: object, key: string): Plain {
  const known = readings.get(targetOf(props) ?? props);
  return known === undefined ? plainProperty(props, key) : known.props[key];
}

function reading(props: object): Reading {
  const target = targetOf(props);
  if (target === undefined) return read(props);
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

/** The SDK wraps the properties in a proxy for each policy. */
function targetOf(props: object): object | undefined {
  return (props as { __getSpecialProxyTarget?: object }).__getSpecialProxyTarget;
}
