import * as pulumi from "@pulumi/pulumi";

/**
 * Returns an error for the user, printed without a stack trace, that an Output may throw. Pulumi
 * inspects the stack of such an error, and prepends the name of each input that contains the Output to
 * its message. In a Pulumi stack with dozens of resources, that took half a minute, so `message` and
 * `stack` are constant.
 */
export function runError(message: string): pulumi.RunError {
  const constant = { get: () => message, set: () => undefined };
  return Object.defineProperties(new pulumi.RunError(message), {
    message: constant,
    stack: constant,
  });
}
