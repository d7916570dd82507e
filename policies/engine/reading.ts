import { PendingText, Plain, PlainMap, plain, plainProperty } from "../facts/plain";

/** What the SDK does with the properties of a message; no part of its public interface. */
interface Deserializer {
  deserializeProperties?: (message: object, keepsSecrets: boolean) => object;
}

interface Reading {
  props: PlainMap;
  pending: PendingText[];
}

/** By the object that the SDK made of a message; undefined until a policy reads it. */
const shared = new WeakMap<object, Reading | undefined>();

/**
 * The SDK reads the properties of a resource anew for each policy, which takes longer than all that
 * the policies do with them. After this call the policies of a pack share what was read first: a
 * message does not change, and no validation of ours changes what it is given. A remediation does;
 * it asks for secrets to be kept and gets properties of its own. With an SDK that does it otherwise
 * nothing is shared, and nothing breaks.
 */
export function shareReadings(
  // Not imported: that would be a copy, which the SDK does not call.
  sdk = require("@pulumi/policy/deserialize") as Deserializer,
): void {
  const { deserializeProperties: deserialize } = sdk;
  if (deserialize === undefined) return;
  const messages = new WeakMap<object, object>();
  sdk.deserializeProperties = (message, keepsSecrets) => {
    if (keepsSecrets) return deserialize(message, keepsSecrets);
    let properties = messages.get(message);
    if (properties === undefined) {
      properties = deserialize(message, keepsSecrets);
      messages.set(message, properties);
      shared.set(properties, undefined);
    }
    return properties;
  };
}

/** The properties of a resource as plain data, texts of assets included. */
export async function readProperties(props: object): Promise<PlainMap> {
  const { props: read, pending } = sharedReading(props) ?? reading(props);
  for (const { map, key, text } of pending) map[key] = await text;
  return read;
}

/** The same at once, without the texts of assets. */
export function readWithoutTexts(props: object): PlainMap {
  return (sharedReading(props) ?? reading(props)).props;
}

/** One of the properties as plain data. */
export function readProperty(props: object, key: string): Plain {
  const read = sharedReading(props);
  return read === undefined ? plainProperty(props, key) : read.props[key];
}

function sharedReading(props: object): Reading | undefined {
  const { __getSpecialProxyTarget: target } = props as { __getSpecialProxyTarget?: object };
  if (target === undefined || !shared.has(target)) return undefined;
  const found = shared.get(target) ?? reading(target);
  shared.set(target, found);
  return found;
}

function reading(props: object): Reading {
  const pending: PendingText[] = [];
  return { props: plain(props, pending) as PlainMap, pending };
}
