type Deserialize = (message: object, keepsSecrets: boolean) => object;

/**
 * Makes the SDK read the properties of each resource once for all policies of a pack. Reading them
 * once per policy takes longer than the checks. Only the bundle that a preview runs calls this:
 * without a preview, a pack runs with the SDK as it is.
 */
export function shareProperties(sdk: { deserializeProperties?: Deserialize }): void {
  const { deserializeProperties: deserialize } = sdk;
  if (deserialize === undefined) return;
  const known = new WeakMap<object, object>();
  sdk.deserializeProperties = (message, keepsSecrets) => {
    // A remediation asks for secrets to be kept, and changes the properties that it receives.
    if (keepsSecrets) return deserialize(message, keepsSecrets);
    const properties = known.get(message) ?? deserialize(message, keepsSecrets);
    known.set(message, properties);
    return properties;
  };
}
