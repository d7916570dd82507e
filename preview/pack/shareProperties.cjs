"use strict";

/**
 * Has the SDK read the properties of each resource once for all policies of a pack instead of once
 * for each policy, which takes longer than judging. Preloaded by the pack process of a preview alone:
 * a pack that another team starts runs with the SDK as it is.
 */
const path = require("node:path");

try {
  const pack = path.resolve(process.argv[1] ?? ".");
  share(require(require.resolve("@pulumi/policy/deserialize", { paths: [pack] })));
} catch {
  // The pack has another SDK, or none: its policies then read for themselves.
}

function share(sdk) {
  const { deserializeProperties: deserialize } = sdk;
  if (deserialize === undefined) return;
  const known = new WeakMap();
  sdk.deserializeProperties = (message, keepsSecrets) => {
    // A remediation asks for secrets to be kept, and changes the properties that it receives.
    if (keepsSecrets) return deserialize(message, keepsSecrets);
    if (!known.has(message)) known.set(message, deserialize(message, keepsSecrets));
    return known.get(message);
  };
}

module.exports = { share };
