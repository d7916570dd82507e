type Deserialize = (message: object, keepsSecrets: boolean) => object;

/**
 * Makes the SDK deserialize each resource's properties once for all policies of a pack, because doing so
 * once per policy takes longer than the checks themselves. Only the bundle that a preview runs calls
 * this. Otherwise, a pack runs with the unmodified SDK.
 */
export function shareProperties(sdk: { deserializeProperties?: Deserialize }): void {
  const { deserializeProperties: deserialize } = sdk;
  if (deserialize === undefined) return;
  const known = new WeakMap<object, object>();
  sdk.deserializeProperties = (message, keepsSecrets) => {
    // A remediation requires secrets to be kept, and modifies the properties that it receives.
    if (keepsSecrets) return deserialize(message, keepsSecrets);
    const properties = known.get(message) ?? deserialize(message, keepsSecrets);
    known.set(message, properties);
    return properties;
  };
}
