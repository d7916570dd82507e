type Deserialize = (message: object, keepsSecrets: boolean) => object;

/**
 * Makes the SDK read the properties of each resource once for all policies of a pack instead of once
 * per policy, which takes longer than the checks. Only the bundle that a preview runs calls this: a
 * pack that another team starts runs with the SDK as it is.
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
